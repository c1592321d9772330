"""Production calendars agree with what the governments published for a week of forty hours."""

from datetime import UTC, datetime, timedelta

import pytest

from helpdesk.sla.calendar import Calendar
from helpdesk.sla.days import Change, changes, taken_over
from helpdesk.sla.production import production

pytestmark = pytest.mark.once

WEEK = {day: [["09:00", "13:00"], ["14:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
MOSCOW = {"tz": "Europe/Moscow", "weekly": WEEK, "holidays": {}, "overrides": {}, "breaks": {}}
MIDNIGHT = timedelta(hours=3)


def calendar_of(country, year, weekly=WEEK):
    return Calendar.from_definition(taken_over({**MOSCOW, "weekly": weekly}, production(country, [year], weekly)))


@pytest.mark.parametrize(("year", "hours"), [(2019, 1970), (2023, 1973), (2024, 1979), (2025, 1972), (2026, 1972)])
def test_a_year_in_russia_has_the_hours_that_the_ministry_of_labour_counts(year, hours):
    begin, end = (datetime(one, 1, 1, tzinfo=UTC) - MIDNIGHT for one in (year, year + 1))
    assert calendar_of("RU", year).elapsed(begin, end) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("country", "day", "hours"),
    [
        ("RU", "2025-11-01", [["09:00", "13:00"], ["14:00", "17:00"]]),  # a Saturday, in place of the eve of Unity Day
        ("RU", "2024-04-27", [["09:00", "13:00"], ["14:00", "18:00"]]),  # a Saturday, in place of a plain day
        ("RU", "2026-05-08", [["09:00", "13:00"], ["14:00", "17:00"]]),  # a Friday before Victory Day
        ("KZ", "2025-01-05", [["09:00", "13:00"], ["14:00", "18:00"]]),  # a Sunday, in place of 3 January
        ("KZ", "2025-05-08", None),  # nothing is shortened there
    ],
)
def test_worked_weekends_and_eves_have_their_hours(country, day, hours):
    assert production(country, [int(day[:4])], WEEK).overrides.get(day) == hours


def test_days_moved_off_are_off_and_have_a_name():
    assert production("RU", [2025], WEEK).holidays["2025-05-02"] == "Выходной (перенесено с 04.01.2025)"
    assert "2025-03-10" in production("KZ", [2025], WEEK).holidays


def test_years_that_nobody_has_settled_yet_are_doubtful():
    assert production("RU", [2025, 2031], WEEK).doubtful == (2031,)
    assert production("KZ", [2025, 2031], WEEK).doubtful == (2031,)


@pytest.mark.parametrize(
    ("hours", "shorter"),
    [
        ([["08:00", "20:00"]], [["08:00", "19:00"]]),
        ([["09:00", "13:00"], ["14:00", "14:30"]], [["09:00", "12:30"]]),
        ([["09:00", "13:00"], ["14:00", "15:00"]], [["09:00", "13:00"]]),
        ([["22:00", "00:30"]], [["22:00", "23:30"]]),
        ([["20:00", "08:00"]], [["20:00", "07:00"]]),
        ([["00:00", "24:00"]], [["00:00", "23:00"]]),
        ([["09:00", "09:30"]], []),
    ],
)
def test_an_hour_is_taken_from_the_end(hours, shorter):
    weekly = dict.fromkeys(WEEK, hours)
    assert production("RU", [2026], weekly).overrides["2026-06-11"] == shorter


def test_what_is_taken_over_leaves_the_other_days_alone():
    before = {
        **MOSCOW,
        "holidays": {"12-31": "Ours", "06-10": "Yearly", "2026-06-11": "Picnic"},
        "overrides": {"2026-01-01": [["10:00", "11:00"]]},
    }
    after = taken_over(before, production("RU", [2026], WEEK))
    assert after["holidays"]["12-31"] == "Ours"
    assert "2026-06-11" not in after["holidays"]
    assert "2026-01-01" not in after["overrides"]
    told = {one.day: one for one in changes(before, after)}
    assert told["2026-06-11"] == Change("2026-06-11", "Picnic", [["09:00", "13:00"], ["14:00", "17:00"]])
    assert told["2026-01-01"].before == [["10:00", "11:00"]]
    assert not {"12-31", "06-10"} & told.keys()
    assert list(changes(after, taken_over(after, production("RU", [2026], WEEK)))) == []


def test_a_holiday_of_every_year_stays_one_and_nothing_is_promised_of_its_date():
    before = {**MOSCOW, "holidays": {"06-11": "Ours every year"}}
    after = taken_over(before, production("RU", [2026], WEEK))
    assert "2026-06-11" not in {one.day for one in changes(before, after)}
    noon = datetime(2026, 6, 11, 9, tzinfo=UTC)
    assert not Calendar.from_definition(after).is_open(noon)
