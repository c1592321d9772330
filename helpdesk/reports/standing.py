"""How each team stands at an instant: what is open, late, about to be, and who waits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ScalarSelect, func, literal, select, text
from sqlalchemy.orm import Session

from helpdesk.people.models import Person, Shift, Team
from helpdesk.people.roster import on_duty
from helpdesk.tickets.models import Ticket

MOST = 10_000
SOON = timedelta(minutes=30)
AGES = (timedelta(hours=4), timedelta(days=1), timedelta(days=3), timedelta(days=7))
IS_OPEN: Any = text("ticket.open")
IS_WAITING: Any = text("ticket.open AND ticket.waiting_since IS NOT NULL")


@dataclass(frozen=True)
class Standing:
    """One team. *burning* falls due within half an hour, *waiting* are customers without an answer."""

    team_id: int
    name: str
    open: int
    late: int
    burning: int
    waiting: int
    unowned: int
    waiting_since: datetime | None


def standings(session: Session, teams: Sequence[int] | None, at: datetime) -> list[Standing]:
    """Every active team of these, by name."""
    waiting = select(func.min(Ticket.waiting_since)).where(Ticket.team_id == Team.id, IS_WAITING)
    query = select(
        Team.id,
        Team.name,
        _count(IS_OPEN),
        _count(IS_OPEN, Ticket.sort_at < at, Ticket.due_at < at),
        _count(IS_OPEN, Ticket.sort_at < at + SOON, Ticket.due_at >= at, Ticket.due_at < at + SOON),
        _count(IS_WAITING),
        _count(IS_WAITING, Ticket.owner_id.is_(None)),
        waiting.correlate(Team).scalar_subquery(),
    )
    return [Standing(*row) for row in session.execute(_of_teams(query, teams).order_by(Team.name))]


def _of_teams(query: Any, teams: Sequence[int] | None) -> Any:
    wanted = query.where(Team.active)
    return wanted if teams is None else wanted.where(Team.id.in_(teams))


def _count(*conditions: Any) -> ScalarSelect[int]:
    """How many tickets of the team are so, up to MOST; the index alone answers."""
    some = select(literal(1)).select_from(Ticket).where(Ticket.team_id == Team.id, *conditions).limit(MOST)
    return select(func.count()).select_from(some.correlate(Team).subquery()).correlate(Team).scalar_subquery()


def ages(session: Session, teams: Sequence[int] | None, at: datetime) -> list[int]:
    """Open tickets by age: up to 4 hours, a day, 3 days, 7 days, and older; each up to MOST a team."""
    edges = [at - age for age in AGES]
    since, until = [*edges, None], [None, *edges]
    counts = [_count(IS_OPEN, *_between(a, b)) for a, b in zip(since, until, strict=True)]
    rows = session.execute(_of_teams(select(*counts), teams)).all()
    return [sum(row[i] for row in rows) for i in range(len(counts))]


def _between(since: datetime | None, until: datetime | None) -> list[Any]:
    bounds = [] if since is None else [Ticket.opened_at > since]
    return bounds if until is None else [*bounds, Ticket.opened_at <= until]


@dataclass(frozen=True)
class Hanging:
    """Somebody who is not on duty and owns open tickets: how many, and the one of them to begin first."""

    owner: str
    tickets: int
    number: int
    sort_at: datetime
    due_at: datetime | None


def hanging(session: Session, teams: Sequence[int] | None, at: datetime) -> list[Hanging]:
    """Owners who are not on duty, by what must be begun first."""
    owned = [Ticket.owner_id == Person.id, IS_OPEN, *([] if teams is None else [Ticket.team_id.in_(teams)])]
    first = select(Ticket.number).where(*owned).order_by(Ticket.sort_at).limit(1)
    when = select(Ticket.sort_at).where(*owned).order_by(Ticket.sort_at).limit(1)
    due = select(Ticket.due_at).where(*owned).order_by(Ticket.sort_at).limit(1)
    some = select(literal(1)).select_from(Ticket).where(*owned).limit(MOST).correlate(Person).subquery()
    count = select(func.count()).select_from(some).correlate(Person)
    away = Person.id.not_in(on_duty(at).with_only_columns(Person.id).order_by(None))
    query = select(Person.name, *(one.correlate(Person).scalar_subquery() for one in (count, first, when, due)))
    rows = session.execute(query.where(Person.role.is_not(None), away))
    return sorted((Hanging(*row) for row in rows if row[1]), key=lambda row: row.sort_at)


def crew(session: Session, at: datetime) -> dict[int, set[int]]:
    """By team: the ids of who is on duty in it."""
    here = Shift.person_id.in_(on_duty(at).with_only_columns(Person.id).order_by(None))
    query = select(Shift.team_id, Shift.person_id).where(Shift.starts_at <= at, Shift.ends_at > at, here)
    found: dict[int, set[int]] = {}
    for team, person in session.execute(query):
        found.setdefault(team, set()).add(person)
    return found
