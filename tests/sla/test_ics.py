"""Days off from calendar files: what they say, and what is no calendar file."""

import pytest

from helpdesk.sla import ics
from helpdesk.sla.definition import CalendarError

pytestmark = pytest.mark.once


def file(*events):
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//"]
    for event in events:
        lines += ["BEGIN:VEVENT", "UID:1", *event, "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


def days(*events, years=(2026, 2027)):
    return dict(ics.read(file(*events), years).holidays)


def test_an_all_day_event_is_a_day_off_with_its_title():
    assert days(["DTSTART;VALUE=DATE:20260322", "DTEND;VALUE=DATE:20260323", "SUMMARY:Наурыз\\, праздник"]) == {
        "2026-03-22": "Наурыз, праздник"
    }


def test_a_long_event_is_every_day_of_it_but_the_last_which_is_when_it_ends():
    event = ["DTSTART;VALUE=DATE:20261230", "DTEND;VALUE=DATE:20270102", "SUMMARY:New Year"]
    assert list(days(event)) == ["2026-12-30", "2026-12-31", "2027-01-01"]
    assert list(days(event, years=[2027])) == ["2027-01-01"]


def test_an_event_without_an_end_is_one_day():
    assert days(["DTSTART;VALUE=DATE:20260501"]) == {"2026-05-01": ""}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=YEARLY", ["2026-12-31", "2027-12-31"]),
        ("FREQ=YEARLY;UNTIL=20261231", ["2026-12-31"]),
        ("FREQ=YEARLY;INTERVAL=1", ["2026-12-31", "2027-12-31"]),
        ("FREQ=YEARLY;COUNT=2", ["2026-12-31"]),
        ("FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", ["2026-11-26", "2027-11-25"]),
    ],
)
def test_what_comes_back_every_year_is_there_every_year(rule, expected):
    event = ["DTSTART;VALUE=DATE:20251231", f"RRULE:{rule}", "SUMMARY:Yearly"]
    assert [day for day in days(event) if day > "2026"] == expected


def test_a_day_of_long_ago_comes_back():
    event = ["DTSTART;VALUE=DATE:19450509", "RRULE:FREQ=YEARLY", "SUMMARY:Victory Day"]
    assert days(event, years=[2026]) == {"2026-05-09": "Victory Day"}


def test_an_event_with_two_rules_is_refused_by_its_name():
    with pytest.raises(CalendarError, match="Twice"):
        days(["DTSTART;VALUE=DATE:20200101", "RRULE:FREQ=YEARLY", "RRULE:FREQ=YEARLY;BYMONTH=2", "SUMMARY:Twice"])


def test_a_day_that_never_comes_is_no_day_off():
    assert days(["DTSTART;VALUE=DATE:20200101", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31"]) == {}


def test_a_year_that_was_taken_out_is_out():
    event = ["DTSTART;VALUE=DATE:20251231", "RRULE:FREQ=YEARLY", "EXDATE;VALUE=DATE:20261231"]
    assert list(days(event)) == ["2027-12-31"]


def test_what_has_an_hour_is_cancelled_or_endless_is_no_day_off():
    assert days(["DTSTART:20260501T090000Z", "DTEND:20260501T100000Z"]) == {}
    assert days(["DTSTART;VALUE=DATE:20260501", "STATUS:CANCELLED"]) == {}
    assert days(["DTSTART;VALUE=DATE:20260101", "DTEND;VALUE=DATE:20270101"]) == {}
    assert days(["SUMMARY:No day at all"]) == {}


@pytest.mark.parametrize(
    "rule",
    ["FREQ=SECONDLY", "FREQ=DAILY", "FREQ=YEARLY;BYHOUR=1,2,3", "FREQ=YEARLY;INTERVAL=2"],
)
def test_what_repeats_as_no_holiday_does_is_refused_by_its_name(rule):
    with pytest.raises(CalendarError, match="Bomb"):
        days(["DTSTART;VALUE=DATE:20200101", f"RRULE:{rule}", "SUMMARY:Bomb"])


@pytest.mark.parametrize(
    "raw", [b"", b"\xff\xfe\x00", b"%PDF-1.7", b"BEGIN:VCALENDAR", b"BEGIN:VEVENT\r\nEND:VCALENDAR\r\n"]
)
def test_what_is_no_calendar_file_is_said(raw):
    with pytest.raises(CalendarError, match="no calendar file"):
        ics.read(raw, [2026])


def test_a_file_with_too_many_events_is_refused():
    with pytest.raises(CalendarError, match="too many events"):
        days(*[["DTSTART;VALUE=DATE:20260501"]] * (ics.MOST_EVENTS + 1))
