"""Arrivals that show what a calendar means."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk.sla.calendar import Calendar
from helpdesk.sla.samples import samples

from .hours import ALWAYS, HOUR, MINUTE, calendar, definitions, week

MOSCOW = ZoneInfo("Europe/Moscow")
SEPTEMBER = datetime(2026, 9, 14, 9, tzinfo=UTC)
OFFICE = calendar(
    week("09:00", "18:00"), "Europe/Moscow",
    holidays={"2026-11-04": "Unity Day"}, overrides={"2026-11-03": [["09:00", "17:00"]], "2026-12-26": [["09:00", "18:00"]]},
)  # fmt: skip


def told(found, zone=MOSCOW):
    return {
        one.case: (f"{one.came.astimezone(zone):%a %d.%m %H:%M}", f"{one.due.astimezone(zone):%a %d.%m %H:%M}")
        for one in found
    }


def test_friday_evening_the_close_itself_and_every_special_day_are_shown():
    assert told(samples(OFFICE, timedelta(minutes=90), MOSCOW, SEPTEMBER)) == {
        "before_close": ("Fri 18.09 17:50", "Mon 21.09 10:20"),
        "at_close": ("Fri 18.09 16:30", "Fri 18.09 18:00"),
        "midday": ("Tue 15.09 10:00", "Tue 15.09 11:30"),
        "short_day": ("Tue 03.11 16:30", "Thu 05.11 10:00"),
        "holiday": ("Wed 04.11 12:00", "Thu 05.11 10:30"),
        "worked_day": ("Sat 26.12 09:15", "Sat 26.12 10:45"),
    }


def test_a_sample_says_of_which_stretches_its_target_is_made():
    found = {one.case: one for one in samples(OFFICE, timedelta(minutes=90), MOSCOW, SEPTEMBER)}
    assert [part.length for part in found["before_close"].parts] == [10 * MINUTE, 80 * MINUTE]
    assert found["holiday"].name == "Unity Day"


def test_around_the_clock_a_night_and_the_change_of_the_clocks_are_shown():
    berlin = ZoneInfo("Europe/Berlin")
    assert told(samples(ALWAYS, timedelta(minutes=90), berlin, SEPTEMBER), berlin) == {
        "midday": ("Tue 15.09 10:00", "Tue 15.09 11:30"),
        "night": ("Sat 19.09 23:10", "Sun 20.09 00:40"),
        "clocks_change": ("Sun 25.10 01:30", "Sun 25.10 02:00"),
    }


@settings(max_examples=60, deadline=None)
@given(definitions(), st.integers(1, 40 * 60))
def test_whatever_the_calendar_each_sample_is_due_when_the_calendar_says(drawn, minutes):
    definition, day = drawn
    counted = Calendar.from_definition(definition)
    here = ZoneInfo(definition["tz"])
    found = samples(counted, minutes * MINUTE, here, datetime(day.year, day.month, day.day, tzinfo=UTC))
    assert found
    for one in found:
        assert one.due == counted.due_at(one.came, minutes * MINUTE)
        assert sum((part.length for part in one.parts), 0 * HOUR) == minutes * MINUTE
