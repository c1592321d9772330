"""Styles in a mail: nothing is asked for elsewhere, and nothing is laid over the page."""

import pytest

from tests.abuse.remote import STYLES

pytestmark = pytest.mark.once


def test_no_style_asks_for_anything_and_none_is_left(haunted, caught):
    caught.visit(f"/tickets/{haunted.desk.numbers['styles']}")
    assert len(caught.page.frames) - 1 == len(haunted.desk.packed(STYLES))
    assert caught.acting() == []
    assert caught.prey == []


def test_no_style_asks_for_anything_from_a_frame_that_is_opened_by_itself(haunted, caught):
    caught.visit(f"/tickets/{haunted.desk.numbers['styles']}")
    for address in [frame.url for frame in caught.page.frames[1:]]:
        caught.page.goto(address)
    assert caught.prey == []


def test_nothing_of_a_mail_lies_over_the_page(haunted, caught):
    caught.visit(f"/tickets/{haunted.desk.numbers['styles']}")
    caught.page.locator("#reply").click(timeout=2000)
    assert caught.page.evaluate("document.activeElement.id") == "reply"


def test_were_nothing_taken_out_the_frame_alone_would_hold(haunted, caught):
    caught.unfiltered(haunted.desk.numbers["styles"], haunted.desk.packed(STYLES))
    assert caught.far == []


def test_the_trap_catches_them_where_nothing_is_guarded(haunted, caught):
    unguarded = 0
    for body in haunted.desk.packed(STYLES):
        caught.page.set_content(body)
        unguarded += bool(caught.asked)
        caught.asked.clear()
    assert unguarded > len(haunted.desk.packed(STYLES)) // 2
