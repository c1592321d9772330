"""What was done to several tickets at once, as long as it can be undone, and the verb that undoes it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.errors import Conflict
from helpdesk.orm import Base, Facts, Id, Instant, Json
from helpdesk.people.models import Person
from helpdesk.tickets.actions import assign, change_priority, change_tags
from helpdesk.tickets.models import Priority, Ticket
from helpdesk.tickets.reasons import Reason, change_reason
from helpdesk.tickets.withdrawing import MACHINES, UNDONE, instant, put_back_status, state_before


class Selection(Base):
    """Several tickets that one person changed at once: by number as they were before, and their last event then."""

    __tablename__ = "selection"
    __table_args__ = (Index(None, "person_id", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(Instant)
    tickets: Mapped[Json] = mapped_column(Facts)
    undone_at: Mapped[datetime | None] = mapped_column(Instant)


def as_it_is(ticket: Ticket) -> Json:
    """What an act on several tickets may change of one."""
    return {**state_before(ticket), "priority": ticket.priority, "tags": list(ticket.tags), "reason": ticket.reason_id}


def undo(
    ticket: Ticket, before: Json, last: int, since: Sequence[Any], *, owner: Person | None, reason: Reason | None,
    by: Person, at: datetime,
) -> None:  # fmt: skip
    """Put a ticket back as it was; its clocks go on as if its status had never changed.

    *since* are the events after *last*, the act's own last one; Conflict when anybody did something meanwhile.
    """
    if any(event.kind not in MACHINES for event in since):
        raise Conflict("#{number} was changed by somebody else meanwhile; it stays as it is.", number=ticket.number)
    status = put_back_status(ticket, before)
    if status:
        ticket.waiting_since = instant(before["waiting_since"])
        undone = list(range(before["seq"] + 1, last + 1))
        ticket.record(UNDONE, by=by, at=at, undone=undone, status=status)
    change_priority(ticket, to=Priority(before["priority"]), by=by, at=at)
    change_tags(ticket, to=before["tags"], by=by, at=at)
    change_reason(ticket, to=reason, by=by, at=at)
    assign(ticket, to=owner, by=by, at=at, why="undone")
