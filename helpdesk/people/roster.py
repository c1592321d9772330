"""Who is on duty: a shift covers the instant and no absence does."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import BindParameter, Select, exists, select

from helpdesk.people.models import Absence, Membership, Person, Shift


def on_duty(at: datetime | BindParameter[datetime], team_id: int | BindParameter[int] | None = None) -> Select[Person]:
    """The query of active staff on duty *at* an instant (in one team), by name. Shifts are [starts_at, ends_at)."""
    shift = exists().where(Shift.person_id == Person.id, Shift.starts_at <= at, at < Shift.ends_at)
    if team_id is not None:
        shift = shift.where(Shift.team_id == team_id)
    away = exists().where(Absence.person_id == Person.id, Absence.starts_at <= at, at < Absence.ends_at)
    return select(Person).where(Person.role.is_not(None), Person.active, shift, ~away).order_by(Person.name, Person.id)


def members(team_id: int, roles: Iterable[str]) -> Select[Person]:
    """The query of a team's active members of the given *roles*, by name."""
    return (
        select(Person)
        .join(Membership)
        .where(Membership.team_id == team_id, Person.active, Person.role.in_(list(roles)))
        .order_by(Person.name, Person.id)
    )
