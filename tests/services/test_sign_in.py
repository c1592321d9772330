"""A session lives while it is used, and ends on the server."""

from datetime import timedelta

import pytest
from sqlalchemy import event

from helpdesk.services import sign_in
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from tests.making import make_staff, make_team


@pytest.fixture
def token(app):
    person = make_staff(teams=[make_team()])
    return sign_in.redeem(sign_in.issue_link(person).rpartition("/")[2])


def open_after(token, **later):
    db.session.rollback()
    with pretend(now() + timedelta(**later)):
        return sign_in.person_of(token) is not None


def test_a_session_in_use_outlives_half_a_day(token):
    assert [open_after(token, hours=hours) for hours in (8, 16, 24)] == [True, True, True]


def test_a_session_that_nobody_uses_ends_after_half_a_day(token):
    assert open_after(token, hours=13) is False


def test_a_session_ends_after_a_week_however_much_it_is_used(token):
    assert [open_after(token, hours=hours) for hours in range(8, 176, 8)] == [True] * 20 + [False]


def test_a_session_is_written_to_once_in_a_few_minutes_and_read_with_one_query(token):
    said = []
    open_after(token, minutes=10)
    event.listen(db.engine, "before_cursor_execute", lambda *call: said.append(call[2].split()[0]))
    open_after(token, minutes=12)
    assert [word for word in said if word != "BEGIN"] == ["SELECT"]
