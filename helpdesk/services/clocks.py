"""Checking that every stored clock is what its ticket's history says."""

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, or_, select, true

from helpdesk.orm import Json, Lease, Progress
from helpdesk.services import deadlines, due, happenings, leases
from helpdesk.services.database import db, end_reading
from helpdesk.services.instant import now
from helpdesk.services.store import transaction
from helpdesk.sla.clock import MISSED, RUNNING, ClockState
from helpdesk.sla.models import Clock
from helpdesk.tickets.models import Ticket

BATCH = 500
RECENT = timedelta(days=31)
LONGEST = 60.0  # seconds of one ring
HELD = 180.0  # seconds until another goes on where one was killed
ROUNDED = 2  # seconds that lateness may lose by being kept in whole ones
TICKETS = (
    select(Ticket.id, Ticket.number, Ticket.policy_version_id, Ticket.priority, Ticket.changed_at)
    .order_by(Ticket.id)
    .limit(BATCH)
)
CLOCKS = select(
    Clock.ticket_id, Clock.kind, Clock.turn, Clock.state, Clock.started_seq, Clock.started_at, Clock.due_at,
    Clock.ended_at, Clock.used_seconds, Clock.target_seconds, Clock.next_fire_at, Clock.late_since, Clock.late_seconds,
    Clock.ladder_stopped_at,
)  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """A clock that is stored otherwise than its history says, and in what."""

    number: int
    clock: str
    turn: int
    stored: str
    replayed: str

    def __str__(self) -> str:
        return f"#{self.number} {self.clock} {self.turn}: stored {self.stored}; history says {self.replayed}"


@dataclass(frozen=True)
class Checked:
    """Some tickets up to the id *last*: how many clocks they have, and which of these differ."""

    last: int
    clocks: int
    differences: list[Difference]


def everything() -> Iterator[Checked]:
    """Every ticket, a few hundred at a time."""
    return _checked(true(), 0)


def recent(after: int = 0) -> Iterator[Checked]:
    """The tickets with an id beyond *after* that are open or were changed within the last 31 days."""
    return _checked(or_(Ticket.open, Ticket.changed_at > now() - RECENT), after)


def verify_tonight() -> None:
    """Check the recent tickets once a night, alone, as many as go into one ring; the next one goes on from there."""
    if due.CLOCKS not in due.nightly() or not leases.take(due.CLOCKS, leases.me(), HELD):
        return
    enough = time.monotonic() + LONGEST
    for checked in recent(_begun()):
        _note(checked)
        if time.monotonic() > enough:
            leases.release(due.CLOCKS, leases.me())
            return
    with transaction():
        db.session.get_one(Progress, due.CLOCKS).done_at = now()
        db.session.get_one(Lease, due.CLOCKS, populate_existing=True).until = due.next_night(now())


def _begun() -> int:
    """After which ticket to go on; a check that is over begins anew."""
    with transaction():
        row = db.session.get(Progress, due.CLOCKS, populate_existing=True)
        if row is None or row.done_at is not None:
            row = db.session.merge(Progress(name=due.CLOCKS, last=0, checked=0, differing=0, first="", done_at=None))
    return row.last


def _note(found: Checked) -> None:
    with transaction():
        row = db.session.get_one(Progress, due.CLOCKS, populate_existing=True)
        row.last, row.checked = found.last, row.checked + found.clocks
        row.differing += len(found.differences)
        row.first = row.first or "".join(map(str, found.differences[:1]))[:300]


class _Batch(NamedTuple):
    """Tickets with their histories and clocks, all of one snapshot, and an instant after it."""

    tickets: Sequence[Row[int, int, int | None, str, datetime]]
    histories: dict[int, list[Any]]
    clocks: dict[int, list[Any]]
    at: datetime


def _checked(wanted: ColumnElement[bool], after: int) -> Iterator[Checked]:
    while (batch := _read(wanted, after)).tickets:
        after = batch.tickets[-1].id
        differences = [one for ticket in batch.tickets for one in _differences(ticket, batch)]
        yield Checked(after, sum(map(len, batch.clocks.values())), differences)


def _read(wanted: ColumnElement[bool], after: int) -> _Batch:
    end_reading()
    if db.engine.dialect.name == "postgresql":
        db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    tickets = db.session.execute(TICKETS.where(Ticket.id > after, wanted)).all()
    histories = happenings.histories_of(ticket for ticket in tickets if ticket.policy_version_id is not None)
    clocks: dict[int, list[Any]] = {}
    for row in db.session.execute(CLOCKS.where(Clock.ticket_id.in_([ticket.id for ticket in tickets]))):
        clocks.setdefault(row.ticket_id, []).append(row)
    end_reading()
    return _Batch(tickets, histories, clocks, now())


def _differences(ticket: Any, batch: _Batch) -> Iterator[Difference]:
    history = batch.histories.get(ticket.id, [])
    until = max(batch.at, ticket.changed_at)  # a host whose clock runs ahead may have written
    states = happenings.states(ticket, history, until).clocks if history else ()
    stops = deadlines.ladder_stops(history)
    stored = {(row.kind, row.started_seq): row for row in batch.clocks.get(ticket.id, ())}
    for state in states:
        row = stored.pop((state.clock, state.started_by), None)
        said = _said(state, stops)
        known = _known(row, state, until) if row else {}
        if wrong := [name for name in said if name not in known or known[name] != said[name]]:
            yield Difference(ticket.number, state.clock, state.turn, _told(known, wrong), _told(said, wrong))
    for row in stored.values():
        yield Difference(ticket.number, row.kind, row.turn, f"started {row.started_at}, {row.state}", "nothing")


def _told(facts: Json, names: Iterable[str]) -> str:
    return ", ".join(f"{name} {facts[name]}" for name in names) if facts else "nothing"


def _said(state: ClockState, stops: Collection[deadlines.Stop]) -> Json:
    """What follows from the history alone: not how much is used of a clock that runs."""
    said: Json = {
        "turn": state.turn, "state": state.state, "started": state.started_at, "due": state.due_at,
        "ended": state.ended_at, "target": int(state.target_seconds),
        "ladder stopped": deadlines.ladder_stopped_at(state, stops),
    }  # fmt: skip
    if state.ended_at or state.pause:
        said["used"] = int(state.used_seconds)
    if state.open and state.state == MISSED:
        said["late"] = int(state.late.total_seconds())
    return said


def _known(row: Any, state: ClockState, until: datetime) -> Json:
    """What is stored. What nobody has swept up yet counts as swept, and lateness is carried on to *until*."""
    missed = state.open and state.state == MISSED
    swept = missed and row.state == RUNNING and row.next_fire_at is not None and row.next_fire_at <= until
    return {
        "turn": row.turn, "state": MISSED if swept else row.state, "started": row.started_at, "due": row.due_at,
        "ended": row.ended_at, "target": row.target_seconds, "ladder stopped": row.ladder_stopped_at,
        "used": row.used_seconds, "late": _late(row, state, until) if missed else None,
    }  # fmt: skip


def _late(row: Any, state: ClockState, until: datetime) -> int:
    """Seconds late by what is stored; the history's own where they differ by rounding, or the release before laid it."""
    right, since = int(state.late.total_seconds()), row.late_since
    if row.late_seconds is None or (since and row.due_at and since < row.due_at):
        return right
    late = int(row.late_seconds + (state.calendar.elapsed(since, until).total_seconds() if since else 0))
    return right if abs(late - right) <= ROUNDED else late
