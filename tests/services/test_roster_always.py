"""Whatever shifts, absences and breaks there are, over clock changes too: who is on duty, and who of them is available."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpdesk.errors import Conflict
from helpdesk.people.models import Team
from helpdesk.services import breaks, roster, weeks
from helpdesk.services.instant import pretend
from tests.making import make, make_staff

STEP = timedelta(minutes=30)
DAYS = {  # the day before the clocks are moved
    "Europe/Berlin": [date(2026, 3, 28), date(2026, 10, 24)], "Asia/Almaty": [date(2024, 2, 29)],
    "America/New_York": [date(2026, 3, 7), date(2026, 10, 31)], "Australia/Lord_Howe": [date(2026, 4, 4), date(2026, 10, 3)],
}  # fmt: skip
ZONES = st.sampled_from([(zone, day) for zone, days in DAYS.items() for day in days])
HOURS = st.integers(0, 23)
SHIFTS = st.lists(st.tuples(st.integers(0, 3), HOURS, HOURS), max_size=5)
ABSENCES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1)), max_size=2)
BREAKS = st.lists(st.tuples(st.integers(0, 190), st.none() | st.integers(1, 12)), max_size=4)


class Told:
    """What was written down, by what a clock on the wall shows at each half hour."""

    def __init__(self, zone, first):
        begin = datetime.combine(first, time(), UTC) - timedelta(days=1)
        self.steps = [begin + i * STEP for i in range(8 * 48)]
        self.wall = [at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for at in self.steps]
        self.shift, self.away, self.rest = set(), set(), set()

    def first(self, wall):
        """The first half hour at which the clock has reached this."""
        return next(i for i, shown in enumerate(self.wall) if shown >= wall)

    def edges(self):
        """Where something begins or is over."""
        return {
            i for some in (self.shift, self.away, self.rest) for i in range(1, 380) if (i in some) != (i - 1 in some)
        }

    def works(self, day, starts, ends):
        self.shift |= set(
            range(self.first(at(day, starts)), self.first(at(day, ends) + timedelta(days=ends <= starts)))
        )

    def is_away(self, first, last):
        self.away |= set(range(self.first(at(first, 0)), self.first(at(last + timedelta(days=1), 0))))

    def rests(self, begins, ends):
        stop = next(i for i in range(begins, len(self.steps)) if i not in self.shift)
        self.rest |= set(range(begins, stop if ends is None else min(stop, ends)))


def at(day, hour):
    return datetime.combine(day, time(hour))


@pytest.fixture
def root(app):
    return make_staff("administrator")


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    where=ZONES,
    shifts=SHIFTS,
    absences=ABSENCES,
    rests=BREAKS,
    asked=st.lists(st.integers(0, 280), min_size=8, max_size=8),
)
def test_it_is_as_the_clock_on_the_wall_says(root, where, shifts, absences, rests, asked):
    zone, first = where
    team = make(Team(name=f"{zone} {make_staff(login=None).id}", time_zone=zone))
    ana, told = make_staff(teams=[team], login=None), Told(zone, first)
    for day, starts, ends in shifts:
        write_shift(told, team, ana, first + timedelta(days=day), starts, ends, root)
    for day, more in absences:
        begins, ends = first + timedelta(days=day), first + timedelta(days=day + more)
        weeks.add_absence(ana.id, team_id=team.id, kind="sick", first=begins, last=ends, by=root)
        told.is_away(begins, ends)
    for begins, length in sorted(rests, key=lambda rest: rest[0]):
        take_break(told, ana, begins + 48, length)
    for step in sorted({*asked, *told.edges()}):
        there = ana in roster.on_duty(told.steps[step]), ana in roster.available(told.steps[step], team.id)
        on_duty = step in told.shift and step not in told.away
        assert there == (on_duty, on_duty and step not in told.rest), told.steps[step]


def write_shift(told, team, ana, day, starts, ends, by):
    try:
        weeks.add_shifts(team.id, person_id=ana.id, days=[day], starts=time(starts), ends=time(ends), by=by)
    except Conflict:
        return
    told.works(day, starts, ends)


def take_break(told, ana, begins, length):
    if begins in told.rest:
        return
    ends = None if length is None else begins + length
    try:
        with pretend(told.steps[begins]):
            breaks.begin("rest", by=ana)
    except Conflict:
        return
    told.rests(begins, ends)
    if ends is not None:
        with pretend(told.steps[ends]):
            breaks.end(by=ana)
