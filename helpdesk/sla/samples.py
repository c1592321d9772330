"""When is it due? Arrivals that show what a calendar means for a target, each with the due instant and what it is made of."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise

from .calendar import Calendar, CalendarError
from .definition import Definition
from .span import Span

AHEAD = 400  # days
DAY = timedelta(days=1)
SATURDAY = 5


@dataclass(frozen=True)
class Sample:
    """A contact that comes at an instant, when it falls due, and the open stretches that make up its target.

    *case*: "asked", "midday", "before_close", "at_close", "short_day", "holiday" (with its *name*), "worked_day",
    "clocks_change" or "night".
    """

    case: str
    came: datetime
    due: datetime
    parts: tuple[Span, ...]
    name: str = ""


def sample(case: str, came: datetime, target: timedelta, calendar: Calendar, name: str = "") -> Sample:
    """One arrival. Raises CalendarError when the target is never used up."""
    due = calendar.due_at(came, target)
    opened = tuple(part.span for part in calendar.stretches(came, due) if part.open)
    return Sample(case, came.astimezone(UTC), due, opened, name)


def samples(calendar: Calendar, target: timedelta, zone: tzinfo, at: datetime) -> list[Sample]:
    """The arrivals worth a look from *at* on, for at most 400 days; *zone* is where 24/7 is looked at."""
    hours = calendar.hours
    if hours is None or not _closes(calendar, at):
        arrivals = _always(hours.zone if hours else zone, at)
    else:
        arrivals = _working(calendar, hours, target, at)
    return [sample(case, came, target, calendar, name) for case, came, name in arrivals]


def _closes(calendar: Calendar, at: datetime) -> bool:
    try:
        calendar.next_close(at)
    except CalendarError:
        return False
    return True


Arrivals = Iterator[tuple[str, datetime, str]]


def _always(zone: tzinfo, at: datetime) -> Arrivals:
    today = at.astimezone(zone).date()
    saturday = today + DAY * ((SATURDAY - today.weekday()) % 7)
    yield "midday", _local(today + DAY, 10, 0, zone), ""
    yield "night", _local(saturday, 23, 10, zone), ""
    for day in _changes(zone, today):
        yield "clocks_change", _local(day, 1, 30, zone), ""


def _working(calendar: Calendar, hours: Definition, target: timedelta, at: datetime) -> Arrivals:
    yield from _near_closing(calendar, target, at)
    yield "midday", calendar.next_open(calendar.next_close(at)) + timedelta(hours=1), ""
    today = at.astimezone(hours.zone).date()
    seen: set[str] = set()
    for day in (today + DAY * i for i in range(AHEAD)):
        for case, minute, name in _special(hours, day):
            if case not in seen:
                seen.add(case)
                yield case, _local(day, 0, minute, hours.zone), name
    for day in _changes(hours.zone, today):
        if calendar.is_open(came := _local(day, 1, 30, hours.zone)):
            yield "clocks_change", came, ""


def _near_closing(calendar: Calendar, target: timedelta, at: datetime) -> Arrivals:
    """Before the next closing that lasts a day or more; or before the next one of all."""
    closes = [calendar.next_close(at)]
    while len(closes) < 8 and calendar.next_open(closes[-1]) - closes[-1] < DAY:
        closes.append(calendar.next_close(calendar.next_open(closes[-1])))
    last = closes[-1]
    yield "before_close", last - timedelta(minutes=10), ""
    if calendar.elapsed(last - target, last) == target:
        yield "at_close", last - target, ""


def _special(hours: Definition, day: date) -> Iterator[tuple[str, int, str]]:
    """What is special about a local day, with the minute of it at which something comes, and a name."""
    usual = hours.weekly[day.weekday()]
    windows, _ = hours.on(day)
    name = hours.holiday(day)
    if name is not None and usual:
        yield "holiday", 12 * 60, name
    elif windows and not usual:
        yield "worked_day", windows[0][0] + 15, ""
    elif windows and _length(windows) < _length(usual):
        yield "short_day", windows[-1][1] - 30, ""


def _length(windows: tuple[tuple[int, int], ...]) -> int:
    return sum(closes - opens for opens, closes in windows)


def _changes(zone: tzinfo, first: date) -> Iterator[date]:
    """The first day on which the zone's clocks are changed, if there is one."""
    noons = [_local(first + DAY * i, 12, 0, zone) for i in range(AHEAD)]
    for before, after in pairwise(noons):
        if before.utcoffset() != after.utcoffset():
            yield after.date()
            return


def _local(day: date, hour: int, minute: int, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone) + timedelta(hours=hour, minutes=minute)
