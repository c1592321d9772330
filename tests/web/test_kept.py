"""Rows that are kept: the same one is written once a minute, and anew when anything that it shows is different."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from markupsafe import Markup

from helpdesk.web.format import Moment
from helpdesk.web.kept import Kept
from tests.making import MINUTE, MONDAY


@pytest.fixture
def moment():
    return [Moment(MONDAY, ZoneInfo("Asia/Almaty"), "ru")]


@pytest.fixture
def shown(moment):
    """Shows a row, and says how often it was written so far."""
    kept, written = Kept(lambda: moment[0]), []

    def show(row):
        assert kept(row, lambda row: written.append(row) or Markup("<li>")) == "<li>"
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
