"""Two tickets about one matter: brought together, and parted again; the one that was opened first stays."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from helpdesk.errors import Conflict
from helpdesk.people.models import Person
from helpdesk.services import belongings, deadlines
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import ticket_for, transaction, visible
from helpdesk.tickets import parting, voiding
from helpdesk.tickets.models import Event, Message, Ticket

NEAR = timedelta(days=7)
MOST = 20


def alike(ticket: Ticket, *, by: Person) -> Sequence[Ticket]:
    """What the same customer asked within a week of this ticket, the newest first."""
    query = select(Ticket).where(
        Ticket.customer_id == ticket.customer_id, Ticket.id != ticket.id, Ticket.voided_at.is_(None), visible(by),
        Ticket.opened_at.between(ticket.opened_at - NEAR, ticket.opened_at + NEAR),
    )  # fmt: skip
    return db.session.scalars(query.order_by(Ticket.id.desc()).limit(MOST)).all()


def both(number: int, other: int, *, by: Person) -> tuple[Ticket, Ticket]:
    """Two tickets to be brought together: the one that stays, for it was opened first, and the one that goes into it."""
    return _ordered(ticket_for(by, number), ticket_for(by, other))


def _ordered(one: Ticket, other: Ticket) -> tuple[Ticket, Ticket]:
    if one is other:
        raise Conflict("These are one ticket; give the number of another one.")
    first, second = sorted((one, other), key=lambda ticket: (ticket.opened_at, ticket.number))
    return first, second


def merge(number: int, other: int, *, by: Person) -> Ticket:
    """Bring what was said in the later ticket into the one that was opened first, which is returned."""
    with transaction():
        stays, goes = _ordered(*_locked(number, other, by=by))
        if stays.voided_at is not None:
            raise Conflict("#{number} does not count; nothing can be brought into it.", number=stays.number)
        belongings.bring(goes, stays, by=by)
    return stays


def part(number: int, *, by: Person) -> Ticket:
    """Undo a merge: this ticket is as it was, and the other one without what came from here."""
    with transaction():
        into = ticket_for(by, number).voided.get("into")
        ticket, other = _locked(number, into or number, by=by)
        if ticket.voided.get("why") != "joined":
            raise Conflict("#{number} was not brought into another ticket.", number=number)
        if "there" not in ticket.voided:
            raise Conflict("#{number} was joined before this could be undone.", number=number)
        if other.voided_at is not None:
            raise Conflict("#{number} does not count itself; part that one first.", number=other.number)
        _take_out(ticket, other, by)
        voiding.unjoin(ticket, by=by, at=now())
        deadlines.refresh_all([ticket, other])
    return ticket


def _locked(*numbers: int, by: Person) -> tuple[Ticket, Ticket]:
    found = {number: ticket_for(by, number, lock=True) for number in sorted(set(numbers))}
    return found[numbers[0]], found[numbers[1]]


def _take_out(ticket: Ticket, other: Ticket, by: Person) -> None:
    said = db.session.scalars(select(Message).where(Message.ticket_id == other.id, Message.kind != "withdrawn"))
    copies = [one for one in said if one.facts.get("moved_from") == ticket.number]
    before: dict[str, Any] = ticket.voided["there"]
    events = select(Event).where(Event.ticket_id == other.id, Event.seq > before["seq"]).order_by(Event.seq)
    parting.part(
        other, copies, of=ticket.number, before=before, events=db.session.scalars(events).all(), by=by, at=now()
    )
