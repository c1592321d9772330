"""The sheet of a shift: what a person holds, what was offered to and by them, and what hangs without anybody. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload

from helpdesk.people.models import Person, Shift
from helpdesk.services.database import db
from helpdesk.services.queue import look
from helpdesk.services.roster import on_duty
from helpdesk.services.store import visible
from helpdesk.services.timeline import Colleague, colleagues
from helpdesk.services.urgency import Look
from helpdesk.tickets.handover import Offer
from helpdesk.tickets.models import Ticket

MOST = 200
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Held:
    """An open ticket, how its deadline looks, and the newest offer of it."""

    ticket: Ticket
    clock: Look | None
    offer: Offer | None


def held(person: Person, at: datetime) -> list[Held]:
    """The open tickets of a person by due time, each with its newest offer of the last day."""
    query = select(Ticket).where(Ticket.owner_id == person.id, Ticket.open).options(joinedload(Ticket.customer))
    return _with_offers(db.session.scalars(query.order_by(Ticket.sort_at, Ticket.id).limit(MOST)).all(), at)


def hanging(by: Person, at: datetime) -> list[Held]:
    """Open tickets whose owner is not on duty and that nobody was offered: a defect of the service."""
    here = [person.id for person in on_duty(at)]
    offered = select(Offer.ticket_id).where(Offer.state == "offered")
    query = (
        select(Ticket)
        .where(
            Ticket.open,
            Ticket.owner_id.is_not(None),
            Ticket.owner_id.not_in(here),
            Ticket.id.not_in(offered),
            visible(by),
        )
        .options(joinedload(Ticket.customer), joinedload(Ticket.owner))
    )
    return _with_offers(db.session.scalars(query.order_by(Ticket.sort_at, Ticket.id).limit(MOST)).all(), at)


def _with_offers(tickets: Sequence[Ticket], at: datetime) -> list[Held]:
    newest = (
        select(func.max(Offer.id)).where(Offer.ticket_id.in_([one.id for one in tickets])).group_by(Offer.ticket_id)
    )
    recent = or_(Offer.state == "offered", Offer.decided_at > at - DAY)
    query = select(Offer).where(Offer.id.in_(newest), recent).options(joinedload(Offer.receiver))
    offers = {offer.ticket_id: offer for offer in db.session.scalars(query)}
    return [Held(ticket, look(ticket, at), offers.get(ticket.id)) for ticket in tickets]


def handed_over(person: Person, at: datetime) -> Sequence[Offer]:
    """What others accepted from this person within a day, newest first."""
    query = select(Offer).where(Offer.from_id == person.id, Offer.state == "accepted", Offer.decided_at > at - DAY)
    with_all = query.options(joinedload(Offer.ticket), joinedload(Offer.receiver))
    return db.session.scalars(with_all.order_by(Offer.id.desc()).limit(MOST)).all()


def receivers(team_ids: Sequence[int], at: datetime) -> dict[int, list[Colleague]]:
    """Who could take over, by team: those available first, the least loaded of them at the top."""
    return {
        team_id: sorted(
            colleagues(team_id, at), key=lambda one: (not one.available, not one.on_duty, one.load, one.name)
        )
        for team_id in dict.fromkeys(team_ids)
    }


def shift_of(person: Person, at: datetime) -> Shift | None:
    """The shift this person is on."""
    query = select(Shift).where(Shift.person_id == person.id, Shift.starts_at <= at, Shift.ends_at > at)
    return db.session.scalar(query.order_by(Shift.ends_at.desc()).limit(1))


def next_shift(person: Person, at: datetime) -> Shift | None:
    """When this person comes back."""
    query = select(Shift).where(Shift.person_id == person.id, Shift.starts_at > at)
    return db.session.scalar(query.order_by(Shift.starts_at).limit(1))
