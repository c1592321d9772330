"""What came and what was done, by interval: arrivals, solved tickets, and the share of promises kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, case, func, literal, or_, select, text, union_all
from sqlalchemy.orm import Session

from helpdesk.sla.clock import MET, MISSED
from helpdesk.sla.models import Clock
from helpdesk.tickets.models import Ticket

MOST = 10_000
ANSWERS = ("first_response", "answer")
IS_SOLVED: Any = text("ticket.solved_at IS NOT NULL")
IS_RUNNING: Any = text("clock.ended_at IS NULL AND clock.due_at IS NOT NULL")
IS_ENDED: Any = text("clock.ended_at IS NOT NULL")
COUNTS: Any = text("ticket.voided_at IS NULL")
IS_OURS: Any = text("ticket.imported_at IS NULL")
SOLVED_HERE: Any = text("(ticket.imported_at IS NULL OR ticket.solved_at > ticket.imported_at)")


@dataclass(frozen=True)
class Level:
    """Promises kept and missed; *waiting* are those that are not due yet."""

    met: int
    missed: int
    waiting: int = 0

    @property
    def known(self) -> int:
        """How many have a verdict."""
        return self.met + self.missed

    @property
    def share(self) -> float | None:
        """Kept ÷ (kept + missed); None while nothing has a verdict."""
        return self.met / self.known if self.known else None


def levels(session: Session, teams: Sequence[int] | None, since: datetime, at: datetime) -> dict[int, Level]:
    """By team: promises that ended since an instant, and as missed also those that are late and still open."""
    verdicts = Clock.state.in_((MET, MISSED))
    ended = select(Clock.ticket_id, Clock.state).where(IS_ENDED, Clock.ended_at >= since, verdicts)
    late = select(Clock.ticket_id, literal(MISSED)).where(IS_RUNNING, Clock.due_at < at).limit(MOST)
    clocks = union_all(ended, select(late.subquery())).subquery("promise")
    met = func.sum(case((clocks.c.state == MET, 1), else_=0))
    query = select(Ticket.team_id, met, func.count()).join(clocks, clocks.c.ticket_id == Ticket.id)
    if teams is not None:
        query = query.where(Ticket.team_id.in_(teams))
    return {team: Level(kept, n - kept) for team, kept, n in session.execute(query.group_by(Ticket.team_id))}


def by_interval(session: Session, teams: Sequence[int] | None, edges: Sequence[datetime], at: datetime) -> list[Level]:
    """First responses and answers by when the customer wrote: [edge, next edge) each. What is not due yet waits."""
    met = Clock.state == MET
    missed = or_(Clock.state == MISSED, and_(IS_RUNNING, Clock.due_at < at))
    each = []
    for i, (begin, end) in enumerate(pairwise(edges)):
        query = select(literal(i).label("i"), _sum(met), _sum(missed), func.count()).select_from(Clock)
        if teams is not None:
            query = query.join(Ticket, Ticket.id == Clock.ticket_id).where(Ticket.team_id.in_(teams))
        counted = or_(Clock.state.in_((MET, MISSED)), IS_RUNNING)
        each.append(query.where(Clock.started_at >= begin, Clock.started_at < end, Clock.kind.in_(ANSWERS), counted))
    rows = sorted(session.execute(union_all(*each)).all())
    return [Level(kept or 0, lost or 0, n - (kept or 0) - (lost or 0)) for _, kept, lost, n in rows]


def _sum(condition: ColumnElement[bool]) -> Any:
    return func.sum(case((condition, 1), else_=0))


@dataclass(frozen=True)
class Flow:
    """Running totals at the end of each interval."""

    came: list[int]
    solved: list[int]


def flow(session: Session, teams: Sequence[int], edges: Sequence[datetime]) -> Flow:
    """Tickets that came, and that were solved, since the first edge."""
    pairs = list(pairwise(edges))
    counts = [_opened(teams, *pair) for pair in pairs] + [_solved(teams, *pair) for pair in pairs]
    row = session.execute(select(*counts)).one()
    return Flow(_running(row[: len(pairs)]), _running(row[len(pairs) :]))


def solved_since(session: Session, teams: Sequence[int], since: datetime, at: datetime) -> int:
    """Tickets solved in that time and not reopened."""
    return session.scalar(select(_solved(teams, since, at))) or 0


def _opened(teams: Sequence[int], begin: datetime, end: datetime) -> ScalarSelect[int]:
    return _many(IS_OURS, Ticket.team_id.in_(teams), Ticket.opened_at >= begin, Ticket.opened_at < end)


def _solved(teams: Sequence[int], begin: datetime, end: datetime) -> ScalarSelect[int]:
    return _many(SOLVED_HERE, Ticket.team_id.in_(teams), IS_SOLVED, Ticket.solved_at >= begin, Ticket.solved_at < end)


def _many(*conditions: Any) -> ScalarSelect[int]:
    return select(func.count()).select_from(Ticket).where(COUNTS, *conditions).scalar_subquery()


def _running(counts: Sequence[int]) -> list[int]:
    totals, total = [], 0
    for count in counts:
        total += count
        totals.append(total)
    return totals
