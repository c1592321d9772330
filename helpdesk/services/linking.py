"""Links between tickets: made and taken back by whoever sees both."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import joinedload

from helpdesk.errors import Conflict
from helpdesk.people.models import Person
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import ticket_for, transaction, visible
from helpdesk.tickets import linking
from helpdesk.tickets.linking import Link
from helpdesk.tickets.models import Ticket

MOST = 50


@dataclass(frozen=True)
class Linked:
    """Another ticket, as seen from one: *how* is a kind, with "_of" where the other one was said to be that."""

    ticket: Ticket
    how: str


def links(ticket: Ticket, *, by: Person) -> list[Linked]:
    """What this ticket has to do with others that this person sees."""
    seen = and_(Link.ticket.has(visible(by)), Link.other.has(visible(by)))
    query = select(Link).where(concerning(ticket.id), seen).options(joinedload(Link.ticket), joinedload(Link.other))
    found = db.session.scalars(query.order_by(Link.kind, Link.id).limit(MOST))
    return [
        Linked(one.other, one.kind) if one.ticket_id == ticket.id else Linked(one.ticket, f"{one.kind}_of")
        for one in found
    ]


def concerning(ticket_id: Any) -> ColumnElement[bool]:
    """The condition that a ticket is one of the two."""
    return or_(Link.ticket_id == ticket_id, Link.other_id == ticket_id)


def link(number: int, other: int, kind: str, *, by: Person) -> None:
    """Link two tickets; once is enough."""
    with transaction():
        pair = _both(number, other, by)
        if _between(*pair) is not None:
            raise Conflict("#{number} and #{other} are linked already; take that link away first.", number=number, other=other)  # fmt: skip
        db.session.add(linking.link(*pair, kind, by=by, at=now()))


def unlink(number: int, other: int, *, by: Person) -> None:
    """Take a link away."""
    with transaction():
        found = _between(*_both(number, other, by))
        if found is not None:
            linking.unlink(found, by=by, at=now())
            db.session.delete(found)


def _both(number: int, other: int, by: Person) -> tuple[Ticket, Ticket]:
    found = {one: ticket_for(by, one, lock=True) for one in sorted({number, other})}
    return found[number], found[other]


def _between(one: Ticket, other: Ticket) -> Link | None:
    pair = (one.id, other.id)
    return db.session.scalar(select(Link).where(Link.ticket_id.in_(pair), Link.other_id.in_(pair)))
