"""What a calendar's definition may say: checked once, tidied, kept as JSON-ready values."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from .refusal import Refusal

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST_WINDOWS = 12
DAY = 24 * 60

CLOCK_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
YEARLY = re.compile(r"\d\d-\d\d", re.ASCII)
DATED = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)

Windows = tuple[tuple[int, int], ...]


class CalendarError(Refusal):
    """The calendar cannot be used; the message says what to change."""


@dataclass(frozen=True)
class Definition:
    """A checked calendar: windows in minutes since local midnight, days as "2026-01-01" or yearly "01-01"."""

    zone: ZoneInfo
    weekly: tuple[Windows, ...]
    holidays: Mapping[str, str]
    overrides: Mapping[str, Windows]
    breaks: Mapping[str, Windows]
    tidy: Mapping[str, Any]

    def holiday(self, day: date) -> str | None:
        """The holiday's name on that local day ("" when it has none), None on other days."""
        return self.holidays.get(day.isoformat(), self.holidays.get(f"{day:%m-%d}"))

    def on(self, day: date) -> tuple[Windows, Windows]:
        """The windows that begin on that day, and what is closed on it whatever the windows say.

        On a holiday no window begins and all of the day is closed; an override replaces the week's windows.
        """
        text = day.isoformat()
        if text in self.holidays or text[5:] in self.holidays:
            return (), ((0, DAY),)
        return _special(self.overrides, text, self.weekly[day.weekday()]), _special(self.breaks, text, ())


def _special(days: Mapping[str, Windows], text: str, usual: Windows) -> Windows:
    """What is said of a day: of its date, else of that day every year, else the usual."""
    return days.get(text, days.get(text[5:], usual)) if days else usual


def read(raw: Mapping[str, Any]) -> Definition:
    """Check a definition of the form {"tz", "weekly", "holidays", "overrides", "breaks"}, or raise CalendarError."""
    _only(raw, ("tz", "weekly", "holidays", "overrides", "breaks"))
    weekly = _by_key(_of(raw, "weekly", None), "weekly", _weekday)
    overrides = _by_key(_of(raw, "overrides", {}), "overrides", _day)
    breaks = _by_key(_of(raw, "breaks", {}), "breaks", _day)
    holidays = _holidays(raw.get("holidays", []))
    if not any(weekly.values()) and not any(overrides.values()):
        raise CalendarError("The calendar has no open hours: add at least one window to weekly.")
    return Definition(
        zone=_zone(raw.get("tz")),
        weekly=tuple(_minutes(weekly.get(day, [])) for day in WEEKDAYS),
        holidays=holidays,
        overrides={day: _minutes(windows) for day, windows in overrides.items()},
        breaks={day: _minutes(windows) for day, windows in breaks.items()},
        tidy=_tidy(raw["tz"], weekly, holidays, overrides, breaks),
    )


def _tidy(zone: str, weekly: Any, holidays: Mapping[str, str], overrides: Any, breaks: Any) -> dict[str, Any]:
    return {
        "tz": zone,
        "weekly": {day: weekly[day] for day in WEEKDAYS if weekly.get(day)},
        "holidays": dict(sorted(holidays.items())) if any(holidays.values()) else sorted(holidays),
        "overrides": dict(sorted(overrides.items())),
        "breaks": dict(sorted(breaks.items())),
    }


def _only(raw: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for key in raw:
        if key not in known:
            raise CalendarError(
                "The calendar has an unknown field {key!r:.60}; use {known}.", key=key, known=", ".join(known)
            )


def _of(raw: Mapping[str, Any], field: str, default: Any) -> Mapping[str, Any]:
    value = raw.get(field, default)
    if not isinstance(value, Mapping):
        raise CalendarError(
            "The calendar's {field} must be an object of days and windows, not {value!r:.60}.", field=field, value=value
        )
    return value


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones()) - {"localtime"}


def _zone(name: Any) -> ZoneInfo:
    if not isinstance(name, str) or name not in _zones():
        raise CalendarError(
            "{name!r:.60} is not a time zone; give an IANA name such as Europe/Moscow in tz.", name=name
        )
    return ZoneInfo(name)


def _by_key(raw: Mapping[str, Any], field: str, check: Callable[[Any], str]) -> dict[str, list[list[str]]]:
    return {check(key): _windows(value, f"{field} {key}") for key, value in raw.items()}


def _weekday(key: Any) -> str:
    if key not in WEEKDAYS:
        raise CalendarError("{key!r:.60} is not a day of the week; use {days}.", key=key, days=", ".join(WEEKDAYS))
    return str(key)


def _day(key: Any) -> str:
    """A dated or yearly day as text; 29 February is a fine yearly day."""
    if isinstance(key, str) and (DATED.fullmatch(key) or YEARLY.fullmatch(key)):
        try:
            date.fromisoformat(key if len(key) == 10 else f"2000-{key}")
        except ValueError:
            pass
        else:
            return key
    raise CalendarError("{key!r:.60} is not a day; write 2026-12-31, or 12-31 for every year.", key=key)


def _holidays(raw: Any) -> dict[str, str]:
    if isinstance(raw, Mapping):
        return {_day(key): _name(name) for key, name in raw.items()}
    if isinstance(raw, list):
        return {_day(key): "" for key in raw}
    raise CalendarError("The calendar's holidays must be a list of days, or days with names, not {raw!r:.60}.", raw=raw)


def _name(name: Any) -> str:
    if name is None or isinstance(name, str):
        return name or ""
    raise CalendarError("A holiday's name must be text, not {name!r:.60}.", name=name)


def _windows(raw: Any, where: str) -> list[list[str]]:
    if not isinstance(raw, list) or len(raw) > MOST_WINDOWS:
        raise CalendarError(
            '{where:.60}: give a list of at most {most} windows such as ["09:00", "18:00"].',
            where=where,
            most=MOST_WINDOWS,
        )
    return [_window(window, where) for window in raw]


def _window(raw: Any, where: str) -> list[str]:
    if not isinstance(raw, list) or len(raw) != 2:
        raise CalendarError(
            '{where:.60}: a window is two times such as ["09:00", "18:00"], not {raw!r:.60}.', where=where, raw=raw
        )
    opens, closes = raw
    if _minute(opens, where) == _minute(closes, where):
        raise CalendarError(
            "{where:.60}: the window {opens}–{closes} is empty; a whole day is 00:00–24:00.",
            where=where, opens=opens, closes=closes,
        )  # fmt: skip
    if opens == "24:00":
        raise CalendarError("{where:.60}: a window cannot open at 24:00; put 00:00 on the next day.", where=where)
    return [opens, closes]


def _minute(text: Any, where: str) -> int:
    if text == "24:00":
        return DAY
    found = CLOCK_TIME.fullmatch(text) if isinstance(text, str) else None
    if not found:
        raise CalendarError(
            "{where:.60}: {text!r:.60} is not a time of day; write 09:00, or 24:00 for the end.", where=where, text=text
        )
    return int(found[1]) * 60 + int(found[2])


def _minutes(windows: list[list[str]]) -> Windows:
    """Windows as minutes; one that closes before it opens goes over midnight."""
    pairs = [(_minute(opens, ""), _minute(closes, "")) for opens, closes in windows]
    return tuple(sorted((opens, closes if closes > opens else closes + DAY) for opens, closes in pairs))
