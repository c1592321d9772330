"""Fragments that are kept: the same one is written once in its spell, and anew when anything that it shows is different."""

from contextvars import Context
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from helpdesk.web.format import Moment
from helpdesk.web.icons import ico, page_icons
from helpdesk.web.kept import Kept
from tests.making import MINUTE, MONDAY


@pytest.fixture
def moment():
    return [Moment(MONDAY, ZoneInfo("Asia/Almaty"), "ru")]


@pytest.fixture
def kept(moment):
    return Kept(lambda: moment[0], lambda here: here.replace(second=0), lambda row: row)


@pytest.fixture
def page(app):
    """Does something on a page of its own."""

    def on_a_page(do):
        with app.test_request_context():
            return do()

    return lambda do: Context().run(on_a_page, do)


@pytest.fixture
def shown(page, kept):
    """Shows a row on a page, and says how often it was written so far."""
    written = []

    def show(row):
        assert page(lambda: kept(row, lambda row: written.append(row) or Markup("<li>"))) == "<li>"
        return len(written)

    return show


def test_the_same_row_is_written_once_in_a_minute(shown, moment):
    assert shown(("#1", "The coupon")) == 1
    moment[0] = replace(moment[0], now=MONDAY + MINUTE / 2)
    assert shown(("#1", "The coupon")) == 1


@pytest.mark.parametrize(
    "change", [{"locale": "en"}, {"zone": ZoneInfo("Europe/Moscow")}, {"now": MONDAY + MINUTE}], ids=str
)
def test_it_is_written_anew_in_another_minute_language_or_zone(shown, moment, change):
    shown(("#1", "The coupon"))
    moment[0] = replace(moment[0], **change)
    assert shown(("#1", "The coupon")) == 2


def test_another_row_is_written(shown):
    shown(("#1", "The coupon"))
    assert shown(("#1", "The coupon again")) == 2


def test_what_was_asked_for_lately_stays_and_the_rest_makes_room(page, kept, monkeypatch):
    monkeypatch.setattr("helpdesk.web.kept.MOST", 40)
    written = []
    for row in ("asked", "once", "asked", "other", "asked", "another", "asked", "once"):
        page(lambda row=row: kept(row, lambda row: written.append(row) or Markup(row * 10)))
    assert written.count("asked") == 1
    assert written.count("once") == 2


def test_each_reader_has_a_token_of_their_own_in_the_forms(page, kept):
    def form():
        shown = kept("row", lambda _row: Markup('<input value="{}">').format(generate_csrf()))
        assert shown == f'<input value="{generate_csrf()}">'
        return shown

    assert page(form) != page(form)


def test_the_icons_of_what_is_kept_are_on_every_page_that_shows_it(page, kept):
    def icons():
        ico("telephone")
        kept("row", lambda _row: ico("bookmark"))
        return page_icons()

    for _reader in "ab":
        drawn = page(icons)
        assert 'id="i-bookmark"' in drawn
        assert 'id="i-telephone"' in drawn
