from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from helpdesk.sla.calendar import Calendar, CalendarError

from .hours import ALWAYS, HOUR, MINUTE, OFFICE, Oracle, at, calendar, definitions, week

INSTANTS = st.datetimes(datetime(2016, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC))


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("Mon 10:00", 2, "Mon 12:00"),
        ("Mon 16:00", 2, "Tue 10:00"),
        ("Fri 16:30", 2, "Sun 00:00"),
        ("Mon 03:00", 1, "Mon 10:00"),
        ("Mon 20:00", 1, "Tue 10:00"),
        ("Mon 09:00", 8, "Mon 17:00"),
        ("Mon 17:00", 8, "Tue 17:00"),
        ("Mon 10:00", 0, "Mon 10:00"),
        ("Mon 17:00", 0, "Tue 09:00"),
    ],
)
def test_due_after_so_many_open_hours(start, hours, due):
    expected = at("Mon 10:30") + timedelta(days=7) if start == "Fri 16:30" else at(due)
    assert OFFICE.due_at(at(start), hours * HOUR) == expected


def test_what_runs_out_at_closing_is_due_at_closing_and_a_microsecond_more_after_the_weekend():
    assert OFFICE.due_at(at("Fri 16:00"), HOUR) == at("Fri 17:00")
    late = OFFICE.due_at(at("Fri 16:00"), HOUR + timedelta(microseconds=1))
    assert late == at("Mon 09:00") + timedelta(days=7, microseconds=1)


def test_elapsed_is_never_negative():
    assert OFFICE.elapsed(at("Mon 12:00"), at("Mon 10:00")) == timedelta()


def test_an_opening_instant_is_open_and_a_closing_one_is_not():
    assert OFFICE.is_open(at("Mon 09:00"))
    assert not OFFICE.is_open(at("Mon 17:00"))


def test_next_close_joins_neighbouring_windows():
    shop = calendar({"mon": [["09:00", "12:00"], ["12:00", "24:00"]], "tue": [["00:00", "03:00"]]})
    assert shop.next_close(at("Mon 10:00")) == at("Tue 03:00")
    assert shop.next_close(at("Sun 10:00")) == at("Tue 03:00") + timedelta(days=7)


def test_a_stretch_over_new_year_is_one():
    nights = calendar(week("20:00", "08:00", "mon tue wed thu fri sat sun"))
    new_year = datetime(2026, 1, 1, tzinfo=UTC)
    assert nights.next_close(new_year - HOUR) == new_year + 8 * HOUR
    assert nights.next_close(new_year + HOUR) == new_year + 8 * HOUR


def test_lunch_is_not_counted():
    lunch = calendar({"mon": [["09:00", "13:00"], ["14:00", "18:00"]]})
    assert lunch.elapsed(at("Mon 12:00"), at("Mon 15:00")) == 2 * HOUR


def test_a_window_over_midnight_belongs_to_the_day_it_begins_on():
    night = calendar(week("22:00", "06:00", "fri"))
    assert night.elapsed(at("Fri 00:00"), at("Sun 00:00")) == 8 * HOUR
    assert night.is_open(at("Sat 05:59"))
    assert not night.is_open(at("Fri 05:00"))


def test_a_holiday_closes_its_whole_day_and_the_night_that_would_begin_on_it():
    nights = calendar(week("22:00", "06:00", "thu fri sat"), holidays=["2026-01-09"])
    assert nights.elapsed(at("Thu 12:00"), at("Sun 12:00")) == 2 * HOUR + 8 * HOUR


def test_a_holiday_beats_an_override():
    both = calendar(holidays=["2026-01-05"], overrides={"2026-01-05": [["09:00", "12:00"]]})
    assert not both.is_open(at("Mon 10:00"))


def test_shortened_day_and_working_saturday():
    moved = calendar(overrides={"2026-01-08": [["09:00", "16:00"]], "2026-01-10": [["10:00", "14:00"]]})
    assert moved.due_at(at("Thu 15:00"), 2 * HOUR) == at("Fri 10:00")
    assert moved.elapsed(at("Sat 00:00"), at("Sun 00:00")) == 4 * HOUR


def test_a_break_is_cut_out_of_open_time():
    cut = calendar(breaks={"2026-01-05": [["16:00", "18:00"], ["10:00", "10:30"]]})
    assert cut.elapsed(at("Mon 00:00"), at("Tue 00:00")) == 6.5 * HOUR


def test_yearly_days_come_back_and_a_dated_day_beats_a_yearly_one():
    yearly = calendar(overrides={"12-31": [["09:00", "12:00"]], "2026-12-31": [["09:00", "10:00"]]}, holidays=["01-01"])
    for year, hours in ((2024, 3), (2025, 3), (2026, 1)):
        eve = datetime(year, 12, 31, tzinfo=UTC)
        assert yearly.elapsed(eve, eve + 48 * HOUR) == hours * HOUR


def test_a_yearly_29_february_is_a_holiday_in_leap_years():
    leap = calendar(week("00:00", "24:00", "mon tue wed thu fri sat sun"), holidays=["02-29"])
    assert leap.elapsed(datetime(2024, 2, 28, tzinfo=UTC), datetime(2024, 3, 2, tzinfo=UTC)) == 48 * HOUR
    assert leap.elapsed(datetime(2025, 2, 28, tzinfo=UTC), datetime(2025, 3, 2, tzinfo=UTC)) == 48 * HOUR


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "2025-03-30", 23),
        ("Europe/Berlin", "2025-10-26", 25),
        ("Australia/Lord_Howe", "2025-04-06", 24.5),
        ("America/Sao_Paulo", "2018-11-04", 23),
        ("Europe/Moscow", "2011-03-27", 23),
        ("Europe/Moscow", "2014-10-26", 25),
        ("Asia/Almaty", "2024-02-29", 25),
        ("Africa/Cairo", "2025-04-25", 23),
    ],
)
def test_a_whole_local_day_has_its_physical_length(zone, day, hours):
    one = calendar({}, zone, overrides={day: [["00:00", "24:00"]]})
    noon = datetime.fromisoformat(f"{day}T12:00Z")
    assert one.elapsed(noon - 48 * HOUR, noon + 48 * HOUR) == hours * HOUR


def test_a_wall_time_in_the_gap_has_the_offset_before_the_change():
    gap = calendar({}, "Europe/Berlin", overrides={"2025-03-30": [["02:30", "05:00"]]})
    assert gap.next_open(datetime(2025, 3, 30, tzinfo=UTC)) == datetime(2025, 3, 30, 1, 30, tzinfo=UTC)


def test_of_two_equal_wall_times_the_first_is_meant():
    twice = calendar({}, "Europe/Berlin", overrides={"2025-10-26": [["02:30", "05:00"]]})
    assert twice.next_open(datetime(2025, 10, 25, 12, tzinfo=UTC)) == datetime(2025, 10, 26, 0, 30, tzinfo=UTC)


def test_stretches_name_every_reason():
    named = calendar(holidays={"2026-01-07": "Christmas"}, breaks={"2026-01-06": [["12:00", "13:00"]]})
    told = [(s.reason, s.name, s.span.length / HOUR) for s in named.stretches(at("Tue 10:00"), at("Thu 10:00"))]
    assert told == [
        ("open", "", 2),
        ("break", "", 1),
        ("open", "", 4),
        ("closed", "", 7),
        ("holiday", "Christmas", 24),
        ("closed", "", 9),
        ("open", "", 1),
    ]


def test_without_a_definition_it_is_always_open():
    assert ALWAYS.due_at(at("Sun 03:00"), HOUR) == at("Sun 04:00")
    assert ALWAYS.definition() is None
    with pytest.raises(CalendarError, match="no such instant"):
        ALWAYS.next_close(at("Mon 00:00"))


def test_a_target_that_never_runs_out_is_refused():
    once = calendar({}, overrides={"2026-01-05": [["09:00", "10:00"]]})
    assert once.due_at(at("Mon 00:00"), HOUR) == at("Mon 10:00")
    with pytest.raises(CalendarError, match="check its hours"):
        once.due_at(at("Mon 00:00"), 2 * HOUR)
    assert not once.is_open(at("Tue 00:00"))


@pytest.mark.parametrize("year", [1, 1899, 2100, 9999])
def test_instants_outside_the_counted_years_are_refused(year):
    with pytest.raises(CalendarError, match="from 1900 to 2099"):
        OFFICE.due_at(datetime(year, 6, 1, tzinfo=UTC), HOUR)


def test_equal_definitions_make_equal_calendars_and_the_same_one_again():
    raw = {"tz": "Europe/Moscow", "weekly": week(), "holidays": {"2026-01-01": "New Year", "05-01": None}}
    one = Calendar.from_definition(raw)
    assert Calendar.from_definition(raw) is one
    again = Calendar.from_definition(one.definition())
    assert again == one
    assert hash(again) == hash(one)
    assert again != OFFICE


@pytest.mark.parametrize(
    ("definition", "sentence"),
    [
        ({"tz": "Etc/UTC", "weekly": {}}, "no open hours"),
        ({"tz": "Etc/UTC", "weekly": {"mon": []}}, "no open hours"),
        ({"weekly": week()}, "not a time zone"),
        ({"tz": "Mars/Olympus", "weekly": week()}, "not a time zone"),
        ({"tz": "../../etc/passwd", "weekly": week()}, "not a time zone"),
        ({"tz": ["Etc/UTC"], "weekly": week()}, "not a time zone"),
        ({"tz": "Etc/UTC"}, "weekly must be an object"),
        ({"tz": "Etc/UTC", "weekly": {"monday": []}}, "not a day of the week"),
        ({"tz": "Etc/UTC", "weekly": {"mon": [["9:00", "17:00"]]}}, "not a time of day"),
        ({"tz": "Etc/UTC", "weekly": {"mon": [["09:00", "24:30"]]}}, "not a time of day"),
        ({"tz": "Etc/UTC", "weekly": {"mon": [["24:00", "06:00"]]}}, "cannot open at 24:00"),
        ({"tz": "Etc/UTC", "weekly": {"mon": [["09:00", "09:00"]]}}, "is empty"),
        ({"tz": "Etc/UTC", "weekly": {"mon": [["09:00"]]}}, "a window is two times"),
        ({"tz": "Etc/UTC", "weekly": {"mon": "09:00-17:00"}}, "give a list"),
        ({"tz": "Etc/UTC", "weekly": {"mon": [["09:00", "17:00"]] * 13}}, "at most 12"),
        ({"tz": "Etc/UTC", "weekly": week(), "holidays": ["2026-02-30"]}, "is not a day"),
        ({"tz": "Etc/UTC", "weekly": week(), "holidays": [20260101]}, "is not a day"),
        ({"tz": "Etc/UTC", "weekly": week(), "holidays": "2026-01-01"}, "must be a list of days"),
        ({"tz": "Etc/UTC", "weekly": week(), "holidays": {"2026-01-01": 7}}, "name must be text"),
        ({"tz": "Etc/UTC", "weekly": week(), "overrides": []}, "overrides must be an object"),
        ({"tz": "Etc/UTC", "weekly": week(), "holiday": []}, "unknown field 'holiday'"),
        ({"tz": "Etc/UTC", "weekly": {"mon": {1}}}, "plain JSON"),
        ("always", "must be an object or null"),
    ],
)
def test_a_calendar_that_cannot_be_used_says_what_to_change(definition, sentence):
    with pytest.raises(CalendarError, match=sentence):
        Calendar.from_definition(definition)


@settings(max_examples=120, deadline=None)
@given(definitions(), st.integers(-1440, 1440), st.integers(0, 1440), st.integers(1, 1440))
def test_due_and_elapsed_equal_counting_minute_by_minute(drawn, offset, length, target):
    definition, day = drawn
    hours, slow = Calendar.from_definition(definition), Oracle(definition, day, 2)
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    start = noon + offset * MINUTE
    end = start + length * MINUTE
    assert hours.elapsed(start, end) == slow.elapsed(start, end)
    due = slow.due_at(start, target)
    if due and due < noon + 36 * HOUR:
        assert hours.due_at(start, target * MINUTE) == due


@settings(max_examples=200, deadline=None)
@given(definitions(), INSTANTS, st.integers(1, 10**12))
def test_due_and_elapsed_are_inverse(drawn, start, microseconds):
    hours, target = Calendar.from_definition(drawn[0]), timedelta(microseconds=microseconds)
    try:
        due = hours.due_at(start, target)
    except CalendarError:
        assume(False)
    assert hours.elapsed(start, due) == target
    assert hours.elapsed(start, due - timedelta(microseconds=1)) < target


@settings(max_examples=60, deadline=None)
@given(definitions(), INSTANTS, st.integers(1, 10**12))
def test_what_was_open_up_to_an_instant_is_due_by_then_and_no_open_time_lies_between(drawn, start, microseconds):
    hours, end = Calendar.from_definition(drawn[0]), start + timedelta(microseconds=microseconds)
    passed = hours.elapsed(start, end)
    due = hours.due_at(start, passed) if passed else start
    assert due <= end
    assert hours.elapsed(due, end) == timedelta()


@settings(max_examples=100, deadline=None)
@given(definitions(), INSTANTS, st.integers(0, 20 * 1440))
def test_stretches_cover_all_time_once_and_the_open_ones_add_up(drawn, start, minutes):
    hours, end = Calendar.from_definition(drawn[0]), start + minutes * MINUTE
    parts = hours.stretches(start, end)
    edges = [part.span.start for part in parts] + [end]
    assert edges == [start] + [part.span.end for part in parts] if parts else start == end
    total = sum((part.span.length for part in parts if part.open), timedelta())
    assert total == hours.elapsed(start, end)


@given(INSTANTS, INSTANTS)
def test_a_table_grown_backwards_counts_as_one_grown_forwards(one, other):
    raw = {"tz": "Europe/Kyiv", "weekly": week("08:00", "07:00"), "holidays": ["01-01"]}
    Calendar.from_definition(raw | {"holidays": []})
    forwards, backwards = calendar(**_fresh(raw, 1)), calendar(**_fresh(raw, 2))
    early, late = sorted((one, other))
    forwards.elapsed(early, early + HOUR)
    backwards.elapsed(late, late + HOUR)
    assert forwards.elapsed(early, late) == backwards.elapsed(early, late)


def _fresh(raw, number):
    """The same hours under another definition, so that its table is its own."""
    return {**raw, "breaks": {f"19{number:02d}-01-01": []}}


def test_an_instant_without_a_time_zone_is_refused():
    naive = at("Mon 10:00").replace(tzinfo=None)
    with pytest.raises(TypeError):
        OFFICE.due_at(naive, HOUR)
    with pytest.raises(TypeError):
        OFFICE.elapsed(naive, naive + HOUR)
