"""The open stretches of some whole years, laid out once and then only bisected. Microseconds since 1970 throughout."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from operator import sub

from .definition import Definition, Windows

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WALL_EPOCH = EPOCH.replace(tzinfo=None)
MICROSECOND = timedelta(microseconds=1)
NOTHING = timedelta()
DAY_US = 86_400_000_000
EPOCH_ORDINAL = EPOCH.toordinal()

Stretches = list[tuple[int, int]]


def year_start(year: int) -> int:
    return (date(year, 1, 1).toordinal() - EPOCH_ORDINAL) * DAY_US


@dataclass(frozen=True, slots=True)
class Table:
    """Open stretches of the years first to last: starts[i] to ends[i], before[i] open microseconds earlier.

    The same as instants, opens[i] to closes[i] with passed[i] before them: what is asked most is asked in instants, and
    to turn them into microseconds and back takes longer than the search.
    """

    first: int
    last: int
    low: int
    high: int
    starts: list[int]
    ends: list[int]
    before: list[int]
    since: datetime
    until: datetime
    opens: list[datetime]
    closes: list[datetime]
    passed: list[timedelta]

    def counted(self, at: datetime) -> timedelta:
        """Open time from the table's beginning to *at*, in UTC."""
        i = bisect_right(self.opens, at) - 1
        if i < 0:
            return NOTHING
        close = self.closes[i]
        return self.passed[i] + ((at if at < close else close) - self.opens[i])

    def due(self, amount: timedelta) -> datetime | None:
        """The first instant with *amount* (> 0) of open time behind it, None when the table is too short."""
        i = bisect_left(self.passed, amount) - 1
        return self.opens[i] + (amount - self.passed[i]) if i < len(self.opens) else None

    def opened(self, at: int) -> int:
        """Open microseconds from the table's beginning to *at*."""
        i = bisect_right(self.starts, at) - 1
        if i < 0:
            return 0
        end = self.ends[i]
        return self.before[i] + (at if at < end else end) - self.starts[i]

    def reached(self, amount: int) -> int | None:
        """The first instant with *amount* (> 0) of open time behind it, None when the table is too short."""
        i = bisect_left(self.before, amount) - 1
        return self.starts[i] + amount - self.before[i] if i < len(self.starts) else None

    def following(self, at: int) -> int:
        """The index of the stretch that holds *at*, or else of the next one; len(starts) when there is none."""
        return bisect_right(self.ends, at)


def table(stretches: Stretches, first: int, last: int) -> Table:
    """Index merged stretches of the years *first* to *last*."""
    starts, ends = [start for start, _ in stretches], [end for _, end in stretches]
    before = list(accumulate(map(sub, ends, starts), initial=0))
    low, high = year_start(first), year_start(last + 1)
    return Table(
        first, last, low, high, starts, ends, before, moment(low), moment(high), list(map(moment, starts)),
        list(map(moment, ends)), [timedelta(0, 0, length) for length in before],
    )  # fmt: skip


def merged(stretches: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Overlapping or touching stretches made one, in order; empty ones dropped."""
    begun: tuple[int, int] | None = None
    for start, end in sorted(stretches):
        if start >= end:
            continue
        if begun and start <= begun[1]:
            begun = (begun[0], max(begun[1], end))
            continue
        if begun:
            yield begun
        begun = (start, end)
    if begun:
        yield begun


def cut(stretches: Iterable[tuple[int, int]], cuts: Stretches) -> Iterator[tuple[int, int]]:
    """The merged, ordered stretches without the merged, ordered cuts."""
    waiting = iter(cuts)
    hole = next(waiting, None)
    for start, end in stretches:
        while hole and hole[0] < end:
            if start < hole[0]:
                yield start, hole[0]
            start = max(start, min(end, hole[1]))
            if hole[1] >= end:
                break
            hole = next(waiting, None)
        if start < end:
            yield start, end


def laid_out(hours: Definition, year: int) -> Stretches:
    """The open stretches of one UTC year: windows of local days, converted, joined, and cut."""
    low, high = year_start(year), year_start(year + 1)
    days = range(low // DAY_US - 3, high // DAY_US + 3)
    opens, cuts = [], []
    for day in days:
        windows, closed = hours.on(date.fromordinal(day + EPOCH_ORDINAL))
        opens += _instants(hours, day, windows)
        cuts += _instants(hours, day, closed)
    whole = cut(merged(opens), list(merged(cuts)))
    return [(max(start, low), min(end, high)) for start, end in whole if start < high and end > low]


def _instants(hours: Definition, day: int, windows: Windows) -> Stretches:
    return [(instant(hours, day, opens), instant(hours, day, closes)) for opens, closes in windows]


def instant(hours: Definition, day: int, minute: int) -> int:
    """Local wall time as an instant. fold=0 is our rule: offset before a gap, first of two equal wall times."""
    wall = WALL_EPOCH + timedelta(day, 0, 0, 0, minute)
    return (wall - WALL_EPOCH - (hours.zone.utcoffset(wall) or timedelta())) // MICROSECOND


def moment(at: int) -> datetime:
    return EPOCH + timedelta(0, 0, at)
