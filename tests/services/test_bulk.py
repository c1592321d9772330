"""Rows written past SQLAlchemy are read back by it as they were meant."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select

from helpdesk.services import bulk
from helpdesk.services.database import db
from helpdesk.tickets.models import Notice
from tests.making import HOUR, MONDAY, make_staff


@pytest.fixture
def ana(app):
    return make_staff(name="Ana")


def notice(person, **more):
    return {"person_id": person.id, "kind": "warned", "facts": {"é": ["\t'\\N%s", None]}, "at": MONDAY, **more}


def notices():
    query = select(Notice).order_by(Notice.id).execution_options(populate_existing=True)
    return db.session.scalars(query).all()


def test_what_is_put_in_is_what_is_read(ana):
    bulk.put(Notice, [notice(ana), notice(ana, at=MONDAY + timedelta(microseconds=1), facts={})])
    first, second = notices()
    assert (first.facts, first.at, first.read_at, first.ticket_id) == ({"é": ["\t'\\N%s", None]}, MONDAY, None, None)
    assert (second.facts, second.at) == ({}, MONDAY + timedelta(microseconds=1))


def test_an_instant_of_any_zone_is_stored_in_utc(ana):
    bulk.put(Notice, [notice(ana, at=datetime(2026, 3, 2, 12, tzinfo=timezone(3 * HOUR)))])
    (row,) = notices()
    assert (row.at, row.at.tzinfo) == (datetime(2026, 3, 2, 9, tzinfo=UTC), UTC)


def test_an_instant_without_a_zone_is_refused(ana):
    with pytest.raises(ValueError, match="no time zone"):
        bulk.put(Notice, [notice(ana, at=datetime(2026, 3, 2, 12))])


def test_only_the_rows_of_these_ids_are_changed_and_only_in_what_is_named(ana):
    bulk.put(Notice, [notice(ana), notice(ana), notice(ana)])
    first, _, third = notices()
    changes = [(first, None, {}), (third, MONDAY + HOUR, {"a": [["b"]]})]
    bulk.change(Notice, [{"id": row.id, "read_at": at, "facts": facts} for row, at, facts in changes])
    assert [row.read_at for row in notices()] == [None, None, MONDAY + HOUR]
    assert [row.facts for row in notices()] == [{}, notice(ana)["facts"], {"a": [["b"]]}]
    assert {(row.kind, row.at) for row in notices()} == {("warned", MONDAY)}


def test_nothing_to_write_is_no_statement(app):
    bulk.put(Notice, [])
    bulk.change(Notice, [])
    assert notices() == []
