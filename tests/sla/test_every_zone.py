"""Deadlines in every IANA zone, on the days on which its clocks are moved: each equals counting minute by minute."""

from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo, available_timezones

from helpdesk.sla.calendar import Calendar

from .hours import MINUTE, Oracle, change_days

LAST, FIRST = 2025, 1975
QUARTER, STEP = timedelta(minutes=15), 10
BEFORE, LENGTH = timedelta(hours=24), 44 * 60
AROUND = [["00:00", "00:20"], ["01:10", "02:30"], ["02:50", "03:15"], ["09:00", "13:00"], ["22:00", "00:00"]]


def days_to_look_at(zone):
    """The days of the zone's latest year with two changes or more, else with one; an ordinary day where there is none."""
    latest = []
    for days in (change_days(zone, year) for year in range(LAST, FIRST - 1, -1) if moves(zone, year)):
        latest = max(latest, days, key=len)
        if len(latest) > 1:
            break
    return latest or [date(LAST, 7, 1)]


def moves(zone, year):
    """Whether the zone has two offsets in a year, at a quick look."""
    local = ZoneInfo(zone)
    return len({local.utcoffset(datetime(year, month, 15)) for month in range(1, 13)}) > 1


def offsets(zone, noon):
    """The zone's offsets around a noon, by the quarter."""
    local = ZoneInfo(zone)
    quarters = (noon + QUARTER * count for count in range(-3 * 96, 3 * 96))
    return tuple(quarter.astimezone(local).utcoffset() for quarter in quarters)


def three_days(zone, day):
    """A calendar with hours by night and by day on *day* and its neighbours, and closed on all others."""
    near = {str(day + timedelta(days=shift)): AROUND for shift in (-1, 0, 1)}
    return {"tz": zone, "weekly": {}, "holidays": [], "overrides": near, "breaks": {}}


def counted(definition, day, noon, memory):
    """Open minutes from a day before *noon* on, added up one by one; once for all noons with the same offsets around."""
    key = offsets(definition["tz"], noon)
    if key not in memory:
        slow = Oracle(definition, day, 0, (2, 3))
        first = slow.minutes.index(noon - BEFORE)
        memory[key] = [0, *accumulate(slow.open[first : first + LENGTH])]
    return memory[key]


def wrong(zone, day, memory):
    """What the calendar counts otherwise around noon: how much is open by then, and when so much has been open."""
    definition, noon = three_days(zone, day), datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    hours, minutes = Calendar.from_definition(definition), counted(definition, day, noon, memory)
    start = noon - BEFORE
    for passed in range(0, LENGTH, STEP):
        if hours.elapsed(start, start + passed * MINUTE) != minutes[passed] * MINUTE:
            yield f"{zone} on {day}: elapsed after {passed} minutes"
    reached = {target: passed for passed, target in reversed(list(enumerate(minutes)))}
    for target in range(1, minutes[-1], STEP):
        if hours.due_at(start, target * MINUTE) != start + reached[target] * MINUTE:
            yield f"{zone} on {day}: due after {target} open minutes"


def test_on_the_days_on_which_its_clocks_are_moved_every_zone_counts_as_minute_by_minute():
    memory = {}
    zones = sorted(available_timezones() - {"localtime", "Factory"})
    looks = [(zone, day) for zone in zones for day in days_to_look_at(zone)]
    assert len(zones) > 400
    assert [line for zone, day in looks for line in wrong(zone, day, memory)] == []
