"""Shifts and absences: who is on duty and who of them is available, and changing who will be."""

from datetime import datetime

from sqlalchemy import Integer, bindparam

from helpdesk.errors import Conflict, NotFound
from helpdesk.orm import Instant
from helpdesk.people import roster
from helpdesk.people.models import Absence, Person, Shift
from helpdesk.people.roles import Role
from helpdesk.services.database import db
from helpdesk.services.store import get, permit, transaction

AT, TEAM = bindparam("at", type_=Instant), bindparam("team", type_=Integer)
IDS = roster.on_duty(AT).with_only_columns(Person.id).order_by(None)
AVAILABLE_OF_TEAM = roster.available(AT, TEAM).with_only_columns(Person.id).order_by(None)
IDS_OF_TEAM = roster.on_duty(AT, TEAM).with_only_columns(Person.id).order_by(None)
ABSENCES = ("sick", "vacation", "day_off")


def on_duty(at: datetime, team_id: int | None = None) -> list[Person]:
    """Staff on duty at an instant, by name."""
    return list(db.session.scalars(roster.on_duty(at, team_id)))


def available(at: datetime, team_id: int | None = None) -> list[Person]:
    """Who may be given work by itself at an instant, by name."""
    return list(db.session.scalars(roster.available(at, team_id)))


def ids_on_duty(at: datetime, team_id: int | None = None) -> frozenset[int]:
    """Who is on duty at an instant (in one team), by their ids alone."""
    query, asked = (IDS, {"at": at}) if team_id is None else (IDS_OF_TEAM, {"at": at, "team": team_id})
    return frozenset(db.session.scalars(query, asked))


def add_shift(*, person_id: int, team_id: int, starts_at: datetime, ends_at: datetime, by: Person) -> Shift:
    """Put somebody on duty in a team from *starts_at* up to *ends_at*."""
    permit(by, "assign_others", team_id)
    _in_order(starts_at, ends_at)
    with transaction():
        if team_id not in get(Person, person_id).team_ids:
            raise Conflict("This person is not in that team; add them to it first.")
        shift = Shift(person_id=person_id, team_id=team_id, starts_at=starts_at, ends_at=ends_at)
        db.session.add(shift)
    return shift


def remove_shift(shift_id: int, *, by: Person) -> None:
    """Take a shift off the roster."""
    with transaction():
        shift = get(Shift, shift_id)
        permit(by, "assign_others", shift.team_id)
        db.session.delete(shift)


def add_absence(*, person_id: int, kind: str, starts_at: datetime, ends_at: datetime, by: Person) -> Absence:
    """Write down that somebody is away: sick, vacation or day_off."""
    _permit(by, person_id)
    _in_order(starts_at, ends_at)
    if kind not in ABSENCES:
        raise Conflict("An absence is sick, vacation or day_off.")
    with transaction():
        absence = Absence(person_id=person_id, kind=kind, starts_at=starts_at, ends_at=ends_at)
        db.session.add(absence)
    return absence


def remove_absence(absence_id: int, *, by: Person) -> None:
    """Take an absence back."""
    with transaction():
        absence = get(Absence, absence_id)
        _permit(by, absence.person_id)
        db.session.delete(absence)


def _permit(by: Person, person_id: int) -> None:
    """Absences of a colleague are for whoever leads one of their teams."""
    permit(by, "assign_others")
    person: Person = get(Person, person_id)
    if by.role != Role.ADMINISTRATOR and not set(person.team_ids) & set(by.team_ids):
        raise NotFound("There is no such thing, or it belongs to another team.")


def _in_order(starts_at: datetime, ends_at: datetime) -> None:
    if ends_at <= starts_at:
        raise Conflict("The end must come after the start.")
