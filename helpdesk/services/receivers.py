"""Who could take tickets over at an instant, and in which order: the roster, the load and who knows the customer."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from helpdesk.people.models import Membership, Person, Shift
from helpdesk.people.receivers import Candidate, Matter, Suggestion, ranked
from helpdesk.people.roster import workers
from helpdesk.services import duty, roster
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.timeline import OWNED
from helpdesk.tickets.handover import Offer
from helpdesk.tickets.models import Ticket
from helpdesk.tickets.stints import Stint

KNOWN = timedelta(days=90)  # for how long somebody is said to know a customer
ASKED = select(func.count()).where(Offer.to_id == Person.id, Offer.state == "offered").correlate(Person)
LOAD = select(func.count()).select_from(OWNED).scalar_subquery() + ASKED.scalar_subquery()
NOBODY: Mapping[int, int | None] = {}


class Receivers:
    """The people of some teams as they will be at an instant *then*; asked once for all tickets they could be given."""

    def __init__(self, tickets: Collection[Ticket], then: datetime) -> None:
        self.then = then
        self.people = {team_id: _candidates(team_id, then) for team_id in {ticket.team_id for ticket in tickets}}
        self._served = _served({ticket.customer_id for ticket in tickets}, then)
        self._stand_in = _stand_in({one.owner for one in tickets if one.owner is not None}, then)
        self._given: dict[int, int] = {}

    def ranked(self, ticket: Ticket, without: Iterable[int | None] = ()) -> list[Suggestion]:
        """Everybody who could take a ticket over, the best first."""
        left = {ticket.owner_id, *without}
        people = [self._now(one) for one in self.people[ticket.team_id] if one.id not in left]
        served, stand_in = self._served.get(ticket.customer_id, {}), self._stand_in.get(ticket.owner_id)
        return ranked(people, Matter(ticket.language, ticket.tags, served, stand_in))

    def best(self, ticket: Ticket, without: Iterable[int | None] = ()) -> Suggestion | None:
        """Who of those at work should be asked first."""
        return next((one for one in self.ranked(ticket, without) if one.candidate.until), None)

    def give(self, person_id: int) -> None:
        """Reckon that somebody is given one more."""
        self._given[person_id] = self._given.get(person_id, 0) + 1

    def _now(self, one: Candidate) -> Candidate:
        more = self._given.get(one.id, 0)
        return replace(one, load=one.load + more) if more else one


def _candidates(team_id: int, then: datetime) -> list[Candidate]:
    here = {person.id for person in duty.at_work(team_id, then)}
    until = _until(here, then)
    query = select(Person, LOAD).join(Membership).where(Membership.team_id == team_id, Person.active, workers())
    return [
        Candidate(one.id, one.name, load, until.get(one.id) if one.id in here else None, one.languages, one.skills)
        for one, load in db.session.execute(query.options(selectinload(Person.memberships)))
    ]


def _stand_in(owners: Iterable[Person], at: datetime) -> dict[int | None, int]:
    """The substitutes of those who are absent, by their ids."""
    found = {owner.id: roster.substitute_of(owner, at) for owner in owners}
    return {owner_id: one.id for owner_id, one in found.items() if one is not None}


def _until(people: Collection[int], then: datetime) -> dict[int, datetime]:
    query = select(Shift.person_id, func.max(Shift.ends_at)).where(
        Shift.person_id.in_(people), Shift.starts_at <= then, Shift.ends_at > then
    )
    return {person_id: ends_at for person_id, ends_at in db.session.execute(query.group_by(Shift.person_id))}


def _served(customers: Collection[int], at: datetime) -> dict[int, dict[int, datetime]]:
    """Since when colleagues have held tickets of these customers, of late."""
    query = select(Ticket.customer_id, Stint.owner_id, func.min(Stint.began_at)).join(
        Ticket, Ticket.id == Stint.ticket_id
    )
    query = query.where(Ticket.customer_id.in_(customers), Stint.owner_id.is_not(None), Stint.began_at > at - KNOWN)
    found: dict[int, dict[int, datetime]] = {}
    for customer_id, owner_id, since in db.session.execute(query.group_by(Ticket.customer_id, Stint.owner_id)):
        found.setdefault(customer_id, {})[owner_id or 0] = since
    return found


def answer_by(receiver: Person, ticket: Ticket) -> datetime:
    """Until when a receiver has to decide: their minutes run from now, or from when they come within the day."""
    coming = select(func.min(Shift.starts_at)).where(
        Shift.person_id == receiver.id, Shift.starts_at > now(), Shift.starts_at < now() + timedelta(hours=12)
    )
    begins = None if receiver in duty.at_work(ticket.team_id, now()) else db.session.scalar(coming)
    return (begins or now()) + timedelta(minutes=ticket.team.answer_minutes)


def suggestions(
    tickets: Sequence[Ticket], then: datetime, without: Mapping[int, int | None] = NOBODY
) -> dict[int, list[Suggestion]]:
    """For each ticket, by its id, everybody who could take it over; what one is suggested counts when the next is.

    *without* names who is left out, by ticket.
    """
    asked, found = Receivers(tickets, then), {}
    for ticket in tickets:
        found[ticket.id] = asked.ranked(ticket, [without.get(ticket.id)])
        if found[ticket.id] and found[ticket.id][0].candidate.until:
            asked.give(found[ticket.id][0].candidate.id)
    return found
