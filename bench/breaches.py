"""How long after its due instant a breach is committed, with the real tick and workers beside a desk full of clocks."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from bench import filling, staff
from bench.drivers import Ask, driver
from bench.figures import Figure, Tell, percentile
from bench.living import lived
from bench.places import Place, desk
from helpdesk.config import Config
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import transaction
from helpdesk.sla.models import Clock
from tests.processes import begun, process

DUE, WORKERS, TRIED, BARE = 10_000, 2, 50, 300
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LOOK = 0.02  # seconds between two looks
LONGEST = 300.0
HOUR_ONLY = {"*": {"first_response": 3600}}
NEW = "SELECT id, due_at FROM firing WHERE id > {} AND threshold = '100%' AND due_at >= '{}' ORDER BY id"


def measure(places: dict[str, Place], size: int, tell: Tell) -> Iterator[Figure]:
    """On each database: some thousand clocks that fall due within one minute."""
    for place in places.values():
        tell(f"breaches on {place.database} beside {size:,} tickets")
        config = place.copy(size)
        count = min(DUE, size)
        with desk(config):
            waiting = db.session.scalar(select(func.count()).where(Clock.next_fire_at.is_not(None))) or 0
            begins = _promised(count, tell)
            late = _watched(config, count, begins)
            floor = _floor(config)
        place.drop(config)
        yield from _figures(late, floor, {"database": place.database, "size": size}, waiting)


def _figures(late: Sequence[float], floor: Sequence[float], where: dict[str, Any], waiting: int) -> Iterator[Figure]:
    note = f"{len(late):,} within a minute beside {waiting:,} waiting clocks, tick and {WORKERS} workers"
    for name, share, target in (("median", 0.5, "≤ 0.5"), ("p99", 0.99, "≤ 1"), ("worst", 1.0, "")):
        yield Figure(f"due → breach committed, {name}", percentile(late, share), "s", target=target, note=note, **where)
    yield Figure("claim and event, bare, committed (floor), median", percentile(floor, 0.5), "s", **where)


def _promised(count: int, tell: Tell) -> datetime:
    """Tickets whose clocks fall due within a minute; the instant at which that minute begins."""
    with transaction():
        version = staff.promise("An hour", HOUR_ONLY, time="calendar")
    world, first = filling.world(), time.perf_counter()
    for number in range(TRIED):
        lived(world, 10 * number, world.at - HOUR, version)
    lead = 30 + 4 * (time.perf_counter() - first) * count / TRIED
    begins = now() + timedelta(seconds=lead)
    tell(f"  making {count:,} tickets; the minute begins in {lead:.0f} s")
    opened = (begins + MINUTE * number / count - HOUR for number in range(count))
    filling.add([lived(world, 10 * number, at, version) for number, at in enumerate(opened)], count)
    assert now() < begins, "The tickets took too long to make; try again when the machine is calmer."
    return begins


def _watched(config: Config, count: int, begins: datetime) -> list[float]:
    """How late each breach was first seen by somebody else."""
    with ExitStack() as stack:
        for module in ("workers.schedule", *["workers.run"] * WORKERS):
            begun(stack.enter_context(process(config, module)))
        assert now() < begins, "The workers took too long to start; try again when the machine is calmer."
        return list(_seen(config, count, begins))


def _seen(config: Config, count: int, begins: datetime) -> Iterator[float]:
    last, seen, patience = 0, 0, time.monotonic() + (begins - now()).total_seconds() + LONGEST
    with driver(config) as ask:
        while seen < count:
            assert time.monotonic() < patience, f"{seen} of {count} fired within {LONGEST:.0f} s"
            rows, at = ask(NEW.format(last, f"{begins:%Y-%m-%d %H:%M:%S}")), now()
            last, seen = max([last, *(row[0] for row in rows)]), seen + len(rows)
            yield from ((at - _utc(row[1])).total_seconds() for row in rows)
            time.sleep(LOOK)


def _utc(instant: datetime | str) -> datetime:
    """As PostgreSQL hands it over, or as it lies in SQLite."""
    return instant if isinstance(instant, datetime) else datetime.fromisoformat(instant).replace(tzinfo=UTC)


def _floor(config: Config) -> list[float]:
    """The least there is to do for one breach: take the clock, write a line, commit."""
    with driver(config) as ask:
        ask("CREATE TABLE bare (clock_id bigint, text text)")
        clocks = ask(f"SELECT id FROM clock WHERE next_fire_at IS NOT NULL ORDER BY next_fire_at LIMIT {BARE}")
        return [_claimed(ask, row[0]) for row in clocks]


def _claimed(ask: Ask, clock: int) -> float:
    begun = time.perf_counter()
    ask("BEGIN")
    ask(f"UPDATE clock SET next_fire_at = NULL WHERE id = {clock}")
    ask(f"INSERT INTO bare VALUES ({clock}, 'breached')")
    ask("COMMIT")
    return time.perf_counter() - begun
