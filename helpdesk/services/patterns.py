"""Weekly patterns: the shifts of the coming weeks are made from them, again and again with the same result.

A day that was changed by hand, and whatever else stands on the roster, is left alone.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from helpdesk.errors import Conflict
from helpdesk.orm import Lease
from helpdesk.people.models import Pattern, Person, Shift
from helpdesk.services import due, leases, roster
from helpdesk.services.administration import changed
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import get, permit, transaction
from helpdesk.services.weeks import on_day

AHEAD = 28  # days
ZONES = ("team", "person")
HELD = 600.0  # seconds


def of_team(team_id: int, by: Person) -> Sequence[Pattern]:
    """The patterns of a team, by name."""
    permit(by, "assign_others", team_id)
    query = select(Pattern).where(Pattern.team_id == team_id).join(Person, Person.id == Pattern.person_id)
    return db.session.scalars(query.options(joinedload(Pattern.person)).order_by(Person.name, Pattern.id)).all()


def pattern_for(pattern_id: int, by: Person) -> Pattern:
    """A pattern that this person may change."""
    pattern: Pattern = get(Pattern, pattern_id)
    permit(by, "assign_others", pattern.team_id)
    return pattern


def add(team_id: int, *, person_id: int, by: Person, **says: Any) -> int:
    """A new pattern; how many shifts were made from it. It says weekdays, starts, ends, zone_of, valid_from, valid_until."""
    permit(by, "assign_others", team_id)
    with transaction():
        if team_id not in get(Person, person_id).team_ids:
            raise Conflict("This person is not in that team; add them to it first.")
        pattern = Pattern(person_id=person_id, team_id=team_id, skipped=[])
        _say(pattern, **says)
        db.session.add(pattern)
        db.session.flush()
        made = _bring_up(pattern, _horizon())
    changed("pattern.added", by, person=person_id, team=team_id, shifts=made)
    return made


def change(pattern_id: int, *, by: Person, **says: Any) -> int:
    """Another pattern from now on: shifts ahead that were made from it and no longer fit are made anew."""
    with transaction():
        pattern = pattern_for(pattern_id, by)
        _say(pattern, **says)
        made = _bring_up(pattern, _horizon())
    changed("pattern.changed", by, pattern=pattern_id, shifts=made)
    return made


def _say(
    pattern: Pattern, *, weekdays: Sequence[int], starts: time, ends: time, zone_of: str, valid_from: date,
    valid_until: date | None,
) -> None:  # fmt: skip
    if valid_until is not None and valid_until < valid_from:
        raise Conflict("The last day must not come before the first.")
    pattern.weekdays, pattern.zone_of = sorted(set(weekdays)), zone_of
    pattern.starts, pattern.ends = f"{starts:%H:%M}", f"{ends:%H:%M}"
    pattern.valid_from, pattern.valid_until = valid_from, valid_until


def remove(pattern_id: int, *, by: Person) -> None:
    """No pattern any more, and none of the shifts ahead that were made from it; what was changed by hand stays."""
    with transaction():
        pattern = pattern_for(pattern_id, by)
        roster.alone([pattern.person_id])
        for shift in _ahead(pattern):
            db.session.delete(shift)
        db.session.flush()
        db.session.execute(update(Shift).where(Shift.pattern_id == pattern.id).values(pattern_id=None))
        db.session.delete(pattern)
    changed("pattern.removed", by, pattern=pattern_id)


def fill(team_id: int, monday: date, *, by: Person) -> int:
    """Make what the team's patterns say up to the end of this week; how many shifts were added."""
    found = [pattern.id for pattern in of_team(team_id, by)]
    with transaction():
        made = sum(_bring_up(get(Pattern, one), monday + timedelta(days=6), monday) for one in found)
    changed("week.filled", by, team=team_id, monday=monday.isoformat(), count=made)
    return made


def make_tonight() -> None:
    """Make the shifts of the next weeks, once a night and alone."""
    if due.ROSTER not in due.nightly() or not leases.take(due.ROSTER, leases.me(), HELD):
        return
    make_ahead()
    with transaction():
        db.session.get_one(Lease, due.ROSTER, populate_existing=True).until = due.next_night(now())


def make_ahead() -> int:
    """Make the shifts of the next weeks from every pattern; how many were added."""
    made = 0
    for pattern_id in db.session.scalars(select(Pattern.id).order_by(Pattern.id)).all():
        with transaction():
            pattern = db.session.get(Pattern, pattern_id)
            made += _bring_up(pattern, _horizon()) if pattern else 0
    return made


def _horizon() -> date:
    return now().date() + timedelta(days=AHEAD)


def _bring_up(pattern: Pattern, last: date, first: date | None = None) -> int:
    """Take away what the pattern no longer says, then add what it says up to the *last* day."""
    roster.alone([pattern.person_id])
    for shift in _ahead(pattern):
        if not _fits(shift, pattern):
            db.session.delete(shift)
    db.session.flush()
    begin = max(first or pattern.valid_from, pattern.valid_from, now().astimezone(roster.zone_of(pattern)).date())
    days = [begin + timedelta(days=i) for i in range((last - begin).days + 1)]
    return sum(_make(pattern, day) for day in days if pattern.works_on(day))


def _ahead(pattern: Pattern) -> Sequence[Shift]:
    """The shifts of a pattern that have not begun."""
    query = select(Shift).where(Shift.pattern_id == pattern.id, Shift.starts_at > now())
    return db.session.scalars(query.order_by(Shift.starts_at)).all()


def _fits(shift: Shift, pattern: Pattern) -> bool:
    day = shift.starts_at.astimezone(roster.zone_of(pattern)).date()
    return pattern.works_on(day) and _hours(pattern, day) == (shift.starts_at, shift.ends_at)


def _make(pattern: Pattern, day: date) -> bool:
    """Whether a shift was added; where one stands already, of whatever kind, none is."""
    starts_at, ends_at = _hours(pattern, day)
    if ends_at <= now() or roster.taken(pattern.person_id, starts_at, ends_at):
        return False
    roster.put(pattern.person_id, pattern.team_id, starts_at, ends_at, pattern.id)
    return True


def _hours(pattern: Pattern, day: date) -> tuple[datetime, datetime]:
    starts, ends = time.fromisoformat(pattern.starts), time.fromisoformat(pattern.ends)
    return on_day(day, starts, ends, roster.zone_of(pattern))
