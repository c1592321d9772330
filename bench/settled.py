"""Solved tickets beside the open ones, so many for each of these: copied by the database itself.

A copy has a number and a secret of its own, but the hashes of its pattern: `helpdesk history verify` does not hold for it.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, false, func, insert, literal, null, select, update

from bench.inserting import count_on, look_around
from helpdesk.services.database import db
from helpdesk.sla.clock import MET
from helpdesk.sla.models import Clock
from helpdesk.tickets.models import Counter, Event, Message, Status, Ticket

KINDS = (Ticket, Event, Message, Clock)
NOTHING = dict.fromkeys(("waiting_since", "due_at", "late_since", "late_seconds", "paused_left", "idle_at"), null())
DONE: dict[type[Any], Mapping[str, Any]] = {
    Ticket: {"status": literal(Status.SOLVED.value), "open": false(), "solved_at": Ticket.changed_at, **NOTHING},
    Event: {},
    Message: {"inbox_id": null(), "reference": null()},
    Clock: {"state": literal(MET), "ended_at": Clock.started_at, "next_fire_at": null()},
}


def settle(times: int) -> None:
    """Put so many solved copies of each ticket into the tables."""
    with db.engine.begin() as connection:
        last = {kind: connection.scalar(select(func.max(kind.id))) or 0 for kind in KINDS}
    for turn in range(1, times + 1):
        with db.engine.begin() as connection:
            for kind in KINDS:
                _copy(connection, kind, turn, last)
    with db.engine.begin() as connection:
        connection.execute(update(Counter).where(Counter.name == "ticket").values(value=last[Ticket] * (times + 1)))
        count_on(connection)
    look_around()


def _copy(connection: Connection, kind: type[Any], turn: int, last: Mapping[type[Any], int]) -> None:
    fresh = {"id": kind.id + turn * last[kind]}
    if kind is Ticket:
        fresh["number"] = Ticket.number + turn * last[Ticket]
        fresh["secret"] = Ticket.secret + f"-{turn}"
    else:
        fresh["ticket_id"] = kind.ticket_id + turn * last[Ticket]
    columns = kind.__table__.columns
    copied = [(DONE[kind] | fresh).get(column.name, column) for column in columns]
    connection.execute(
        insert(kind.__table__).from_select(
            [column.name for column in columns], select(*copied).where(kind.id <= last[kind])
        )
    )
