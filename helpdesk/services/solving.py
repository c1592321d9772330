"""Solving a ticket that has parts: whether the open ones are solved with it is for who solves it to say."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select

from helpdesk.errors import Conflict
from helpdesk.people.models import Person
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import visible
from helpdesk.tickets.linking import Link
from helpdesk.tickets.models import Ticket
from helpdesk.tickets.reasons import change_reason

WITH, WITHOUT = PARTS = ("solve", "leave")
MOST = 50


@dataclass(frozen=True)
class Ending:
    """What is said along with a solution: the title of a contact reason, and whether open *parts* are solved as well."""

    reason: str = ""
    parts: str = ""


ASKING = Ending()


class PartsOpen(Conflict):
    """A ticket has open parts, and nothing was said of them."""


def open_parts(ticket: Ticket, *, by: Person) -> Sequence[Ticket]:
    """The open parts of a ticket that this person sees, the oldest first."""
    return db.session.scalars(_open_parts(ticket, by)).all()


def _open_parts(ticket: Ticket, by: Person) -> Select[Ticket]:
    parts = (
        select(Ticket).join(Link, Link.ticket_id == Ticket.id).where(Link.other_id == ticket.id, Link.kind == "child")
    )
    return parts.where(Ticket.open, visible(by)).order_by(Ticket.number).limit(MOST)


def solved_with(ticket: Ticket, ending: Ending, *, by: Person) -> Sequence[Ticket]:
    """The parts that are to be solved with a ticket, locked; one whose team wants a reason and that has none gets the whole's.

    Raises PartsOpen when there are some and nothing was said of them.
    """
    if not ticket.open or ending.parts == WITHOUT:
        return ()
    if not ending.parts:
        if open_parts(ticket, by=by):
            raise PartsOpen("#{number} has open parts; say what becomes of them.", number=ticket.number)
        return ()
    locked = _open_parts(ticket, by).with_for_update(of=Ticket).execution_options(populate_existing=True)
    parts = db.session.scalars(locked).all()
    for part in parts:
        if part.team.reason_required and part.reason_id is None:
            change_reason(part, to=ticket.reason, by=by, at=now())
    return parts


def left_open(tickets: Iterable[int]) -> dict[int, int]:
    """How many open parts each of these tickets has, by number; those with none are left out."""
    parts = select(Link.other_id, func.count().label("open")).join(Ticket, Ticket.id == Link.ticket_id)
    wholes = select(Ticket.id).where(Ticket.number.in_(list(tickets)))
    parts = parts.where(Link.kind == "child", Ticket.open, Link.other_id.in_(wholes))
    counted = parts.group_by(Link.other_id).subquery()
    query = select(Ticket.number, counted.c.open).join(counted, counted.c.other_id == Ticket.id).order_by(Ticket.number)
    return {number: count for number, count in db.session.execute(query)}
