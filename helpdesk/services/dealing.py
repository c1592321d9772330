"""Tickets without an owner are dealt out to those at work, where a team wants that; what nobody can take stays in its queue.

It is done right after the transaction that left the ticket without an owner, and looked at again every few seconds: for
whoever comes, ends a break or has room again. The team's row is locked meanwhile, so each turn is taken once.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, not_, or_, select
from sqlalchemy.orm import aliased, contains_eager

from helpdesk.people import roster
from helpdesk.people.dealing import Deal, Hand
from helpdesk.people.models import Membership, Person, Shift, Team
from helpdesk.people.receivers import Matter, skilled
from helpdesk.services import deadlines
from helpdesk.services.database import db
from helpdesk.services.desk import settle_offer
from helpdesk.services.instant import now
from helpdesk.services.notices import Tellers
from helpdesk.services.receivers import KNOWN
from helpdesk.services.store import get, permit, promise, transaction
from helpdesk.services.taking import REST, UNOWNED, bears
from helpdesk.sla.clock import PAUSES
from helpdesk.tickets import dealing as verbs
from helpdesk.tickets.handover import Offer
from helpdesk.tickets.models import Ticket
from helpdesk.tickets.stints import Stint

AT_ONCE = 50
WAITS = (*UNOWNED, Ticket.status.not_in(PAUSES))
GIVEN_UP = ("idle", "skipped", "assigned", "undone")


def has_news() -> bool:
    """Whether a team that deals out has a ticket that waits and somebody at work; perhaps it fits none of them."""
    found = db.session.scalar(_teams().limit(1)) is not None
    db.session.rollback()
    return found


def _teams() -> Select[int]:
    of, at = aliased(Shift), now()
    shift = and_(of.person_id == Person.id, of.team_id == Team.id, of.starts_at <= at, at < of.ends_at)
    here = roster.available(at).join(of, shift).with_only_columns(Person.id).order_by(None).correlate(Team)
    waits = exists().where(*WAITS, Ticket.team_id == Team.id)
    return select(Team.id).where(Team.active, Team.dealing != "", waits, here.exists()).order_by(Team.id)


def deal_out() -> int:
    """Deal out what waits in every team that wants it, what burns most first; how many tickets that were."""
    teams = db.session.scalars(_teams()).all()
    db.session.rollback()
    return sum(_deal_out(team_id) for team_id in teams)


def _deal_out(team_id: int) -> int:
    total, after = 0, None
    while True:
        with transaction():
            table = _Table(team_id)
            tickets = table.waiting(after)
            total += table.deal(tickets)
        if len(tickets) < AT_ONCE:
            return total
        after = tickets[-1]


def rule(
    team_id: int, *, way: str, by_fit: bool, to_last: bool, limits: Mapping[int, int | None], by: Person
) -> None:  # fmt: skip
    """Say how a team's tickets get their owners, and how many each of its people is given when not as many as all."""
    permit(by, "administer")
    with transaction():
        team: Team = get(Team, team_id)
        team.dealing, team.deals_by_fit, team.deals_to_last = way, by_fit, to_last
        for one in team.memberships:
            one.most_open = limits.get(one.person_id)
        promise("workers.dealing.deal_out")


def deal_one(ticket: Ticket, way: str) -> bool:
    """Give this ticket to somebody of its team by this way, within a transaction that has it; whether anybody could take it."""
    return _Table(ticket.team.id, way).deal([ticket]) == 1


class _Table:
    """One team, locked, with those of it that are at work; nobody else is given anything meanwhile."""

    def __init__(self, team_id: int, way: str = "") -> None:
        alone = select(Team).where(Team.id == team_id).with_for_update(key_share=True)
        self.team = db.session.scalars(alone.execution_options(populate_existing=True)).one()
        self.way = way or self.team.dealing
        members = {one.person_id: one for one in db.session.scalars(_here(team_id)).all()}
        self.members, self.load = members, _load(members)
        self.hands = [self._hand(one) for one in members.values()]
        self.turn = db.session.scalar(select(func.max(Membership.turn)).where(Membership.team_id == team_id)) or 0

    def _hand(self, one: Membership) -> Hand:
        person, most = one.person, self.team.most_open if one.most_open is None else one.most_open
        return Hand(
            person.id, person.name, self.load.get(person.id, 0), languages=person.languages, skills=person.skills,
            most=most, turn=one.turn,
        )  # fmt: skip

    def waiting(self, after: Ticket | None) -> Sequence[Ticket]:
        """The next tickets that wait and fit somebody who has room; what another holds is left to the next look."""
        if not self.way or not any(one.has_room for one in self.hands):
            return []
        query = select(Ticket).where(*WAITS, Ticket.team_id == self.team.id, or_(*self._fitting()))
        if after is not None:
            later = and_(Ticket.sort_at == after.sort_at, Ticket.id > after.id)
            query = query.where(or_(Ticket.sort_at > after.sort_at, later))
        locked = query.order_by(Ticket.sort_at, Ticket.id).limit(AT_ONCE).with_for_update(skip_locked=True, of=Ticket)
        return db.session.scalars(locked.execution_options(populate_existing=True)).all()

    def _fitting(self) -> Iterator[ColumnElement[bool]]:
        """What each kind of people can be given; the same languages and skills are the same kind."""
        free = (one for one in self.hands if one.has_room)
        for languages, lacking in {(tuple(one.languages), tuple(one.lacks(self.team.skill_tags))) for one in free}:
            spoken = Ticket.language.in_(languages) if languages else Ticket.id.is_not(None)
            yield and_(spoken, not_(bears(lacking))) if lacking else spoken

    def deal(self, tickets: Sequence[Ticket]) -> int:
        """Give each to one of them; how many went."""
        ids, gone = [ticket.id for ticket in tickets], []
        given_up, last = _given_up(ids), _last(tickets) if self.team.deals_to_last else {}
        asked = set(
            db.session.scalars(select(Offer.ticket_id).where(Offer.ticket_id.in_(ids), Offer.state == "offered"))
        )
        with Tellers(now()) as tellers:
            for ticket in tickets:
                matter = Matter(ticket.language, ticket.tags)
                could = [one for one in self.hands if self._could(one, ticket, matter, given_up)]
                if could:
                    deal = Deal(self.way, self.team.deals_by_fit, last.get(ticket.customer_id))
                    self._give(ticket, matter, *deal.to(could, matter), tellers)
                    gone.append(ticket)
        for ticket in gone:
            if ticket.id in asked:
                settle_offer(ticket, None)
        deadlines.refresh_all(gone)
        return len(gone)

    def _could(self, one: Hand, ticket: Ticket, matter: Matter, given_up: Collection[tuple[int, int | None]]) -> bool:
        fits = one.has_room and one.fits(matter, self.team.skill_tags)
        return fits and (ticket.id, one.id) not in given_up

    def _give(self, ticket: Ticket, matter: Matter, one: Hand, why: str, tellers: Tellers) -> None:
        person = self.members[one.id].person
        verbs.deal(
            ticket, to=person, at=now(), why=why, language=ticket.language if one.languages else None,
            skills=skilled(one, matter), held=one.load, most=one.most,
        )  # fmt: skip
        tellers.notify(person, ticket, "dealt", {"why": why}, mailed=False)
        self.turn += 1
        self.members[one.id].turn = self.turn
        self.hands[self.hands.index(one)] = replace(one, load=one.load + 1, turn=self.turn)


def _here(team_id: int) -> Select[Membership]:
    """The memberships of those of a team who are at work, locked in one order: whoever takes the next one waits, too."""
    here = roster.available(now(), team_id).with_only_columns(Person.id).order_by(None)
    query = select(Membership).join(Person).where(Membership.team_id == team_id, Person.id.in_(here))
    query = query.options(contains_eager(Membership.person)).order_by(Person.id)
    return query.with_for_update(key_share=True, of=Person).execution_options(populate_existing=True)


def _load(people: Collection[int]) -> dict[int, int]:
    """How many tickets each works on; what waits for others is not counted."""
    query = select(Ticket.owner_id, func.count()).where(Ticket.open, Ticket.owner_id.in_(people))
    rows = db.session.execute(query.where(Ticket.status.not_in(PAUSES)).group_by(Ticket.owner_id))
    return {owner_id or 0: many for owner_id, many in rows}


def _given_up(tickets: Sequence[int]) -> set[tuple[int, int | None]]:
    """From whom which of the tickets went back to the team just now: it is not given to them again."""
    held, then = aliased(Stint), aliased(Stint)
    query = select(held.ticket_id, held.owner_id).join(
        then, and_(then.ticket_id == held.ticket_id, then.began_seq == held.ended_seq)
    )
    query = query.where(held.ticket_id.in_(tickets), held.owner_id.is_not(None), then.owner_id.is_(None))
    return {
        (row[0], row[1])
        for row in db.session.execute(query.where(then.why.in_(GIVEN_UP), held.ended_at > now() - REST))
    }


def _last(tickets: Sequence[Ticket]) -> dict[int, int | None]:
    """Who held a ticket of these customers last, of late."""
    found: dict[int, tuple[datetime, int | None]] = {}
    began = func.max(Stint.began_at)
    query = select(Ticket.customer_id, Stint.owner_id, began).join(Ticket, Ticket.id == Stint.ticket_id)
    query = query.where(Ticket.customer_id.in_({one.customer_id for one in tickets}), Stint.owner_id.is_not(None))
    rows: Any = db.session.execute(
        query.where(Stint.began_at > now() - KNOWN).group_by(Ticket.customer_id, Stint.owner_id)
    )
    for customer_id, owner_id, at in rows:
        found[customer_id] = max(found.get(customer_id, (at, owner_id)), (at, owner_id))
    return {customer_id: owner_id for customer_id, (_at, owner_id) in found.items()}
