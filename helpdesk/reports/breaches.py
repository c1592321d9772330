"""Deadlines that come next, and those that were missed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select, text, union_all
from sqlalchemy.orm import Session, aliased

from helpdesk.people.models import Person
from helpdesk.sla.clock import MISSED
from helpdesk.sla.firing import BREACH
from helpdesk.sla.models import FIRED_OF, Clock, Firing
from helpdesk.tickets.models import Ticket

IS_OPEN: Any = text("ticket.open")
BEGUN = timedelta(hours=3)  # nothing is put further ahead of when it is due
Owner = aliased(Person)


@dataclass(frozen=True)
class Due:
    """An open ticket whose next deadline is known. *kind* is the clock, *target* its seconds."""

    number: int
    subject: str
    due_at: datetime
    kind: str
    target: int
    policy_version_id: int
    priority: str
    owner_id: int | None
    owner: str | None


def next_due(session: Session, teams: Sequence[int] | None, at: datetime, most: int) -> list[Due]:
    """The open tickets to be begun next of those that are not late, by when they fall due."""
    ids = session.scalars(_first_ids(teams, at, most)).all()
    query: Any = select(
        Ticket.number, Ticket.subject, Ticket.due_at, Ticket.due_kind, Ticket.due_target,
        Ticket.policy_version_id, Ticket.priority, Ticket.owner_id, Owner.name,
    )  # fmt: skip
    query = query.outerjoin(Owner, Owner.id == Ticket.owner_id).where(Ticket.id.in_(ids), Ticket.due_at.is_not(None))
    return [Due(*row) for row in session.execute(query.order_by(Ticket.due_at, Ticket.id).limit(most))]


def _first_ids(teams: Sequence[int] | None, at: datetime, most: int) -> Select[Any]:
    """Read off the index of the queue: one look for all teams, or one look for each."""
    begun = (Ticket.sort_at >= at - BEGUN, Ticket.due_at >= at)
    base = select(Ticket.id).where(IS_OPEN, *begun).order_by(Ticket.sort_at, Ticket.id).limit(most)
    if teams is None:
        return base
    each = [select(base.where(Ticket.team_id == team).subquery().c.id) for team in teams]
    return select(union_all(*each).subquery().c.id) if each else base.where(Ticket.id.is_(None))


@dataclass(frozen=True)
class Broken:
    """A missed deadline; *ended_at* is when what it promised was done after all."""

    number: int
    subject: str
    kind: str
    turn: int
    due_at: datetime
    ended_at: datetime | None
    owner_id: int | None
    owner: str | None


def broken(session: Session, teams: Sequence[int] | None, since: datetime, most: int) -> list[Broken]:
    """What was missed since an instant, newest first; not what in the light of later news was met after all."""
    query: Any = (
        select(
            Ticket.number, Ticket.subject, Clock.kind, Clock.turn, Clock.due_at,
            Clock.ended_at, Ticket.owner_id, Owner.name,
        )
        .select_from(Firing)
        .join(Ticket, Ticket.id == Firing.ticket_id)
        .join(Clock, FIRED_OF)
        .outerjoin(Owner, Owner.id == Ticket.owner_id)
        .where(Firing.detected_at >= since, Firing.threshold == BREACH, Clock.state == MISSED)
        .order_by(Firing.detected_at.desc())
        .limit(most)
    )  # fmt: skip
    rows = session.execute(query if teams is None else query.where(Ticket.team_id.in_(teams)))
    return sorted((Broken(*row) for row in rows), key=lambda one: one.due_at, reverse=True)
