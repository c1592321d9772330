"""Checking that every stored clock is what its ticket's history says."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select

from helpdesk.services.database import db
from helpdesk.services.deadlines import replayed
from helpdesk.services.instant import now
from helpdesk.sla.clock import ClockState
from helpdesk.sla.models import Clock
from helpdesk.tickets.models import Ticket

BATCH = 200


@dataclass(frozen=True)
class Difference:
    """A clock that is stored otherwise than its history says."""

    number: int
    clock: str
    turn: int
    stored: str
    replayed: str


def verify_all() -> Iterator[Difference]:
    """Every clock that differs, in order of ticket."""
    last = 0
    while True:
        db.session.remove()
        query = select(Ticket).where(Ticket.id > last, Ticket.policy_version_id.is_not(None))
        batch = db.session.scalars(query.order_by(Ticket.id).limit(BATCH)).all()
        if not batch:
            return
        for ticket in batch:
            yield from _differences(ticket)
        last = batch[-1].id


def _differences(ticket: Ticket) -> Iterator[Difference]:
    rows = db.session.scalars(select(Clock).where(Clock.ticket_id == ticket.id))
    stored = {(row.kind, row.turn): _stored(row) for row in rows}
    states = {(state.clock, state.turn): _replayed(state) for state in replayed(ticket, now()).clocks}
    for clock, turn in sorted(stored.keys() | states.keys()):
        known, right = stored.get((clock, turn), "nothing"), states.get((clock, turn), "nothing")
        if known != right:
            yield Difference(ticket.number, clock, turn, known, right)


def _stored(row: Clock) -> str:
    return f"started {row.started_at}, due {row.due_at}, ended {row.ended_at}, target {row.target_seconds}"


def _replayed(state: ClockState) -> str:
    target = int(state.target_seconds)
    return f"started {state.started_at}, due {state.due_at}, ended {state.ended_at}, target {target}"
