"""Working hours: an IANA zone, windows, holidays, overrides and breaks, as instants that can be counted.

Windows are wall time, laid out day by day and converted, so elapsed time is physical time when the clocks change.
A window belongs to the day on which it begins. A holiday closes its whole local day, and no window begins on it; an
override replaces the week's windows that begin on its day; a break is cut out of whatever is open.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from io import BytesIO
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from .definition import CalendarError, Definition, read
from .span import Span
from .table import (
    EPOCH,
    EPOCH_ORDINAL,
    MICROSECOND,
    NOTHING,
    Table,
    instant,
    laid_out,
    merged,
    moment,
    table,
    year_start,
)

__all__ = ["FIRST_YEAR", "LAST_YEAR", "Calendar", "CalendarError", "Stretch"]

FIRST_YEAR, LAST_YEAR = 1900, 2099


@dataclass(frozen=True, slots=True)
class Stretch:
    """A span that is open or not, and why: "open", "closed", "break" or "holiday" (name: the holiday's)."""

    span: Span
    open: bool
    reason: str
    name: str = ""


class Calendar:
    """Open hours from 1900 to 2099. Immutable for its users; the table inside grows as instants are asked for."""

    __slots__ = ("_hours", "_key", "_table", "_text")

    def __init__(self, hours: Definition | None, rules: str = "") -> None:
        self._hours = hours
        self._text = json.dumps(hours.tidy if hours else None, sort_keys=True)
        self._key = self._text + rules
        self._table = _always() if hours is None else table([], FIRST_YEAR, FIRST_YEAR - 1)

    @staticmethod
    def from_definition(definition: Mapping[str, Any] | None, zone: bytes | None = None) -> "Calendar":
        """The calendar of a definition ({"tz", "weekly", "holidays", "overrides", "breaks"}; None is 24/7), built once.

        Times are "09:00", days "2026-12-31" or yearly "12-31"; holidays a list of days, or {day: name}.
        *zone*: the rules of the time zone (RFC 8536) by which it counts, instead of those of this machine.
        Raises CalendarError, whose message says what to change.
        """
        if definition is not None and not isinstance(definition, Mapping):
            raise CalendarError("A calendar must be an object or null, not {definition!r:.60}.", definition=definition)
        try:
            return _built(json.dumps(definition, sort_keys=True), zone)
        except TypeError as wrong:
            raise CalendarError("A calendar's definition must be plain JSON: text, lists and objects.") from wrong

    @property
    def hours(self) -> Definition | None:
        """What is open by day, in local time; None is 24/7."""
        return self._hours

    def definition(self) -> dict[str, Any] | None:
        """The tidied definition, from which an equal calendar can be made."""
        tidy: dict[str, Any] | None = json.loads(self._text)
        return tidy

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Calendar) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return f"Calendar({self._text})"

    def due_at(self, start: datetime, target: timedelta) -> datetime:
        """The first instant (UTC) with *target* of open time since *start*: 17:00 on Friday, not Monday 09:00.

        No target left: *start* itself, or the next opening. Raises CalendarError when that is never, or after 2099.
        """
        if start.tzinfo is not UTC:
            start = _utc(start)
        known = self._table
        if not known.since <= start < known.until:
            known = self._covering((start - EPOCH) // MICROSECOND)
        due = known.due(known.counted(start) + target) if target > NOTHING else None
        return due or moment(self._searched((start - EPOCH) // MICROSECOND, target // MICROSECOND))

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """Open time from *start* to *end*; nothing when *end* is earlier."""
        if end <= start:
            return NOTHING
        if start.tzinfo is not UTC or end.tzinfo is not UTC:
            start, end = _utc(start), _utc(end)
        known = self._table
        if not (known.since <= start and end < known.until):
            known = self._covering((start - EPOCH) // MICROSECOND, (end - EPOCH) // MICROSECOND)
        return known.counted(end) - known.counted(start)

    def is_open(self, at: datetime) -> bool:
        """Whether *at* counts: an opening instant does, a closing one does not."""
        when = (at - EPOCH) // MICROSECOND
        known = self._covering(when)
        i = known.following(when)
        return i < len(known.starts) and known.starts[i] <= when

    def next_open(self, at: datetime) -> datetime:
        """*at* itself when open, else the next opening. Raises CalendarError when there is none before 2100."""
        return self.due_at(at, timedelta())

    def next_close(self, at: datetime) -> datetime:
        """The end of the open stretch that holds *at*, or of the next one. Raises CalendarError when there is none."""
        when = (at - EPOCH) // MICROSECOND
        known = self._covering(when)
        while (i := known.following(when)) == len(known.ends) or known.ends[i] == known.high:
            known = self._longer(known)
        return moment(known.ends[i])

    def stretches(self, start: datetime, end: datetime) -> list[Stretch]:
        """Everything from *start* to *end* in order, each stretch with its reason; neighbours of one reason are one."""
        found: list[Stretch] = []
        for part in self._parts(start.astimezone(UTC), end.astimezone(UTC)):
            last = found[-1] if found else None
            if last and (last.reason, last.name) == (part.reason, part.name):
                found[-1] = Stretch(Span(last.span.start, part.span.end), part.open, part.reason, part.name)
            else:
                found.append(part)
        return found

    def _parts(self, start: datetime, end: datetime) -> Iterator[Stretch]:
        while start < end:
            opens = self.next_open(start) if self._opens(start) else end
            yield from self._closed(start, min(opens, end))
            if opens >= end:
                return
            start = self._closing(opens, end)
            yield Stretch(Span(opens, start), True, "open")

    def _opens(self, at: datetime) -> bool:
        try:
            self.next_open(at)
        except CalendarError:
            return False
        return True

    def _closing(self, at: datetime, end: datetime) -> datetime:
        """The closing after *at*, an open instant, or *end* when that comes first."""
        when, until = (at - EPOCH) // MICROSECOND, (end - EPOCH) // MICROSECOND
        known = self._covering(when, until)
        return moment(min(known.ends[known.following(when)], until))

    def _closed(self, start: datetime, end: datetime) -> Iterator[Stretch]:
        """A closed gap, split where the reason changes: at local midnights and at the edges of breaks."""
        if start >= end or self._hours is None:
            return
        for a, b in pairwise(sorted({start, end, *self._edges(start, end)})):
            reason, name = self._reason(a)
            yield Stretch(Span(a, b), False, reason, name)

    def _edges(self, start: datetime, end: datetime) -> Iterator[datetime]:
        for day in _days(start, end):
            yield from (at for at in self._borders(day) if start < at < end)

    def _borders(self, day: int) -> Iterator[datetime]:
        assert self._hours
        _, closed = self._hours.on(date.fromordinal(day + EPOCH_ORDINAL))
        for minute in {0, *(minute for window in closed for minute in window)}:
            yield moment(instant(self._hours, day, minute))

    def _reason(self, at: datetime) -> tuple[str, str]:
        assert self._hours
        local = at.astimezone(self._hours.zone).date()
        name = self._hours.holiday(local)
        if name is not None:
            return "holiday", name
        return ("break" if self._in_break(at) else "closed"), ""

    def _in_break(self, at: datetime) -> bool:
        assert self._hours
        when = (at - EPOCH) // MICROSECOND
        for day in _days(at, at):
            for opens, closes in self._hours.on(date.fromordinal(day + EPOCH_ORDINAL))[1]:
                if instant(self._hours, day, opens) <= when < instant(self._hours, day, closes):
                    return True
        return False

    def _searched(self, at: int, wanted: int) -> int:
        """The slow way to a due instant: the next opening when nothing is wanted, else in a longer table."""
        known = self._covering(at)
        while True:
            if wanted <= 0 and (i := known.following(at)) < len(known.starts):
                return max(at, known.starts[i])
            if wanted > 0 and (due := known.reached(known.opened(at) + wanted)) is not None:
                return due
            known = self._longer(known)

    def _covering(self, *instants: int) -> Table:
        """A table that holds the instants."""
        known = self._table
        if all(known.low <= at < known.high for at in instants):
            return known
        years = [_year(at) for at in instants]
        if known.last < known.first:
            return self._grown(table([], years[0], years[0] - 1), min(years), max(years))
        return self._grown(known, min(*years, known.first), max(*years, known.last))

    def _longer(self, known: Table) -> Table:
        """Twice the years, to reach any deadline in a few steps."""
        if known.last == LAST_YEAR:
            raise CalendarError(
                "The calendar has no such instant up to {year}; check its hours and the target.", year=LAST_YEAR
            )
        return self._grown(known, known.first, min(LAST_YEAR, known.last + 1 + known.last - known.first))

    def _grown(self, known: Table, first: int, last: int) -> Table:
        assert self._hours
        years = [*range(first, known.first), *range(known.last + 1, last + 1)]
        new = (stretch for year in years for stretch in laid_out(self._hours, year))
        self._table = grown = table(list(merged([*zip(known.starts, known.ends, strict=True), *new])), first, last)
        return grown


@lru_cache(maxsize=256)
def _built(text: str, zone: bytes | None) -> Calendar:
    definition = json.loads(text)
    if definition is None:
        return Calendar(None)
    hours = read(definition)
    if zone is None:
        return Calendar(hours)
    ruled = replace(hours, zone=ZoneInfo.from_file(BytesIO(zone), key=hours.zone.key))
    return Calendar(ruled, sha256(zone).hexdigest())


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise TypeError("An instant needs a time zone.")
    return at.astimezone(UTC)


def _always() -> Table:
    return table([(year_start(FIRST_YEAR), year_start(LAST_YEAR + 1))], FIRST_YEAR, LAST_YEAR)


def _year(at: int) -> int:
    if not year_start(FIRST_YEAR) <= at < year_start(LAST_YEAR + 1):
        raise CalendarError(
            "Deadlines are counted from {first} to {last}; give an instant between.", first=FIRST_YEAR, last=LAST_YEAR
        )
    return moment(at).year


def _days(start: datetime, end: datetime) -> range:
    """The days whose windows or breaks can reach into start to end, counted from 1970."""
    return range((start - EPOCH).days - 2, (end - EPOCH).days + 3)
