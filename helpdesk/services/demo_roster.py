"""The roster of the demo: who works at which hours of each week, who is away, and who stands in for them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from helpdesk.people.models import Absence, Pattern, Shift
from helpdesk.services.database import db
from helpdesk.services.weeks import on_day

DAYS_AHEAD = 15
DAY = timedelta(days=1)
ZONE = ZoneInfo("Asia/Almaty")
TURNS = (  # one for each member of a team, so that from eight in the morning somebody is there every day
    ("08:00", "17:00", [0, 1, 2, 3, 4]),
    ("11:00", "20:00", [0, 1, 2, 3, 4]),
    ("14:00", "23:00", [0, 1, 2, 3, 4]),
    ("08:00", "17:00", [3, 4, 5, 6, 0]),
    ("12:00", "21:00", [3, 4, 5, 6, 0]),
)
AWAY = ((0, 3, "sick", -1, 3), (0, 4, "day_off", 4, 5), (1, 3, "vacation", -2, 8), (1, 1, "vacation", 9, 15))

Spans = dict[int, list[tuple[datetime, datetime]]]


def fill(agents: Mapping[int, Sequence[int]], begins: datetime, ends: datetime) -> Spans:
    """Patterns, the shifts of the past and of the next weeks, absences; when who is at work."""
    away = dict(_be_away(agents, ends))
    spans = {
        person_id: _work(person_id, team_id, turn, begins, ends)
        for team_id, people in agents.items()
        for person_id, turn in zip(people, TURNS, strict=True)
    }
    return {one: [span for span in found if one not in away or span[1] <= away[one]] for one, found in spans.items()}


def _work(
    person_id: int, team_id: int, turn: tuple[str, str, list[int]], begins: datetime, ends: datetime
) -> list[tuple[datetime, datetime]]:
    """What is over was handed over then."""
    starts, finishes, weekdays = turn
    pattern = Pattern(
        person_id=person_id, team_id=team_id, weekdays=weekdays, starts=starts, ends=finishes, zone_of="team",
        valid_from=begins.date(), skipped=[],
    )  # fmt: skip
    db.session.add(pattern)
    db.session.flush()
    days = [begins.date() + i * DAY for i in range((ends - begins).days + DAYS_AHEAD)]
    spans = [_hours(pattern, day) for day in days if day.weekday() in weekdays]
    for starts_at, ends_at in spans:
        shift = Shift(person_id=person_id, team_id=team_id, starts_at=starts_at, ends_at=ends_at, demo=True)
        shift.pattern_id, shift.ended_at = pattern.id, ends_at if ends_at < ends else None
        db.session.add(shift)
    return spans


def _hours(pattern: Pattern, day: date) -> tuple[datetime, datetime]:
    return on_day(day, time.fromisoformat(pattern.starts), time.fromisoformat(pattern.ends), ZONE)


def _be_away(agents: Mapping[int, Sequence[int]], ends: datetime) -> list[tuple[int, datetime]]:
    """Whole days; the next colleague of the team stands in."""
    teams, midnight = list(agents.values()), ends.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    found = []
    for team, place, kind, first, last in AWAY:
        person_id, substitute_id = teams[team][place], teams[team][(place + 1) % len(TURNS)]
        span = {"starts_at": midnight + first * DAY, "ends_at": midnight + last * DAY}
        known = {"person_id": person_id, "kind": kind, "demo": True, "substitute_id": substitute_id}
        db.session.add(Absence(**known, **span))
        found.append((person_id, span["starts_at"]))
    return found
