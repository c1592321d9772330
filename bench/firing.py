"""How many clocks a second fire when all are due at once, and how long a look takes at a million that are not."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import func, select, text

from bench import bare_firing, filling, staff
from bench.figures import Figure, Tell, percentile
from bench.filling import World
from bench.inserting import look_around
from bench.living import lived
from bench.places import Place, desk
from bench.together import together
from helpdesk.config import Config
from helpdesk.services import due, firing
from helpdesk.services.database import db, end_reading
from helpdesk.services.instant import now
from helpdesk.services.store import transaction
from helpdesk.sla.models import Clock, Firing, PolicyVersion
from helpdesk.tickets.history import first_break
from helpdesk.tickets.models import Event, Notice, Ticket

STORM, BARE, BATCH, TRIED = 100_000, 20_000, 1000, 50
WAITING, LOOKS = 1_000_000, 200
WORKERS = {"sqlite": 1, "postgresql": 2}
TARGETS = {"sqlite": "≥ 6,000", "postgresql": "≥ 3,000"}
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
HOUR_ONLY = {"*": {"resolution": 3600}}
STEPS = [{"at": 1.0, "actions": [{"do": "tell_owner"}]}, {"after": 86_400, "actions": [{"do": "tell_lead"}]}]
FUTURE = """INSERT INTO clock (ticket_id, kind, turn, state, started_at, due_at, used_seconds, known_late, started_seq,
    next_fire_at, next_threshold)
    SELECT 1 + n % :last, 'answer', 1, 'running', '2026-01-01 00:00:00', due, 0, false, 1000 + n, due, '100%'
    FROM (SELECT n, {due} AS due FROM n) AS made"""
DUE = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f000', 'now', '+' || (86400 + n * 30) || ' seconds')",
    "postgresql": "now() + (86400 + n * 30) * interval '1 second'",
}


def measure(places: dict[str, Place], size: int, tell: Tell) -> Iterator[Figure]:
    """On each database: a storm beside that many tickets, and then a look at those that wait."""
    for place in places.values():
        count = min(STORM, size)
        tell(f"firing {count:,} clocks on {place.database} beside {size:,} tickets")
        config = place.copy(size)
        where = {"database": place.database, "size": size}
        yield from _storm(config, count, where, WORKERS[place.database])
        tell(f"a look at {WAITING:,} clocks on {place.database}")
        yield from _looks(config, where)
        place.drop(config)


def _storm(config: Config, count: int, where: dict[str, Any], workers: int) -> Iterator[Figure]:
    bare = min(BARE, count)
    with desk(config):
        _all_due(bare + count)
    least, bare_cpu = together(partial(bare_firing.fire, count=bare // workers, size=BATCH), config, workers, bare)
    rate, cpu = together(_fire, config, workers, count)
    with desk(config):
        _check(bare + count, count)
    what = f"{workers} worker{'s' * (workers > 1)}"
    yield Figure(
        "clocks due at once, fired with event, notice, next step", rate, "1/s", target=TARGETS[where["database"]],
        note=f"{count:,}, {what}, {rate / least:.0%} of the floor, {cpu:.0f} µs of CPU each", **where,
    )  # fmt: skip
    yield Figure(
        "claims and bare rows, batched (floor)", least, "1/s",
        note=f"{bare:,}, {what}, claims of {BATCH:,}, rows as the driver takes them, {bare_cpu:.0f} µs of CPU each", **where,
    )  # fmt: skip


def _all_due(count: int) -> None:
    """Tickets that fell due within the last minutes, older ones first; half of them have an owner on duty."""
    with transaction():
        version = staff.promise("An hour", HOUR_ONLY, time="calendar")
        row = db.session.get_one(PolicyVersion, version)
        row.definition = {**row.definition, "steps": STEPS}
    there = filling.world()
    before = World(there.desk, there.customers, there.at - 20 * MINUTE, there.chance)
    for group in range(10):
        at = there.at - HOUR - (11 - group) * MINUTE
        filling.add([lived(before, 10 * number + number % 2 * 4, at, version) for number in range(TRIED)], count // 10)
    look_around()


def _fire(_config: Config) -> int:
    """As a worker does, ring by ring."""
    total = 0
    while fired := firing.fire_due():
        total += fired
    return total


def _check(fired: int, storm: int) -> None:
    """Each once, with its notice and its next step, and the chains of some of them hold."""
    firings = db.session.scalar(select(func.count()).where(Firing.threshold == "100%", Firing.kind == "resolution"))
    notices = db.session.scalar(select(func.count()).where(Notice.kind == "breached"))
    armed = db.session.scalar(select(func.count()).where(Clock.next_threshold == "+86400"))
    assert firings == notices == armed == fired, f"{firings} firings, {notices} notices, {armed} armed of {fired}"
    newest = select(Ticket.number, Ticket.id, Ticket.event_count, Ticket.head).order_by(Ticket.id.desc())
    for number, ticket_id, count, head in db.session.execute(newest.limit(storm // 10)):
        events = db.session.scalars(select(Event).where(Event.ticket_id == ticket_id).order_by(Event.seq))
        assert first_break(number, events, count=count, head=head) is None, f"The history of #{number} is broken"


def _looks(config: Config, where: dict[str, Any]) -> Iterator[Figure]:
    """What the tick asks each second, and what a worker that it rang for asks, when nothing is due."""
    with desk(config):
        _wait(WAITING)
        waiting = db.session.scalar(select(func.count()).where(Clock.next_fire_at.is_not(None))) or 0
        for what, look in (("tick", due.soonest), ("worker", _claim)):
            seconds = [_seconds(look) for _ in range(LOOKS)]
            yield Figure(
                f"a look at waiting clocks, none due, {what}", 1000 * percentile(seconds, 0.5), "ms", target="≤ 2",
                note=f"{waiting:,} waiting, median of {LOOKS}, p99 {1000 * percentile(seconds, 0.99):.2f}", **where,
            )  # fmt: skip
        bare = [_seconds(lambda: db.session.execute(text("SELECT 1")).all()) for _ in range(LOOKS)]
        yield Figure("SELECT 1 through the session (floor)", 1000 * percentile(bare, 0.5), "ms", **where)


def _claim() -> None:
    assert not db.session.execute(firing.DUE, {"at": now(), "size": firing.FIRST}).all()


def _seconds(look: Callable[[], object]) -> float:
    """A look in a transaction of its own."""
    begun = time.perf_counter()
    look()
    end_reading()
    return time.perf_counter() - begun


def _wait(count: int) -> None:
    """That many more clocks of the tickets there are, due within the next years."""
    numbers = {
        "sqlite": f"WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {count})",
        "postgresql": f"WITH n(n) AS (SELECT generate_series(1, {count}))",
    }
    with db.engine.begin() as connection:
        last = connection.scalar(select(func.max(Ticket.id)))
        connection.execute(
            text(f"{numbers[connection.dialect.name]} {FUTURE.format(due=DUE[connection.dialect.name])}"),
            {"last": last},
        )
    look_around()
