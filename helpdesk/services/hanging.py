"""Tickets that hang: their owner is off duty, or they lie in a queue with nobody on duty, and nobody is asked for them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased, joinedload

from helpdesk.people import roster
from helpdesk.people.models import Membership, Person, Shift, Team
from helpdesk.services import duty
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.notices import Tellers
from helpdesk.services.store import transaction, visible
from helpdesk.services.whom import Whom
from helpdesk.tickets.handover import Offer
from helpdesk.tickets.hanging import Hanging
from helpdesk.tickets.models import Ticket

MOST = 200
CAP = 1000  # counted no further


def count(by: Person, at: datetime) -> int:
    """How many tickets hang that this person sees, up to CAP."""
    parts = [_ids(part, visible(by)).limit(CAP).subquery() for part in _parts(at)]
    return min(sum(db.session.scalar(select(func.count()).select_from(part)) or 0 for part in parts), CAP)


def listed(by: Person, at: datetime) -> Sequence[Ticket]:
    """Those of them that are most urgent."""
    query = select(Ticket).where(hangs(at), visible(by)).options(joinedload(Ticket.customer), joinedload(Ticket.owner))
    return db.session.scalars(query.order_by(Ticket.sort_at, Ticket.id).limit(MOST)).all()


def is_manned(tickets: Sequence[Ticket], at: datetime) -> bool:
    """Whether all their teams work by a roster."""
    teams = {ticket.team_id for ticket in tickets}
    planned = select(Team.id).where(Team.id.in_(teams), duty.by_roster(Team.id, at))
    return len(db.session.scalars(planned).all()) == len(teams)


def hangs(at: datetime) -> ColumnElement[bool]:
    """The condition: an open ticket that nobody on duty holds and nobody was offered."""
    return and_(Ticket.open, or_(*_parts(at)))


def _parts(at: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    here = roster.on_duty(at).with_only_columns(Person.id).order_by(None)
    gone = select(Person.id).where(Person.role.is_not(None), Person.id.not_in(here))
    empty = select(Team.id).where(Team.id.not_in(_manned(at)))
    asked = exists().where(Offer.ticket_id == Ticket.id, Offer.state == "offered", Offer.to_id.is_not(None))
    owned = and_(Ticket.owner_id.is_not(None), Ticket.owner_id.in_(gone), ~asked)
    return owned, and_(Ticket.owner_id.is_(None), Ticket.team_id.in_(empty), ~asked)


def _manned(at: datetime) -> Select[int]:
    """The teams with somebody of theirs on duty for them."""
    of, member = aliased(Shift), aliased(Membership)
    shift = and_(of.person_id == Person.id, of.starts_at <= at, at < of.ends_at)
    belongs = and_(member.person_id == Person.id, member.team_id == of.team_id)
    query = roster.on_duty(at).join(of, shift).join(member, belongs)
    return query.with_only_columns(of.team_id).order_by(None)


def _ids(*conditions: Any) -> Select[int]:
    return select(Ticket.id).where(Ticket.open, *conditions)


def has_news() -> bool:
    """Whether a ticket has begun to hang, or has a holder again, and nobody was told or it was not written down."""
    at = now()
    news = [_new(at), _over(at)]
    found = any(db.session.scalar(query.limit(1)) is not None for query in news)
    db.session.rollback()
    return found


def watch() -> int:
    """Tell supervisors of each ticket that has begun to hang, once, and write down which have a holder again; how many began.

    Where no roster is kept nobody is told: there is no time at which somebody ought to be there.
    """
    at = now()
    with transaction():
        over = update(Hanging).where(Hanging.id.in_(_over(at))).values(over_at=at)
        db.session.execute(over, execution_options={"synchronize_session": False})
        begun = _begin(db.session.scalars(_new(at).order_by(Ticket.id).limit(MOST)).all(), at)
        _tell(db.session.scalars(select(Ticket).where(Ticket.id.in_(begun)).order_by(Ticket.sort_at, Ticket.id)).all())
    return len(begun)


def _new(at: datetime) -> Select[int]:
    known = exists().where(Hanging.ticket_id == Ticket.id, Hanging.over_at.is_(None))
    return select(Ticket.id).where(hangs(at), ~known, duty.by_roster(Ticket.team_id, at))


def _over(at: datetime) -> Select[int]:
    return select(Hanging.id).join(Ticket).where(Hanging.over_at.is_(None), ~hangs(at))


def _begin(ids: Collection[int], at: datetime) -> Sequence[int]:
    """Write them down; of two who do so at once only one is told which are new."""
    if not ids:
        return ()
    insert = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
    made = insert(Hanging).values([{"ticket_id": one, "began_at": at} for one in ids]).on_conflict_do_nothing()
    return db.session.scalars(made.returning(Hanging.ticket_id)).all()


def _tell(tickets: Sequence[Ticket]) -> None:
    whom, theirs = Whom(now()), dict[Person, list[Ticket]]()
    for ticket in tickets:
        for lead in whom.stand_ins(ticket):
            theirs.setdefault(lead, []).append(ticket)
    with Tellers(now()) as tellers:
        for lead, some in theirs.items():
            tellers.hang(lead, some)
