"""The roster by weeks: who works when, and the same again next week."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from helpdesk.people.models import Absence, Membership, Person, Shift, Team
from helpdesk.people.roles import Role
from helpdesk.people.roster import workers
from helpdesk.services import roster
from helpdesk.services.administration import changed
from helpdesk.services.database import db
from helpdesk.services.store import get, permit, transaction

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Week:
    """A team's week: its people by name, and what each does on each of the seven days."""

    team: Team
    monday: date
    days: list[date]
    people: list[Person]
    shifts: dict[tuple[int, date], list[Shift]]
    absences: dict[tuple[int, date], list[Absence]]


def teams_of(by: Person) -> Sequence[Team]:
    """The teams whose roster this person keeps."""
    permit(by, "assign_others")
    query = select(Team).where(Team.active).order_by(Team.name)
    return db.session.scalars(query if by.role == Role.ADMINISTRATOR else query.where(Team.id.in_(by.team_ids))).all()


def team(team_id: int, by: Person) -> Team:
    """A team whose roster this person keeps."""
    permit(by, "assign_others", team_id)
    found: Team = get(Team, team_id)
    return found


def people(team_id: int, by: Person) -> Sequence[Person]:
    """Who is in a team, by name."""
    permit(by, "assign_others", team_id)
    query = select(Person).join(Membership).where(Membership.team_id == team_id, Person.active, workers())
    return db.session.scalars(query.order_by(Person.name, Person.id)).all()


def week(team_id: int, monday: date, *, by: Person) -> Week:
    """The week that begins on *monday*, in the team's own time."""
    kept, members = team(team_id, by), people(team_id, by)
    zone, days = ZoneInfo(kept.time_zone), [monday + timedelta(days=i) for i in range(7)]
    begin, end = span_of(monday, zone)
    shifts = db.session.scalars(_shifts(team_id, begin, end)).all()
    away = select(Absence).where(Absence.person_id.in_([one.id for one in members]))
    absences = db.session.scalars(away.where(Absence.starts_at < end, Absence.ends_at > begin)).all()
    return Week(kept, monday, days, list(members), _by_day(shifts, zone), _each_day(absences, days, zone))


def span_of(monday: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When a week begins and ends by the clocks of *zone*."""
    begin = datetime.combine(monday, time(), zone)
    return begin.astimezone(UTC), datetime.combine(monday + WEEK, time(), zone).astimezone(UTC)


def _shifts(team_id: int, begin: datetime, end: datetime):  # type: ignore[no-untyped-def]
    query = select(Shift).where(Shift.team_id == team_id, Shift.starts_at >= begin, Shift.starts_at < end)
    return query.options(selectinload(Shift.person)).order_by(Shift.starts_at)


def _by_day(shifts: Sequence[Shift], zone: ZoneInfo) -> dict[tuple[int, date], list[Shift]]:
    found: dict[tuple[int, date], list[Shift]] = {}
    for shift in shifts:
        found.setdefault((shift.person_id, shift.starts_at.astimezone(zone).date()), []).append(shift)
    return found


def _each_day(absences: Sequence[Absence], days: list[date], zone: ZoneInfo) -> dict[tuple[int, date], list[Absence]]:
    found: dict[tuple[int, date], list[Absence]] = {}
    for absence in absences:
        for day in days:
            begin, end = (datetime.combine(day + timedelta(days=i), time(), zone) for i in (0, 1))
            if absence.starts_at < end and absence.ends_at > begin:
                found.setdefault((absence.person_id, day), []).append(absence)
    return found


def add_shifts(
    team_id: int, *, person_id: int, days: Sequence[date], starts: time, ends: time, by: Person
) -> list[Shift]:
    """The same hours on each of these days, by the team's clocks; hours that end before they start go over midnight."""
    zone = ZoneInfo(get(Team, team_id).time_zone)
    hours = [on_day(day, starts, ends, zone) for day in days]
    made = roster.add_shifts(person_id=person_id, team_id=team_id, hours=hours, by=by)
    changed("shift.added", by, person=person_id, team=team_id, count=len(made))
    return made


def on_day(day: date, starts: time, ends: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From when to when somebody works who begins on this *day* by the clocks of *zone*."""
    return _instant(day, starts, zone), _instant(day + timedelta(days=ends <= starts), ends, zone)


def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)


def change_shift(shift_id: int, *, starts: time, ends: time, by: Person) -> Shift:
    """Other hours on the day of this one shift, by the team's clocks."""
    shift = roster.shift_for(shift_id, by)
    zone = ZoneInfo(shift.team.time_zone)
    starts_at, ends_at = on_day(shift.starts_at.astimezone(zone).date(), starts, ends, zone)
    roster.change_shift(shift_id, starts_at=starts_at, ends_at=ends_at, by=by)
    changed("shift.changed", by, shift=shift_id, person=shift.person_id, team=shift.team_id)
    return shift


def copy_week(team_id: int, monday: date, *, by: Person) -> int:
    """Bring the shifts of the week before *monday* into the week of *monday*; how many were added.

    Hours stay the same by the team's clocks. What overlaps a shift that is there is left out, as are former members.
    """
    permit(by, "assign_others", team_id)
    with transaction():
        team: Team = get(Team, team_id)
        zone = ZoneInfo(team.time_zone)
        shifts = db.session.scalars(_shifts(team_id, *span_of(monday - WEEK, zone))).all()
        roster.alone({shift.person_id for shift in shifts})
        copies = [copy for shift in shifts if (copy := _moved(shift, zone, team_id)) is not None]
    changed("week.copied", by, team=team_id, monday=monday.isoformat(), count=len(copies))
    return len(copies)


def _moved(shift: Shift, zone: ZoneInfo, team_id: int) -> Shift | None:
    begin, end = (_next_week(at, zone) for at in (shift.starts_at, shift.ends_at))
    gone = not shift.person.active or team_id not in shift.person.team_ids
    if gone or roster.taken(shift.person_id, begin, end):
        return None
    return roster.put(shift.person_id, team_id, begin, end)


def _next_week(at: datetime, zone: ZoneInfo) -> datetime:
    local = at.astimezone(zone)
    return _instant(local.date() + WEEK, local.time(), zone)


def add_absence(
    person_id: int, *, team_id: int, kind: str, first: date, last: date, substitute_id: int | None = None, by: Person
) -> Absence:
    """Somebody is away from the first day to the last, both included, by the team's clocks."""
    zone = ZoneInfo(get(Team, team_id).time_zone)
    begin, end = _instant(first, time(), zone), _instant(last + timedelta(days=1), time(), zone)
    made = roster.add_absence(
        person_id=person_id, kind=kind, starts_at=begin, ends_at=end, substitute_id=substitute_id, by=by
    )
    changed("absence.added", by, person=person_id, kind=kind)
    return made
