"""Days of a country or a file are taken over into a calendar: shown first, kept when saved."""

from datetime import UTC, datetime
from io import BytesIO

import pytest
from sqlalchemy import select

from helpdesk.services import rules
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.sla.models import CalendarVersion
from tests.making import make_staff
from tests.web.test_admin_rules import OFFICE

ICS = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:%s\r\nSUMMARY:<b>Picnic</b>\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"


@pytest.fixture
def client(app, as_):
    client = as_(make_staff("administrator", locale="en"))
    client.post("/admin/calendars/new", data=OFFICE)
    return client


@pytest.fixture
def calendar(client):
    return db.session.scalar(select(CalendarVersion.calendar_id))


def field(page, name):
    """What a text area holds."""
    return page.partition(f'name="{name}"')[2].partition(">")[2].partition("</textarea>")[0].lstrip("\n")


def newest():
    db.session.rollback()
    return db.session.scalar(select(CalendarVersion).order_by(CalendarVersion.version.desc()).limit(1))


def test_the_days_of_russia_are_shown_and_then_saved(client, calendar):
    page = client.get(f"/admin/calendars/{calendar}?country=RU&year=2025").text
    table = page.partition("What would change")[2].partition("</table>")[0]
    assert "2025-11-01" in table
    assert "09:00–17:00" in table
    assert newest().version == 1
    form = {**OFFICE, "holidays": field(page, "holidays"), "overrides": field(page, "overrides")}
    assert client.post(f"/admin/calendars/{calendar}", data=form).status_code == 303
    assert newest().definition["overrides"]["2025-11-01"] == [["09:00", "17:00"]]
    assert newest().definition["holidays"]["2025-05-02"] == "Выходной (перенесено с 04.01.2025)"
    assert (
        "the calendar says all of this already" in client.get(f"/admin/calendars/{calendar}?country=RU&year=2025").text
    )


def test_a_year_that_is_not_settled_yet_is_said(client, calendar):
    assert (
        "Not all days of 2031 are published yet" in client.get(f"/admin/calendars/{calendar}?country=KZ&year=2031").text
    )
    assert "published yet" not in client.get(f"/admin/calendars/{calendar}?country=RU&year=2025").text


@pytest.mark.parametrize(
    "asked", ["country=XX&year=2026", "country=RU&year=26", "country=RU", "year=2026", "country=RU&year=x"]
)
def test_a_country_or_year_that_is_not_there_is_refused(client, calendar, asked):
    assert client.get(f"/admin/calendars/{calendar}?{asked}").status_code == 422


def test_the_days_of_a_file_are_shown_as_text_and_kept_when_saved(client, calendar):
    year = now().year
    file = (BytesIO(ICS % b"%d0701" % year), "days.ics")
    page = client.post(f"/admin/calendars/{calendar}/days", data={"file": file}).text
    assert "<b>Picnic</b>" not in page
    assert field(page, "holidays") == f"{year}-07-01 &lt;b&gt;Picnic&lt;/b&gt;"
    assert newest().version == 1


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"%PDF", "This is no calendar file (ICS)"),
        (b"x" * 500_001, "larger than half a megabyte"),
        (b"", "no calendar file"),
    ],
)
def test_a_file_that_is_none_says_so_and_keeps_the_form(client, calendar, raw, told):
    answer = client.post(f"/admin/calendars/{calendar}/days", data={"file": (BytesIO(raw), "days.ics")})
    assert answer.status_code == 422
    assert told in answer.text
    assert 'value="Office"' in answer.text


def test_the_page_can_be_had_in_another_language_also_after_a_file(client, calendar):
    assert client.get(f"/admin/calendars/{calendar}?lang=ru").status_code == 200
    assert client.get(f"/admin/calendars/{calendar}?country=RU&year=2025&lang=ru").status_code == 200
    assert client.get(f"/admin/calendars/{calendar}/days?lang=ru").location == f"/admin/calendars/{calendar}"


def test_a_calendar_whose_days_end_says_so_in_the_list(client, calendar):
    assert "No days are known" not in client.get("/admin/calendars").text
    client.post(f"/admin/calendars/{calendar}", data={**OFFICE, "holidays": "2020-01-01 New Year"})
    assert f"No days are known for {now().year}" in client.get("/admin/calendars").text


@pytest.mark.parametrize(
    ("at", "unknown"), [("2026-09-30T20:59", []), ("2026-09-30T21:00", [2027]), ("2027-01-11T00:00", [2027])]
)
def test_from_october_on_the_next_year_is_asked_for(at, unknown):
    definition = {"tz": "Europe/Moscow", "holidays": {"2026-01-01": "New Year", "12-31": ""}, "overrides": {}}
    assert rules.unknown_years(definition, datetime.fromisoformat(at).replace(tzinfo=UTC)) == unknown
    assert (
        rules.unknown_years({**definition, "holidays": {"12-31": ""}}, datetime.fromisoformat(at).replace(tzinfo=UTC))
        == []
    )
