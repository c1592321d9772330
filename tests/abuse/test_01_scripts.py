"""Scripts in a mail's body, however they are written: none runs, wherever the mail is shown or sent on."""

import pytest

from tests.abuse.payloads import OURS, SCRIPTS

pytestmark = pytest.mark.once

SINKS = (
    "/queue", "/queue?view=all", "/tickets/{scripts}", "/tickets/{scripts}?images=1", "/tickets/{scripts}/deadlines",
    "/lookup?q=scripts", "/lookup?q=scripts%40customer.test&ticket={scripts}", "/intake?tab=filed", "/board", "/shift",
)  # fmt: skip


@pytest.mark.parametrize("sink", SINKS)
def test_no_script_runs_and_nothing_of_it_is_left(haunted, caught, sink):
    caught.visit(sink.format(**haunted.desk.numbers))
    assert caught.acting() == []
    assert caught.prey == []


def test_every_mail_is_there_in_a_frame_of_its_own(haunted, caught):
    caught.visit(f"/tickets/{haunted.desk.numbers['scripts']}")
    shown = [frame.evaluate("document.body.innerText") for frame in caught.page.frames[1:]]
    assert len(shown) == len(haunted.desk.packed(SCRIPTS))
    assert [text for text in shown if not text.startswith("one")] == []


def test_no_script_runs_in_a_frame_that_is_opened_by_itself(haunted, caught):
    caught.visit(f"/tickets/{haunted.desk.numbers['scripts']}")
    for address in [frame.url for frame in caught.page.frames[1:]]:
        caught.page.goto(address)
        assert caught.acting() == []
    assert caught.prey == []


def test_were_nothing_taken_out_the_frame_alone_would_hold(haunted, caught):
    caught.unfiltered(haunted.desk.numbers["scripts"], haunted.desk.packed(SCRIPTS))
    assert caught.hits == []


def test_the_trap_catches_them_where_nothing_is_guarded(haunted, caught):
    unguarded = 0
    for body in haunted.desk.packed(SCRIPTS):
        caught.page.set_content(body)
        unguarded += bool(caught.hits)
        caught.hits.clear()
    assert unguarded > len(haunted.desk.packed(SCRIPTS)) // 2


def test_what_is_mailed_out_is_plain_text_with_a_form_of_it_that_runs_nothing(haunted):
    parts = [part for mail in haunted.sink.mails for part in mail.mail.walk()]
    assert {part.get_content_type() for part in parts} == {"text/plain", "text/html", "multipart/alternative"}
    pages = [part.get_content() for part in parts if part.get_content_type() == "text/html"]
    assert [page for page in pages if OURS.sub("", page).count("<")] == []
    assert {mail.mail["Auto-Submitted"] for mail in haunted.sink.mails} == {None, "auto-generated", "auto-replied"}
