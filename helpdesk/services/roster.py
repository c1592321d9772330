"""Shifts and absences: who is on duty and who of them is available, and changing who will be."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Integer, bindparam, select

from helpdesk.errors import Conflict, NotFound
from helpdesk.orm import Instant
from helpdesk.people import roster
from helpdesk.people.models import Absence, Pattern, Person, Shift
from helpdesk.people.roles import Role
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import get, permit, transaction

AT, TEAM = bindparam("at", type_=Instant), bindparam("team", type_=Integer)
DUTY = roster.on_duty(AT).with_only_columns(Person.id, roster.on_break(AT)).order_by(None)
AVAILABLE_OF_TEAM = roster.available(AT, TEAM).with_only_columns(Person.id).order_by(None)
IDS_OF_TEAM = roster.on_duty(AT, TEAM).with_only_columns(Person.id).order_by(None)
ABSENCES = ("sick", "vacation", "day_off")


def on_duty(at: datetime, team_id: int | None = None) -> list[Person]:
    """Staff on duty at an instant, by name."""
    return list(db.session.scalars(roster.on_duty(at, team_id)))


def available(at: datetime, team_id: int | None = None) -> list[Person]:
    """Who may be given work by itself at an instant, by name."""
    return list(db.session.scalars(roster.available(at, team_id)))


def duty(at: datetime) -> dict[int, bool]:
    """Who is on duty at an instant, by their ids, and whether each is on a break."""
    return {person_id: rests for person_id, rests in db.session.execute(DUTY, {"at": at})}


def substitute_of(person: Person, at: datetime) -> Person | None:
    """Who stands in for somebody absent at an instant; where that one is absent too, whoever stands in for them."""
    seen, found = {person.id}, db.session.scalar(roster.substitute_of(person.id, at))
    while found is not None and found.id not in seen and absent(found, at):
        seen.add(found.id)
        found = db.session.scalar(roster.substitute_of(found.id, at))
    return found if found is not None and found.id not in seen else None


def absent(person: Person, at: datetime) -> bool:
    """Whether an absence covers the instant."""
    query = select(Absence.id).where(Absence.person_id == person.id, Absence.starts_at <= at, at < Absence.ends_at)
    return db.session.scalar(query.limit(1)) is not None


Hours = tuple[datetime, datetime]


def add_shifts(*, person_id: int, team_id: int, hours: Sequence[Hours], by: Person) -> list[Shift]:
    """Put somebody on duty in a team for each of these [start, end), or for none of them."""
    permit(by, "assign_others", team_id)
    with transaction():
        person: Person = get(Person, person_id)
        if not person.works:
            raise Conflict("{name} only reads and has no shifts; give them another role first.", name=person.name)
        if team_id not in person.team_ids:
            raise Conflict("This person is not in that team; add them to it first.")
        alone([person_id])
        return [_placed(person_id, team_id, starts_at, ends_at) for starts_at, ends_at in hours]


def _placed(person_id: int, team_id: int, starts_at: datetime, ends_at: datetime) -> Shift:
    _in_order(starts_at, ends_at)
    if taken(person_id, starts_at, ends_at):
        raise Conflict("This person has a shift at that time already; remove it first.")
    return put(person_id, team_id, starts_at, ends_at)


def alone(person_ids: Iterable[int]) -> None:
    """One change of these people's rosters at a time, until the transaction is over."""
    wanted = select(Person.id).where(Person.id.in_(sorted(person_ids))).order_by(Person.id)
    db.session.execute(wanted.with_for_update(key_share=True)).all()


def taken(person_id: int, starts_at: datetime, ends_at: datetime, *, but: int = 0) -> bool:
    """Whether this person has a shift, other than *but*, that overlaps."""
    query = select(Shift.id).where(Shift.person_id == person_id, Shift.starts_at < ends_at, Shift.ends_at > starts_at)
    return db.session.scalar(query.where(Shift.id != but).limit(1)) is not None


def put(person_id: int, team_id: int, starts_at: datetime, ends_at: datetime, pattern_id: int | None = None) -> Shift:
    """A shift on the roster; one that is over hands nothing over any more."""
    ended_at = ends_at if ends_at <= now() else None
    shift = Shift(
        person_id=person_id, team_id=team_id, starts_at=starts_at, ends_at=ends_at, ended_at=ended_at, pattern_id=pattern_id
    )  # fmt: skip
    db.session.add(shift)
    db.session.flush()
    return shift


def change_shift(shift_id: int, *, starts_at: datetime, ends_at: datetime, by: Person) -> Shift:
    """Other hours on this one day."""
    _in_order(starts_at, ends_at)
    with transaction():
        shift = shift_for(shift_id, by)
        alone([shift.person_id])
        if shift.ended_at is not None:
            raise Conflict("This shift is over; add another one.")
        if taken(shift.person_id, starts_at, ends_at, but=shift.id):
            raise Conflict("This person has a shift at that time already; remove it first.")
        _except(shift)
        shift.starts_at, shift.ends_at = starts_at, ends_at
    return shift


def remove_shift(shift_id: int, *, by: Person) -> None:
    """Take a shift off the roster."""
    with transaction():
        shift = shift_for(shift_id, by)
        _except(shift)
        db.session.delete(shift)


def shift_for(shift_id: int, by: Person) -> Shift:
    """A shift that this person may change."""
    shift: Shift = get(Shift, shift_id)
    permit(by, "assign_others", shift.team_id)
    return shift


def _except(shift: Shift) -> None:
    """The pattern a shift was made from leaves this day alone from now on."""
    if shift.pattern_id is not None:
        pattern = db.session.get_one(Pattern, shift.pattern_id, with_for_update=True, populate_existing=True)
        day = shift.starts_at.astimezone(zone_of(pattern)).date().isoformat()
        pattern.skipped = sorted({*pattern.skipped, day})
        shift.pattern_id = None


def zone_of(pattern: Pattern) -> ZoneInfo:
    """By whose clocks the hours of a pattern count; somebody without a time zone of their own lives by the team's."""
    own = pattern.person.time_zone if pattern.zone_of == "person" else None
    return ZoneInfo(own or pattern.team.time_zone)


def add_absence(
    *, person_id: int, kind: str, starts_at: datetime, ends_at: datetime, substitute_id: int | None = None, by: Person
) -> Absence:
    """Write down that somebody is away: sick, vacation or day_off; and who stands in for them, if that is known."""
    permit_for(by, person_id)
    _in_order(starts_at, ends_at)
    if kind not in ABSENCES:
        raise Conflict("An absence is sick, vacation or day_off.")
    with transaction():
        absence = Absence(person_id=person_id, kind=kind, starts_at=starts_at, ends_at=ends_at)
        absence.substitute_id = _fit(person_id, substitute_id)
        db.session.add(absence)
    return absence


def name_substitute(absence_id: int, *, substitute_id: int | None, by: Person) -> Absence:
    """Say who stands in for somebody who is away, or that nobody does: one's own absence, or that of one's team."""
    with transaction():
        absence: Absence = get(Absence, absence_id)
        if absence.person_id != by.id:
            permit_for(by, absence.person_id)
        absence.substitute_id = _fit(absence.person_id, substitute_id)
    return absence


def _fit(person_id: int, substitute_id: int | None) -> int | None:
    """A colleague of one of the person's own teams, who is not the person."""
    if substitute_id is None:
        return None
    person, substitute = get(Person, person_id), get(Person, substitute_id)
    if (
        substitute_id == person_id
        or not (substitute.active and substitute.works)
        or not set(person.team_ids) & set(substitute.team_ids)
    ):
        raise Conflict("Choose a colleague of the same team as the substitute.")
    return substitute_id


def remove_absence(absence_id: int, *, by: Person) -> None:
    """Take an absence back."""
    with transaction():
        absence = get(Absence, absence_id)
        permit_for(by, absence.person_id)
        db.session.delete(absence)


def permit_for(by: Person, person_id: int) -> None:
    """Absences and breaks of a colleague are for whoever leads one of their teams."""
    permit(by, "assign_others")
    person: Person = get(Person, person_id)
    if by.role != Role.ADMINISTRATOR and not set(person.team_ids) & set(by.team_ids):
        raise NotFound("There is no such thing, or it belongs to another team.")


def _in_order(starts_at: datetime, ends_at: datetime) -> None:
    if ends_at <= starts_at:
        raise Conflict("The end must come after the start.")
