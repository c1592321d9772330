"""The roster goes out as a table and comes in as one; nothing is written while a row is wrong, unless that is said."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from helpdesk.errors import Conflict, HelpdeskError
from helpdesk.people.models import Shift, Team
from helpdesk.services import roster_files
from helpdesk.services.database import db
from helpdesk.services.spreadsheets import written
from tests.making import HOUR, MONDAY, make, make_shift, make_staff

HEAD = ["Дата", "Логин", "Имя", "С", "До"]
WEEK = date(2026, 10, 19)  # in which the clocks of Berlin are moved


@pytest.fixture
def team(app):
    return make(Team(name="Berlin", time_zone="Europe/Berlin"))


@pytest.fixture
def lead(team):
    return make_staff("supervisor", [team])


@pytest.fixture
def ana(team):
    return make_staff(teams=[team], name="=Ana", login="ana")


def sheet(*rows, cut=";"):
    return written([["date", "login", "from", "to"], *rows], cut)


def shifts():
    db.session.expire_all()
    return db.session.execute(select(Shift.person_id, Shift.starts_at, Shift.ends_at).order_by(Shift.starts_at)).all()


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.sets(st.integers(0, 27), max_size=8), st.integers(0, 23), st.integers(0, 23), st.sampled_from(";,"))
def test_what_goes_out_comes_in_as_it_was(team, lead, ana, days, starts, ends, cut):
    db.session.execute(delete(Shift))
    db.session.commit()
    rows = [
        [f"{date.fromordinal(WEEK.toordinal() + day):%Y-%m-%d}", "ana", f"{starts:02}:00", f"{ends:02}:00"]
        for day in days
    ]
    roster_files.import_(team.id, sheet(*rows), leave_out=True, by=lead)
    before, file = shifts(), written([HEAD, *roster_files.table(team.id, WEEK, lead)], cut)
    assert roster_files.import_(team.id, file, leave_out=False, by=lead) == 0
    db.session.execute(delete(Shift))
    db.session.commit()
    roster_files.import_(team.id, file, leave_out=False, by=lead)
    assert shifts() == before


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (["2026-10-32", "ana", "09:00", "18:00"], "“{text}” is no day; write it as 31.12.2026 or 2026-12-31."),
        (["9999-12-31", "ana", "09:00", "18:00"], "“{text}” is no day; write it as 31.12.2026 or 2026-12-31."),
        (["2026-10-20", "ana", "9 am", "18:00"], "“{text}” is no time of day; write it as 09:00."),
        (
            ["2026-10-20", "bob", "09:00", "18:00"],
            "{name} is nobody in this team; check the spelling or add them to it.",
        ),
        (["2026-09-14", "ana", "12:00", "18:00"], "This person has a shift at that time already; remove it first."),
        (["2026-10-19", "ana", "12:00", "20:00"], "Another row of this file overlaps with it; leave one of them."),
    ],
)
def test_a_wrong_row_says_what_to_do_and_keeps_all_from_being_written(team, lead, ana, row, sentence):
    make_shift(ana, team, MONDAY)
    content = sheet(["19.10.2026", "ana", "9:00", "18:00"], row)
    trouble = roster_files.look(team.id, content, lead)[1].trouble
    assert (trouble.text, len(shifts())) == (sentence, 1)
    with pytest.raises(Conflict):
        roster_files.import_(team.id, content, leave_out=False, by=lead)
    assert roster_files.import_(team.id, content, leave_out=True, by=lead) == 1


def test_a_name_will_do_where_it_is_one_persons(team, lead, ana):
    content = written([["Дата", "Сотрудник", "Начало", "Конец"], ["19.10.2026", "=Ana", "22:00", "06:00"]], ";")
    roster_files.import_(team.id, content, leave_out=False, by=lead)
    assert [(row.ends_at - row.starts_at) / HOUR for row in shifts()] == [8]


def test_a_file_without_the_columns_is_refused(team, lead):
    with pytest.raises(HelpdeskError):
        roster_files.look(team.id, b"a;b\n1;2\n", lead)
