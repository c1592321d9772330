"""The sheet of a shift: what a person holds, what was offered to and by them, and what is urgent of it. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BindParameter, bindparam, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from helpdesk.orm import Instant
from helpdesk.people.models import Person, Shift
from helpdesk.services.database import db
from helpdesk.services.handing_on import goes_on
from helpdesk.services.queue import look
from helpdesk.services.store import visible
from helpdesk.services.urgency import Look
from helpdesk.tickets.handover import Offer
from helpdesk.tickets.models import Ticket
from helpdesk.tickets.stints import Stint

MOST = 200
DAY = timedelta(days=1)
AT: BindParameter[datetime] = bindparam("at", type_=Instant)
SHIFT = (
    select(Shift)
    .where(Shift.person_id == bindparam("person"), Shift.starts_at <= AT, Shift.ends_at > AT)
    .options(joinedload(Shift.team))
    .order_by(Shift.ends_at.desc())
    .limit(1)
)


@dataclass(frozen=True)
class Held:
    """An open ticket, how its deadline looks, and the newest offer of it."""

    ticket: Ticket
    clock: Look | None
    offer: Offer | None


def held(person: Person, at: datetime) -> list[Held]:
    """The open tickets of a person that they may see, by due time, each with its newest offer of the last day."""
    mine = select(Ticket).where(Ticket.owner_id == person.id, Ticket.open, visible(person))
    query = mine.options(joinedload(Ticket.customer))
    return with_offers(db.session.scalars(query.order_by(Ticket.sort_at, Ticket.id).limit(MOST)).all(), at)


def with_offers(tickets: Sequence[Ticket], at: datetime) -> list[Held]:
    """Tickets as they are shown, each with its newest offer of the last day."""
    newest = (
        select(func.max(Offer.id)).where(Offer.ticket_id.in_([one.id for one in tickets])).group_by(Offer.ticket_id)
    )
    recent = or_(Offer.state == "offered", Offer.decided_at > at - DAY)
    query = select(Offer).where(Offer.id.in_(newest), recent).options(joinedload(Offer.receiver))
    offers = {offer.ticket_id: offer for offer in db.session.scalars(query)}
    return [Held(ticket, look(ticket, at), offers.get(ticket.id)) for ticket in tickets]


def handed_over(person: Person, at: datetime) -> Sequence[Offer]:
    """What others accepted from this person within a day, newest first."""
    accepted = (Offer.from_id == person.id, Offer.state == "accepted", Offer.decided_at > at - DAY)
    query = select(Offer).join(Offer.ticket).where(*accepted, visible(person))
    with_all = query.options(contains_eager(Offer.ticket), joinedload(Offer.receiver))
    return db.session.scalars(with_all.order_by(Offer.id.desc()).limit(MOST)).all()


def held_since(tickets: Sequence[Ticket]) -> dict[int, datetime]:
    """Since when each is held by whoever holds it."""
    query = select(Stint.ticket_id, Stint.began_at).where(Stint.ended_at.is_(None))
    rows = db.session.execute(query.where(Stint.ticket_id.in_([one.id for one in tickets])))
    return {ticket_id: began_at for ticket_id, began_at in rows}


def due_before(held: Sequence[Held], instant: datetime | None) -> int:
    """How many of them fall due, or are late, before an instant."""
    dues = [one.clock.due_at for one in held if one.clock and one.clock.due_at]
    return sum(1 for due in dues if instant is not None and due < instant)


def called(person: Person, at: datetime) -> tuple[datetime, int] | None:
    """When this person's shift ends, and how many open tickets they hold, while it is time to hand them over."""
    shift = shift_of(person, at)
    if shift is None or shift.ends_at - timedelta(minutes=shift.team.sheet_minutes) > at or goes_on(shift):
        return None
    open_ = select(func.count()).select_from(Ticket).where(Ticket.owner_id == person.id, Ticket.open, visible(person))
    count = db.session.scalar(open_) or 0
    return (shift.ends_at, count) if count else None


def shift_of(person: Person, at: datetime) -> Shift | None:
    """The shift this person is on."""
    return db.session.scalar(SHIFT, {"person": person.id, "at": at})


def next_shift(person: Person, at: datetime) -> Shift | None:
    """When this person comes back."""
    query = select(Shift).where(Shift.person_id == person.id, Shift.starts_at > at)
    return db.session.scalar(query.order_by(Shift.starts_at).limit(1))
