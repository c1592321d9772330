"""Hours in which a team's queue is open and nobody is planned, and people who are planned twice at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import combinations
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from helpdesk.people.models import Absence, Person, Shift, Team
from helpdesk.services import policies
from helpdesk.services.database import db
from helpdesk.services.weeks import WEEK, span_of, team
from helpdesk.sla.span import Span


@dataclass(frozen=True)
class Coverage:
    """What is wrong with a week. *by_calendar* says whether open hours are those of calendars, or last week's shifts."""

    by_calendar: bool
    gaps: list[Span]
    doubles: list[tuple[Person, Span]]


def of_week(team_id: int, monday: date, by: Person) -> Coverage:
    """The gaps and overlaps of a team's week."""
    kept = team(team_id, by)
    begin, end = span_of(monday, ZoneInfo(kept.time_zone))
    calendars = _open_by_calendar(kept, begin, end)
    opened = calendars or _open_a_week_ago(kept, monday)
    there = uncovered(opened, _present(_shifts(begin, end, Shift.team_id == team_id), begin, end))
    return Coverage(bool(calendars), there, _doubles(team_id, begin, end))


def joined(spans: Iterable[Span]) -> list[Span]:
    """The same time in as few spans as possible, in order."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda one: one.start):
        if found and span.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return found


def uncovered(opened: Iterable[Span], covered: Iterable[Span]) -> list[Span]:
    """What is left of some spans beside others, in order."""
    cuts = joined(covered)
    return [piece for span in joined(opened) for piece in _left(span, cuts)]


def _left(span: Span, cuts: Sequence[Span]) -> Iterable[Span]:
    start = span.start
    for cut in cuts:
        if start < min(cut.start, span.end):
            yield Span(start, min(cut.start, span.end))
        start = max(start, cut.end)
    if start < span.end:
        yield Span(start, span.end)


def _open_by_calendar(kept: Team, begin: datetime, end: datetime) -> list[Span]:
    """When the calendars are open by which the team's tickets may be counted."""
    rules = [
        one for one in policies.active() if one.calendar_id and kept.name in one.policy.when.get("team", (kept.name,))
    ]
    calendars = {one.calendar_id: one.working for one in rules}
    return joined(
        stretch.span for calendar in calendars.values() for stretch in calendar.stretches(begin, end) if stretch.open
    )


def _open_a_week_ago(kept: Team, monday: date) -> list[Span]:
    """The hours somebody was planned for in the week before, by the same clocks."""
    zone = ZoneInfo(kept.time_zone)
    shifts = _shifts(*span_of(monday - WEEK, zone), Shift.team_id == kept.id)
    return joined(Span(_a_week_on(shift.starts_at, zone), _a_week_on(shift.ends_at, zone)) for shift in shifts)


def _a_week_on(at: datetime, zone: ZoneInfo) -> datetime:
    local = at.astimezone(zone)
    return datetime.combine(local.date() + WEEK, local.time(), zone).astimezone(at.tzinfo)


def _shifts(begin: datetime, end: datetime, *which: object) -> Sequence[Shift]:
    query = select(Shift).join(Person, Person.id == Shift.person_id).where(Person.active, *which)  # type: ignore[arg-type]
    query = query.where(Shift.starts_at < end, Shift.ends_at > begin).options(joinedload(Shift.person))
    return db.session.scalars(query.order_by(Shift.starts_at, Shift.id)).all()


def _present(shifts: Sequence[Shift], begin: datetime, end: datetime) -> list[Span]:
    """The shifts, less the absences of their people."""
    ids = {shift.person_id for shift in shifts}
    query = select(Absence).where(
        Absence.person_id.in_(ids), Absence.starts_at < end + WEEK, Absence.ends_at > begin - WEEK
    )
    away: dict[int, list[Span]] = {}
    for absence in db.session.scalars(query):
        away.setdefault(absence.person_id, []).append(Span(absence.starts_at, absence.ends_at))
    return [
        piece for shift in shifts
        for piece in uncovered([Span(shift.starts_at, shift.ends_at)], away.get(shift.person_id, []))
    ]  # fmt: skip


def _doubles(team_id: int, begin: datetime, end: datetime) -> list[tuple[Person, Span]]:
    """Who of the team's people has two shifts at once, in whatever teams, and when."""
    members = select(Shift.person_id).where(Shift.team_id == team_id, Shift.starts_at < end, Shift.ends_at > begin)
    shifts = _shifts(begin, end, Shift.person_id.in_(members))
    return [
        (one.person, Span(max(one.starts_at, other.starts_at), min(one.ends_at, other.ends_at)))
        for one, other in combinations(shifts, 2)
        if one.person_id == other.person_id and max(one.starts_at, other.starts_at) < min(one.ends_at, other.ends_at)
    ]
