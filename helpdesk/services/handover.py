"""Handover: offers between people, and the end of a shift, when what its owner leaves open is offered on."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta

from sqlalchemy import exists, func, select, text
from sqlalchemy.orm import aliased, contains_eager, joinedload

from helpdesk.errors import Conflict
from helpdesk.people.models import Person, Shift
from helpdesk.people.roster import available
from helpdesk.services import deadlines
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.notices import Tellers
from helpdesk.services.store import get, permit, ticket_for, transaction, visible
from helpdesk.tickets import handover
from helpdesk.tickets.handover import Offer
from helpdesk.tickets.models import Ticket

UNTAKEN = text("offer.state IN ('offered', 'refused')")
GRACE = timedelta(minutes=5)  # a next shift that begins this soon after is the same one


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
        made = handover.offer(ticket, to=receiver, note=note.strip(), by=by, at=now())
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


def refuse(offer_id: int, *, reason: str, by: Person) -> Offer:
    """Say no, and why."""
    if not reason.strip():
        raise Conflict("Say why, so that the supervisor can find somebody else.")
    with transaction():
        wanted = _mine(offer_id, by)
        handover.refuse(wanted, reason=reason.strip(), by=by, at=now())
        deadlines.refresh(wanted.ticket)
    return wanted


def _mine(offer_id: int, by: Person) -> Offer:
    found: Offer = get(Offer, offer_id)
    ticket = ticket_for(by, found.ticket.number, lock=True)
    db.session.refresh(found)
    if found.to_id != by.id:
        permit(by, "assign_others", ticket.team_id)
    return found


def offered_to(person: Person) -> Sequence[Offer]:
    """What waits for this person's yes or no, oldest first."""
    query = select(Offer).where(Offer.to_id == person.id, Offer.state == "offered")
    with_all = query.options(joinedload(Offer.ticket).joinedload(Ticket.customer), joinedload(Offer.giver))
    return db.session.scalars(with_all.order_by(Offer.offered_at, Offer.id)).all()


def untaken(by: Person) -> Sequence[Offer]:
    """The newest offer of each open ticket that still waits or was refused: the supervisor's list, oldest first."""
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


def end_shifts() -> int:
    """Offer what the owners of ended shifts leave open to somebody on duty; returns how many tickets were offered."""
    due = select(Shift.id).where(Shift.ends_at <= now(), Shift.ended_at.is_(None)).order_by(Shift.ends_at, Shift.id)
    ids = db.session.scalars(due.limit(200)).all()
    return sum(_end_shift(shift_id) for shift_id in ids)


def _end_shift(shift_id: int) -> int:
    with transaction():
        query = select(Shift).where(Shift.id == shift_id, Shift.ended_at.is_(None)).with_for_update(of=Shift)
        shift = db.session.scalar(query)
        if shift is None:
            return 0
        shift.ended_at = now()
        if _goes_on(shift):
            return 0
        tickets = _left_open(shift)
        _offer_on(tickets, shift)
    return len(tickets)


def _goes_on(shift: Shift) -> bool:
    query = select(Shift.id).where(
        Shift.person_id == shift.person_id,
        Shift.starts_at <= now() + GRACE,
        Shift.ends_at > now(),
        Shift.id != shift.id,
    )
    return db.session.scalar(query.limit(1)) is not None


def _left_open(shift: Shift) -> Sequence[Ticket]:
    query = select(Ticket).where(Ticket.owner_id == shift.person_id, Ticket.open, Ticket.team_id == shift.team_id)
    return db.session.scalars(query.order_by(Ticket.id).with_for_update(of=Ticket)).all()


def _load(team_id: int) -> dict[Person, int]:
    """Who may be given work now, and how many open tickets each owns."""
    owned = select(func.count()).where(Ticket.owner_id == Person.id, Ticket.open).scalar_subquery()
    people = [person for person in db.session.scalars(available(now(), team_id)) if team_id in person.team_ids]
    return {person: db.session.scalar(select(owned).where(Person.id == person.id)) or 0 for person in people}


def _offer_on(tickets: Iterable[Ticket], shift: Shift) -> None:
    """Offer each to whoever on duty has least, and tell each receiver once."""
    load, offered = _load(shift.team_id), defaultdict(list)
    for ticket in tickets:
        receiver = min(load, key=lambda person: (load[person], person.id), default=None)
        if _offer_to(receiver, ticket, shift) and receiver is not None:
            load[receiver] += 1
            offered[receiver].append(ticket)
    with Tellers(now()) as tellers:
        for receiver, theirs in offered.items():
            tellers.offer(receiver, theirs)


def _offer_to(receiver: Person | None, ticket: Ticket, shift: Shift) -> bool:
    """Whether it was offered; what waits for somebody's yes already is not."""
    waiting = select(Offer.id).where(Offer.ticket_id == ticket.id, Offer.state == "offered")
    if db.session.scalar(waiting) is not None:
        return False
    note = f"{shift.person.name}: {ticket.preview[:200]}"
    db.session.add(handover.offer(ticket, to=receiver, note=note, by=None, at=now(), why="shift ended"))
    deadlines.refresh(ticket)
    return True
