"""Production calendars: a country's days off, days moved by its government, working Saturdays and shortened days.

Days and moves are those of the `holidays` library, which keeps the yearly orders. A working day right before a public
holiday is an hour shorter in Russia (Labour Code, article 95), and so is the Saturday to which such a day was moved;
Kazakhstan's Labour Code knows no shorter day.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from holidays.countries.kazakhstan import Kazakhstan
from holidays.countries.russia import Russia
from holidays.holiday_base import HolidayBase

from .days import Days, Windows
from .definition import WEEKDAYS

COUNTRIES: Mapping[str, type[HolidayBase]] = {"RU": Russia, "KZ": Kazakhstan}
SHORTENED = ("RU",)
NAMES = {"RU": "ru", "KZ": "kk"}
HOUR, DAY = 60, 24 * 60
ONE = timedelta(days=1)
MOVED = re.compile(r"substituted from (\d\d)/(\d\d)/(\d{4})")
ESTIMATED = "(estimated)"


def production(country: str, years: Iterable[int], weekly: Mapping[str, Windows]) -> Days:
    """The exceptional days of "RU" or "KZ" in these *years*, for a week of these hours.

    A moved working day has the hours of the last working day of the week. Years that the government has not settled yet
    are *doubtful*: for Russia those without an order on moved days, for Kazakhstan those whose Kurban Ait is an estimate.
    Raises KeyError for another country.
    """
    wanted = sorted(set(years))
    english = COUNTRIES[country](years=wanted, language="en_US")
    own = COUNTRIES[country](years=wanted, language=NAMES[country])
    off = {day: name for day, name in english.items() if day.year in wanted}
    moves = {day: _from(name) for day, name in off.items()}
    working = {day for day in moves.values() if day and day.year in wanted and day not in off}
    short = _shortened(off, moves, working, weekly) if country in SHORTENED else set()
    hours = {day: _hours(day, weekly, day in working) for day in working | short}
    return Days(
        holidays={day.isoformat(): own.get(day) or name for day, name in off.items()},
        overrides={day.isoformat(): _cut(windows) if day in short else windows for day, windows in hours.items()},
        doubtful=tuple(year for year in wanted if _doubtful(english, year)),
    )


def _from(name: str) -> date | None:
    """The weekend day that is worked in place of a day off, if that is what its name says."""
    found = MOVED.search(name)
    return date(int(found[3]), int(found[1]), int(found[2])) if found else None


def _shortened(
    off: Mapping[date, str], moves: Mapping[date, date | None], working: set[date], weekly: Mapping[str, Windows]
) -> set[date]:
    public = {day for day in off if not MOVED.search(off[day]) and "observed" not in off[day]}
    eves = {date(day.year, 12, 31) if (day.month, day.day) == (1, 1) else day - ONE for day in public}
    plain = {day for day in eves if day not in off and (day in working or weekly.get(WEEKDAYS[day.weekday()]))}
    return plain | {worked for day, worked in moves.items() if worked in working and day in eves}


def _hours(day: date, weekly: Mapping[str, Windows], moved: bool) -> Windows:
    own = weekly.get(WEEKDAYS[day.weekday()], [])
    if own or not moved:
        return own
    return next((weekly[name] for name in reversed(WEEKDAYS[:5]) if weekly.get(name)), [])


def _cut(windows: Windows) -> Windows:
    """The same hours, an hour less at their end."""
    left, kept = HOUR, []
    for opens, closes in sorted(windows, reverse=True):
        begin, end = _minute(opens), _minute(closes)
        end += DAY if end <= begin else 0
        taken = min(left, end - begin)
        left -= taken
        if end - taken > begin:
            kept.append([opens, _time(end - taken) if taken else closes])
    return kept[::-1]


def _minute(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)


def _time(minute: int) -> str:
    return f"{minute % DAY // 60:02}:{minute % 60:02}"


def _doubtful(known: HolidayBase, year: int) -> bool:
    if known.country == "RU":
        return year not in known.special_public_holidays
    return any(ESTIMATED in name for day, name in known.items() if day.year == year)
