"""The roster as its lead keeps it: patterns, single days, files, gaps."""

import html
import io
import re
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from helpdesk.people.models import Pattern, Shift
from helpdesk.services import roster
from helpdesk.services.database import db
from helpdesk.services.instant import now
from tests.making import HOUR, MONDAY, make_shift, make_staff, make_team

pytestmark = pytest.mark.once

PATTERN = {"weekdays": ["0", "4"], "starts": "09:00", "ends": "18:00", "zone_of": "team", "valid_from": "2090-01-02"}


@pytest.fixture
def team(app):
    return make_team("Coupons")


@pytest.fixture
def ana(team):
    return make_staff(teams=[team], name="Ana Orlova")


@pytest.fixture
def client(as_, team):
    return as_(make_staff("supervisor", [team]))


def one(kind):
    db.session.expire_all()
    return db.session.scalars(select(kind)).one()


def test_a_pattern_is_added_changed_and_removed(client, team, ana):
    client.post(f"/admin/patterns/team/{team.id}", data={**PATTERN, "person": ana.id, "valid_until": ""})
    assert "Mon, Fri" in client.get(f"/admin/patterns/team/{team.id}").text
    address = f"/admin/patterns/{one(Pattern).id}"
    client.post(address, data={**PATTERN, "weekdays": ["2"], "starts": "08:00", "valid_until": "2090-02-01"})
    assert (one(Pattern).weekdays, one(Pattern).starts, one(Pattern).valid_until.isoformat()) == (
        [2],
        "08:00",
        "2090-02-01",
    )
    assert client.post(f"{address}/remove").status_code == 303
    assert db.session.scalars(select(Pattern)).all() == []


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"weekdays": []}, "Choose the days of the week."),
        ({"valid_until": "2090-01-01"}, "The last day must not come before the first."),
        ({"valid_from": "9999-12-31"}, "Give days from 2000 to 2090."),
    ],
)
def test_a_pattern_that_makes_no_sense_is_refused_with_a_sentence(client, team, ana, said, sentence):
    answer = client.post(f"/admin/patterns/team/{team.id}", data={**PATTERN, "person": ana.id, **said})
    assert (answer.status_code, sentence in answer.text) == (422, True)


def test_one_shift_is_given_other_hours(client, team, ana):
    shift = make_shift(ana, team, MONDAY + 3650 * 24 * HOUR)
    address = f"/admin/shifts/{team.id}/2036-09-08/{shift.id}"
    assert 'value="09:00"' in client.get(address).text
    assert client.post(address, data={"starts": "10:00", "ends": "19:00"}).status_code == 303
    assert one(Shift).starts_at == MONDAY + 3650 * 24 * HOUR + HOUR


def test_ones_own_page_shows_hours_by_ones_own_clocks(as_, team):
    zoe = make_staff(teams=[team], time_zone="Asia/Almaty")
    shift = make_shift(zoe, team)
    page = as_(zoe).get("/my-shifts").text
    assert f"{shift.starts_at.astimezone(ZoneInfo('Asia/Almaty')):%H:%M}–" in page


def test_one_says_who_stands_in_and_where_calls_go_on_to(as_, team, ana):
    bea, root = make_staff(teams=[team], name="Bea"), make_staff("administrator")
    begins = now() - HOUR
    away = roster.add_absence(person_id=ana.id, kind="sick", starts_at=begins, ends_at=begins + 48 * HOUR, by=root)
    client = as_(ana)
    client.post(f"/my-shifts/absences/{away.id}/substitute", data={"substitute": bea.id})
    client.post("/my-shifts/number", data={"number": "+7 727 250-11-22"})
    assert client.post("/my-shifts/number", data={"number": "=cmd"}).status_code == 422
    db.session.expire_all()
    assert (roster.substitute_of(ana, now()), ana.forward_number) == (bea, "+7 727 250-11-22")


def sheet(*rows):
    text = "\r\n".join(["Дата;Логин;С;До", *rows])
    return {"file": (io.BytesIO(text.encode("cp1251")), "roster.csv")}


def test_a_file_is_looked_at_before_it_is_written_down(client, team, ana):
    page = client.post(
        f"/admin/roster-files/{team.id}/preview", data=sheet(f"06.01.2031;{ana.login};09:00;18:00", "x;y;z;")
    )
    assert ("Wrong rows" in page.text, db.session.scalars(select(Shift)).all()) == (True, [])
    content = html.unescape(re.search(r'name="content" value="([^"]+)"', page.text)[1])
    address = f"/admin/roster-files/{team.id}"
    assert client.post(address, data={"content": content}).status_code == 409
    assert client.post(address, data={"content": content, "leave_out": "1"}).status_code == 303
    assert one(Shift).person_id == ana.id


def test_the_table_opens_in_russian_excel_and_holds_no_formula(client, team):
    eve = make_staff(teams=[team], name="=HYPERLINK(1)")
    make_shift(eve, team)
    table = client.get(f"/admin/roster-files/{team.id}/table?lang=ru&cut=%3B").data
    assert table.startswith("\ufeffДата;Логин;Человек;С;До\r\n".encode())
    assert ";'=HYPERLINK(1);" in table.decode()


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("?week=9999-12-31", None),
        ("/{team}/9999-12-31", {"person": "{ana}", "days": "2031-01-06", "starts": "09:00", "ends": "18:00"}),
        ("/{team}/2031-01-06", {"person": "{ana}", "days": "9999-12-31", "starts": "22:00", "ends": "06:00"}),
        (
            "/{team}/2031-01-06/absences",
            {"person": "{ana}", "kind": "sick", "first": "2031-01-06", "last": "9999-12-31"},
        ),
        ("/{team}/0001-01-01/copy", {}),
    ],
)
def test_days_beyond_all_calendars_are_refused_with_a_sentence(client, team, ana, path, form):
    address = f"/admin/shifts{path.format(team=team.id)}"
    data = form and {name: value.format(ana=ana.id) for name, value in form.items()}
    answer = client.get(address) if form is None else client.post(address, data=data)
    assert (answer.status_code, "Give days from 2000 to 2090." in answer.text) == (422, True)
