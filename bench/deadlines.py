"""How fast deadlines are computed, beside a package that does the same and beside a bare bisect over integers."""

import random
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from datetime import time as wall
from itertools import accumulate
from typing import Any

import businesstimedelta
import holidays as public_holidays
import pytz

from bench.figures import Figure, Tell
from bench.places import Place
from helpdesk.sla.calendar import Calendar
from helpdesk.sla.clock import Happening
from helpdesk.sla.replay import replay

ZONE = "Europe/Moscow"
FIRST, LAST = 2016, 2025
WEEK = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
TARGETS = {"first_response": 3600, "answer": 7200, "update": 14_400, "resolution": 144_000}
CYCLE = ("customer_message", "staff_message", "pending", "resumed", "internal_note")


def measure(_places: dict[str, Place], _size: int, _tell: Tell) -> Iterator[Figure]:
    """All measured in this process, one after the other; no database is asked."""
    days = public_holidays.country_holidays("RU", years=range(FIRST, LAST + 3))
    office = Calendar.from_definition({"tz": ZONE, "weekly": WEEK, "holidays": {str(day): days[day] for day in days}})
    questions = _questions(200_000)
    ours = _rate(lambda: [office.due_at(start, target) for start, target in questions], len(questions))
    back = _rate(lambda: [office.elapsed(start, start + target) for start, target in questions], len(questions))
    bare = _rate(_bare(office, questions), len(questions))
    peer = _rate(_peer(days, questions[:2000]), 2000)
    note = f"one process, random instants over {LAST - FIRST + 1} years, {len(days)} holidays"
    yield Figure("deadlines, Calendar.due_at", ours, "1/s", target="≥ 300,000", note=note)
    yield Figure("elapsed time, Calendar.elapsed", back, "1/s", note=note)
    yield Figure("deadlines, bisect over integers (floor)", bare, "1/s", note=f"{bare / ours:.1f} times ours")
    yield Figure("deadlines, businesstimedelta", peer, "1/s", note=f"ours is {ours / peer:.0f} times faster")
    yield Figure(
        "replay of a ticket with 50 happenings",
        _replay_ms(office),
        "ms",
        target="≤ 2",
        note="four clocks, median of 200",
    )


def _questions(count: int) -> list[tuple[datetime, timedelta]]:
    chance = random.Random(7)
    start, seconds = datetime(FIRST, 1, 1, tzinfo=UTC), (LAST - FIRST + 1) * 365 * 86_400
    return [
        (start + timedelta(seconds=chance.randrange(seconds)), timedelta(seconds=chance.randrange(60, 40 * 3600)))
        for _ in range(count)
    ]


def _rate(work: Callable[[], object], count: int) -> float:
    """The best of three rounds after a warm one, per second."""
    work()
    return count / min(_seconds(work) for _ in range(3))


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _bare(office: Calendar, questions: Sequence[tuple[datetime, timedelta]]) -> Callable[[], object]:
    begun, end = datetime(FIRST, 1, 1, tzinfo=UTC), datetime(LAST + 2, 1, 1, tzinfo=UTC)
    opened = [part.span for part in office.stretches(begun, end) if part.open]
    starts = [int(span.start.timestamp()) for span in opened]
    ends = [int(span.end.timestamp()) for span in opened]
    before = list(accumulate((end - start for start, end in zip(starts, ends, strict=True)), initial=0))
    whole = [(int(start.timestamp()), int(target.total_seconds())) for start, target in questions]

    def due(start: int, target: int) -> int:
        i = bisect_right(starts, start) - 1
        wanted = target + (before[i] + min(start, ends[i]) - starts[i] if i >= 0 else 0)
        j = bisect_left(before, wanted) - 1
        return starts[j] + wanted - before[j]

    return lambda: [due(start, target) for start, target in whole]


def _peer(days: Any, questions: Sequence[tuple[datetime, timedelta]]) -> Callable[[], object]:
    hours = businesstimedelta.WorkDayRule(wall(9), wall(18), [0, 1, 2, 3, 4], tz=pytz.timezone(ZONE))
    rules = businesstimedelta.Rules([hours, businesstimedelta.HolidayRule(days, tz=pytz.timezone(ZONE))])
    asked = [(start, businesstimedelta.BusinessTimeDelta(rules, timedelta=target)) for start, target in questions]
    return lambda: [start + target for start, target in asked]


def _replay_ms(office: Calendar) -> float:
    opened = datetime(2025, 2, 3, 7, tzinfo=UTC)
    later = [Happening(opened + timedelta(minutes=181 * i), CYCLE[i % 5]) for i in range(1, 50)]
    history = [Happening(opened, "opened", "customer"), *later]
    until = opened + timedelta(days=10)
    rounds = sorted(_seconds(lambda: replay(history, TARGETS, ("pending",), office, until)) for _ in range(200))
    return 1000 * rounds[len(rounds) // 2]
