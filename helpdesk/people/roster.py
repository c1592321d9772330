"""Who is on duty: a shift covers the instant and no absence does. Who of them is available: no break covers it either.

Whoever is on duty owns tickets and is told of them; only who is available is given work by itself.
"""

from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, Select, and_, exists, select
from sqlalchemy.orm import aliased

from helpdesk.people.models import Absence, Break, Membership, Person, Shift
from helpdesk.people.roles import WORKERS

At = datetime | BindParameter[datetime]


def on_duty(at: At, team_id: int | BindParameter[int] | None = None) -> Select[Person]:
    """The query of active staff on duty *at* an instant (in one team), by name. Shifts are [starts_at, ends_at)."""
    shift = exists().where(Shift.person_id == Person.id, Shift.starts_at <= at, at < Shift.ends_at)
    if team_id is not None:
        shift = shift.where(Shift.team_id == team_id)
    away = exists().where(Absence.person_id == Person.id, Absence.starts_at <= at, at < Absence.ends_at)
    return select(Person).where(workers(), Person.active, shift, ~away).order_by(Person.name, Person.id)


def workers() -> ColumnElement[bool]:
    """Whether the person may own tickets: all staff but those who only read."""
    return Person.role.in_(WORKERS)


def available(at: At, team_id: int | BindParameter[int] | None = None) -> Select[Person]:
    """The query of those on duty *at* an instant (in one team) who are not on a break, by name."""
    return on_duty(at, team_id).where(~on_break(at))


def on_break(at: At) -> ColumnElement[bool]:
    """Whether a break of the person covers the instant."""
    return exists().where(Break.person_id == Person.id, Break.starts_at <= at, at < Break.ends_at)


def substitute_of(person_id: int, at: At) -> Select[Person]:
    """The query of who stands in for an absent person *at* an instant: as the absence says that began last."""
    return (
        select(Person)
        .join(Absence, Absence.substitute_id == Person.id)
        .where(Absence.person_id == person_id, Absence.starts_at <= at, at < Absence.ends_at)
        .where(workers(), Person.active)
        .order_by(Absence.starts_at.desc(), Absence.id.desc())
        .limit(1)
    )


def duty_by_team(at: BindParameter[datetime], team_ids: BindParameter[int]) -> Select[int, Person]:
    """The query of those on duty in each of these teams, by name, each beside the team's id."""
    of = aliased(Shift)
    here = and_(of.person_id == Person.id, of.starts_at <= at, at < of.ends_at, of.team_id.in_(team_ids))
    return on_duty(at).join(of, here).with_only_columns(of.team_id, Person)


def members(team_ids: BindParameter[int], roles: BindParameter[str]) -> Select[int, Person]:
    """The query of the active members of these teams that have one of the *roles*, by name, beside the team's id."""
    return (
        select(Membership.team_id, Person)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.team_id.in_(team_ids), Person.active, Person.role.in_(roles))
        .order_by(Person.name, Person.id)
    )
