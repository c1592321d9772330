"""Handover: offers between people, who accept or refuse; what time does to them is in handing_on.py."""

from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy import exists, select, text
from sqlalchemy.orm import aliased, contains_eager, joinedload

from helpdesk.errors import Conflict, NotAllowed, NotFound
from helpdesk.people.models import Person
from helpdesk.services import deadlines, duty, handing_on
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.notices import Tellers
from helpdesk.services.receivers import answer_by
from helpdesk.services.store import get, permit, ticket_for, transaction, visible
from helpdesk.tickets import handover
from helpdesk.tickets.handover import Offer
from helpdesk.tickets.models import Ticket

UNTAKEN = text("offer.state IN ('offered', 'refused', 'lapsed')")


def offer(number: int, *, to: int, note: str, by: Person, version: int | None = None) -> Offer:
    """Offer a ticket to a colleague with a note; it changes hands when they accept."""
    if not note.strip():
        raise Conflict("Write a note for the receiver: where the matter stands and what is next.")
    with transaction():
        ticket = ticket_for(by, number, lock=True, version=version)
        if ticket.owner_id != by.id:
            permit(by, "assign_others", ticket.team_id)
        receiver: Person = get(Person, to)
        _withdraw_waiting(ticket, by)
        until = answer_by(receiver, ticket)
        made = handover.offer(ticket, to=receiver, note=note.strip(), by=by, at=now(), answer_by=until)
        db.session.add(made)
        with Tellers(now()) as tellers:
            tellers.notify(receiver, ticket, "offered")
        deadlines.refresh(ticket)
    return made


def _withdraw_waiting(ticket: Ticket, by: Person | None) -> None:
    query = select(Offer).where(Offer.ticket_id == ticket.id, Offer.state == "offered")
    for waiting in db.session.scalars(query):
        handover.withdraw(waiting, by=by, at=now(), why="offered anew")
    db.session.flush()


def accept(offer_id: int, *, by: Person) -> Offer:
    """Become the owner of what was offered to one's self, or, as a lead, of what nobody took."""
    with transaction():
        wanted = _mine(offer_id, by)
        handover.accept(wanted, by=by, at=now())
        deadlines.refresh(wanted.ticket)
    return wanted


def accept_all(*, by: Person) -> list[Offer]:
    """Become the owner of all that is offered to one's self; what somebody has settled meanwhile is left out."""
    taken = []
    for offer_id in [offered.id for offered in offered_to(by)]:
        with suppress(Conflict, NotAllowed, NotFound):
            taken.append(accept(offer_id, by=by))
    return taken


def refuse(offer_id: int, *, reason: str, by: Person) -> Offer:
    """Say no, and why: a giver who is at work is told and chooses another, else the next one is asked."""
    if not reason.strip():
        raise Conflict("Say why, so that the supervisor can find somebody else.")
    with transaction():
        wanted = _mine(offer_id, by)
        handover.refuse(wanted, reason=reason.strip(), by=by, at=now())
        giver, ticket = wanted.giver, wanted.ticket
        if giver is not None and not duty.away(giver, ticket.team_id, now()):
            with Tellers(now()) as tellers:
                tellers.notify(giver, ticket, "refused", {"name": by.name}, mailed=False)
        else:
            handing_on.ask_next(wanted)
        deadlines.refresh(ticket)
    return wanted


def _mine(offer_id: int, by: Person) -> Offer:
    found: Offer = get(Offer, offer_id)
    ticket = ticket_for(by, found.ticket.number, lock=True)
    db.session.refresh(found)
    if found.to_id != by.id:
        permit(by, "assign_others", ticket.team_id)
    return found


def offered_to(person: Person) -> Sequence[Offer]:
    """What waits for this person's yes or no and they may see, oldest first."""
    query = select(Offer).join(Offer.ticket).where(Offer.to_id == person.id, Offer.state == "offered", visible(person))
    with_all = query.options(contains_eager(Offer.ticket).joinedload(Ticket.customer), joinedload(Offer.giver))
    return db.session.scalars(with_all.order_by(Offer.offered_at, Offer.id)).all()


def untaken(by: Person) -> Sequence[Offer]:
    """The newest offer of each open ticket that waits, was refused or lapsed: the supervisor's list, oldest first."""
    later = aliased(Offer)
    newer = exists().where(later.ticket_id == Offer.ticket_id, later.id > Offer.id)
    query = (
        select(Offer)
        .join(Ticket)
        .where(~newer, UNTAKEN, Ticket.open, visible(by))
        .where(Ticket.owner_id.is_(None) | (Ticket.owner_id == Offer.from_id))
        .options(contains_eager(Offer.ticket).joinedload(Ticket.customer))
        .options(joinedload(Offer.giver), joinedload(Offer.receiver))
    )
    return db.session.scalars(query.order_by(Offer.offered_at, Offer.id)).all()
