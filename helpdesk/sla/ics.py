"""Days off from a calendar file (iCalendar, RFC 5545), as Google, Outlook and governments publish them."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from dateutil.rrule import rrulestr
from icalendar import Calendar, Component

from .days import Days
from .definition import CalendarError

MOST_EVENTS = 5000
LONGEST_EVENT = 62  # days
MOST_REPEATING = 300
PARTS = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS", "WKST"}
ONE = timedelta(days=1)


def read(raw: bytes, years: Iterable[int]) -> Days:
    """The all-day events of a file in these *years*, as days off with the events' titles; repeating ones as often as they fall.

    What has an hour, is cancelled or is longer than two months is no day off and is left out. Raises CalendarError for what
    is no such file, for too many events, and for one that repeats otherwise than once a year.
    """
    wanted = sorted(set(years))
    events = _opened(raw).walk("VEVENT")
    if len(events) > MOST_EVENTS or sum("RRULE" in event for event in events) > MOST_REPEATING:
        raise CalendarError("The file holds too many events; choose one with holidays only.")
    found: dict[str, str] = {}
    for event in events:
        for day in _days(event, wanted):
            found.setdefault(day.isoformat(), _title(event))
    return Days(holidays=found)


def _opened(raw: bytes) -> Component:
    try:
        calendar = Calendar.from_ical(raw)
    except (ValueError, IndexError, KeyError):
        calendar = None
    if calendar is None or calendar.name != "VCALENDAR":
        raise CalendarError("This is no calendar file (ICS); export the holidays as .ics and choose that file.")
    return calendar


def _days(event: Component, wanted: list[int]) -> Iterator[date]:
    if event.errors:
        raise CalendarError(
            "The event {title!r:.60} cannot be read: {why:.200}", title=_title(event), why=str(event.errors[0])
        )
    first = getattr(event.get("DTSTART"), "dt", None)
    if (
        not isinstance(first, date)
        or isinstance(first, datetime)
        or str(event.get("STATUS", "")).upper() == "CANCELLED"
    ):
        return
    last = getattr(event.get("DTEND"), "dt", first + ONE)
    length = (last - first).days if isinstance(last, date) and not isinstance(last, datetime) else 1
    if length > LONGEST_EVENT:
        return
    for start in _starts(event, first, wanted):
        yield from (day for day in (start + n * ONE for n in range(max(length, 1))) if day.year in wanted)


def _starts(event: Component, first: date, wanted: list[int]) -> Iterable[date]:
    rule = event.get("RRULE")
    if rule is None:
        return [first]
    if not wanted or first.year > wanted[-1]:
        return []
    return _repeated(event, rule, first, wanted)


def _repeated(event: Component, rule: Any, first: date, wanted: list[int]) -> Iterable[date]:
    if isinstance(rule, list) or not _yearly(rule):
        raise CalendarError("The event {title!r:.60} repeats in a way that no holiday does.", title=_title(event))
    text = ";".join(part for part in rule.to_ical().decode().split(";") if not part.startswith("UNTIL="))
    begin, end = _midnight(date(wanted[0], 1, 1)) - LONGEST_EVENT * ONE, _midnight(date(wanted[-1], 12, 31))
    until = rule.get("UNTIL", [None])[0]
    if until is not None:
        end = min(end, _midnight(until))
    try:
        repeats = rrulestr(text, dtstart=_midnight(first)).between(begin, end, inc=True)
    except ValueError as wrong:
        raise CalendarError(
            "The event {title!r:.60} repeats in a way that no holiday does.", title=_title(event)
        ) from wrong
    left_out = {getattr(one, "dt", None) for one in _exceptions(event)}
    return [at.date() for at in repeats if at.date() not in left_out]


def _yearly(rule: Any) -> bool:
    """Whether it comes once a year, as holidays do."""
    names, interval = {str(name).upper() for name in rule}, rule.get("INTERVAL", [1])
    return str(rule.get("FREQ", [""])[0]).upper() == "YEARLY" and names <= PARTS and interval == [1]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _exceptions(event: Component) -> Iterator[Any]:
    given = event.get("EXDATE", [])
    for several in given if isinstance(given, list) else [given]:
        yield from several.dts


def _title(event: Component) -> str:
    return " ".join(str(event.get("SUMMARY", "")).split())[:200]
