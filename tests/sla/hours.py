"""Calendars and instants that the tests of the clocks share, and a slow, independent way to count open minutes."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import strategies as st

from helpdesk.sla.calendar import Calendar

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALWAYS = Calendar.from_definition(None)


def week(opens: str = "09:00", closes: str = "17:00", days: str = "mon tue wed thu fri") -> dict[str, Any]:
    return {day: [[opens, closes]] for day in days.split()}


def calendar(weekly: dict[str, Any] | None = None, tz: str = "Etc/UTC", **more: Any) -> Calendar:
    return Calendar.from_definition({"tz": tz, "weekly": week() if weekly is None else weekly, **more})


OFFICE = calendar()


def at(text: str) -> datetime:
    """An instant of the week of Monday 5 January 2026: at("Fri 16:30")."""
    day, clock = text.split()
    hours, minutes = clock.split(":")
    since = DAYS.index(day.lower())
    return datetime(2026, 1, 5, tzinfo=UTC) + timedelta(days=since, hours=int(hours), minutes=int(minutes))


def instants(start: datetime, end: datetime) -> Iterator[datetime]:
    while start < end:
        yield start
        start += MINUTE


class Oracle:
    """Counts open minutes of whole local days one by one: slow, and made of nothing but the rules.

    *days* on either side of *day* are open, and *room* are the closed days counted before and after them.
    """

    def __init__(self, definition: dict[str, Any], day: date, days: int, room: tuple[int, int] = (3, 5)) -> None:
        self.definition, self.zone = definition, ZoneInfo(definition["tz"])
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        self.start = noon - timedelta(days=days + room[0], hours=12)
        self.minutes = list(instants(self.start, noon + timedelta(days=days + room[1])))
        self._walls = self._first_of_each_wall_time()
        self.open = bytearray(len(self.minutes))
        every = [day + timedelta(days=shift) for shift in range(-days - 1, days + 2)]
        for one in every:
            self._paint(one, self._windows(one), 1)
        for one in every:
            self._paint(one, self._cuts(one), 0)

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        return MINUTE * sum(self.open[self._index(start) : self._index(end)])

    def due_at(self, start: datetime, minutes: int) -> datetime | None:
        for i in range(self._index(start), len(self.open)):
            minutes -= self.open[i]
            if minutes <= 0:
                return self.minutes[i] + MINUTE
        return None

    def _index(self, when: datetime) -> int:
        return (when - self.start) // MINUTE

    def _first_of_each_wall_time(self) -> dict[datetime, int]:
        walls = {}
        local = [minute.astimezone(self.zone).replace(tzinfo=None) for minute in self.minutes]
        for i, wall in enumerate(local):
            walls.setdefault(wall, i)
        for i, (wall, following) in enumerate(pairwise(local)):
            for gone in range(1, (following - wall) // MINUTE):
                walls.setdefault(wall + gone * MINUTE, i + gone)
        return walls

    def _paint(self, day: date, windows: list[list[str]], value: int) -> None:
        for opens, closes in windows:
            first, last = self._minute(day, opens), self._minute(day, closes if closes > opens else f"+{closes}")
            for i in range(first, last):
                self.open[i] = value

    def _minute(self, day: date, text: str) -> int:
        hours, minutes = text.lstrip("+").split(":")
        midnight = datetime(day.year, day.month, day.day) + timedelta(days=text.startswith("+"))
        return self._walls[midnight + timedelta(hours=int(hours), minutes=int(minutes))]

    def _windows(self, day: date) -> list[list[str]]:
        if self._holiday(day):
            return []
        weekly = self.definition["weekly"].get(DAYS[day.weekday()], [])
        return self.definition["overrides"].get(str(day), weekly)

    def _cuts(self, day: date) -> list[list[str]]:
        return [["00:00", "24:00"]] if self._holiday(day) else self.definition["breaks"].get(str(day), [])

    def _holiday(self, day: date) -> bool:
        return str(day) in self.definition["holidays"] or str(day)[5:] in self.definition["holidays"]


def change_days(zone: str, year: int) -> list[date]:
    """The days of the year on which the zone's clocks are moved."""
    local = ZoneInfo(zone)
    noons = [datetime(year, 1, 1, 12, tzinfo=UTC) + timedelta(days=day) for day in range(366)]
    offsets = [(noon.date(), noon.astimezone(local).utcoffset()) for noon in noons]
    return [late for (_, before), (late, after) in pairwise(offsets) if before != after]


TIMES = st.builds("{:02d}:{:02d}".format, st.integers(0, 23), st.sampled_from([0, 15, 30, 50]))
WINDOWS = st.lists(
    st.tuples(TIMES, TIMES | st.just("24:00")).filter(lambda window: window[0] != window[1]).map(list), max_size=3
)
ZONES = st.sampled_from(sorted(available_timezones() - {"localtime", "Factory"}))


@st.composite
def definitions(draw: st.DrawFn) -> tuple[dict[str, Any], date]:
    """A random calendar, and a day to look at: often one on which its zone moves the clocks."""
    zone, year = draw(ZONES), draw(st.integers(1975, 2037))
    day = draw(st.sampled_from(change_days(zone, year) or [date(year, 7, 1)]) | st.just(date(year, 2, 28)))
    near = st.integers(-3, 3).map(lambda shift: str(day + timedelta(days=shift)))
    return {
        "tz": zone,
        "weekly": draw(st.dictionaries(st.sampled_from(DAYS), WINDOWS.filter(bool), min_size=1)),
        "holidays": draw(st.lists(near | near.map(lambda text: text[5:]), max_size=2)),
        "overrides": draw(st.dictionaries(near, WINDOWS, max_size=2)),
        "breaks": draw(st.dictionaries(near, WINDOWS, max_size=2)),
    }, day
