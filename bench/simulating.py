"""How long it takes to count past tickets, and then open ones, under a draft: in one process, beside bare reading."""

import json
import resource
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from bench.drivers import driver
from bench.figures import Figure, Tell
from bench.places import Place, desk
from helpdesk.config import Config
from helpdesk.services import simulations
from helpdesk.services.instant import now
from helpdesk.services.policies import newest_versions
from helpdesk.services.simulate import PAST

MONTH = timedelta(days=30)
READ = (
    "SELECT ticket_id, seq, at, recorded_at, actor_id, kind, facts FROM event WHERE ticket_id > {} AND ticket_id <= {}"
)
AT_ONCE = 500


def measure(places: dict[str, Place], size: int, tell: Tell) -> Iterator[Figure]:
    """On each database: a quarter of the time for every answer, over all tickets of the last 30 days."""
    for place in places.values():
        tell(f"simulating on {place.database}, {size:,} tickets")
        config = place.copy(size)
        with desk(config):
            spent, grown, looked = _counted()
            floor = _floor(config, size)
        place.drop(config)
        yield from _figures(spent, grown, looked, floor, {"database": place.database, "size": size})


def _figures(
    spent: dict[bool, float], grown: float, looked: dict[bool, int], floor: float, where: dict[str, Any]
) -> Iterator[Figure]:
    past, treated = f"{looked[True]:,} past tickets", f"{looked[False]:,} open tickets, two treatments each"
    yield Figure("simulate", spent[True], "s", target="≤ 120", note=f"{past}, one process", **where)
    yield Figure("simulate, treatments of open tickets", spent[False], "s", note=treated, **where)
    yield Figure("simulate, memory grown after the first tenth", grown, "MB", note=past, **where)
    yield Figure("reading the same events by the driver (floor)", floor, "s", note="facts parsed", **where)


def _counted() -> tuple[dict[bool, float], float, dict[bool, int]]:
    """Seconds and tickets of the past (True) and the open ones, and by how many megabytes the process grew."""
    policy = newest_versions()[0]
    quarter = {clock: (seconds or 0) // 4 for clock, seconds in policy.definition["targets"]["*"].items()}
    spent, looked, early, before = {True: 0.0, False: 0.0}, {True: 0, False: 0}, 0.0, 0
    counting = simulations.counting(policy.definition["name"], None, {"*": quarter}, now() - MONTH, now())
    begun = time.perf_counter()
    for count, _changes in counting:
        past = sum(count.counts.tickets.values()) > before
        before = sum(count.counts.tickets.values())
        spent[past] += time.perf_counter() - begun
        looked[past] += count.counts.looked - looked[True] - looked[False]
        early = early or (_memory() if count.place and count.place[0] == PAST and count.counts.looked > 10_000 else 0.0)
        begun = time.perf_counter()
    return spent, _memory() - (early or _memory()), looked


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _floor(config: Config, size: int) -> float:
    begun = time.perf_counter()
    with driver(config) as ask:
        for first in range(0, size, AT_ONCE):
            for row in ask(READ.format(first, first + AT_ONCE)):
                if isinstance(row[6], str):
                    json.loads(row[6])
    return time.perf_counter() - begun
