"""The same in subjects, names, file names, tags, nicks, notes, titles of tabs and answers of servers: words, nothing more."""

from urllib.parse import quote

import pytest
from sqlalchemy import select

from helpdesk.channels.models import Channel
from helpdesk.services import intake
from helpdesk.services.database import db
from tests.abuse import trap
from tests.abuse.haunting import NAMES, SUBJECTS, letter
from tests.abuse.payloads import WORDS
from tests.channels.call_logs import cdr
from tests.making import arrive

pytestmark = pytest.mark.once

ASKED = quote(SUBJECTS[1][:380])
SINKS = (
    "/queue", "/queue?view=all", "/queue?view=mine", f"/queue?tag={quote(WORDS[1])}", "/tickets/{names}",
    "/tickets/{names}?kind=note", "/tickets/{names}/deadlines", f"/lookup?q={ASKED}", "/lookup?q=names&ticket={names}",
    "/lookup?q=%2B77010000003", "/intake?tab=refused", "/intake?tab=poison", "/intake?tab=outbox", "/intake?tab=filed",
    "/board", "/shift", "/admin/people", "/admin/people/{eve}", "/admin/teams", "/admin/channels", "/admin/channels/{box}",
    "/admin/policies", "/admin/policies/{policy}", "/admin/calendars", "/admin/calendars/{calendar}", "/admin/shifts",
    "/calls/{log}", "/intake?tab=approval", "/intake?tab=blocks", "/intake?tab=dismissed", "/intake?tab=sending",
    "/admin/mailboxes/{box}", "/admin/mailboxes/{box}/old-mail", "/tickets/{hint}",
)  # fmt: skip


@pytest.mark.parametrize("sink", SINKS)
def test_they_are_shown_and_do_nothing(haunted, caught, sink):
    caught.visit(sink.format(**haunted.desk.numbers))
    assert "hit()" in caught.page.content()
    assert caught.acting() == []
    assert caught.prey == []


@pytest.mark.parametrize("place", range(len(SUBJECTS)))
def test_the_tab_is_named_as_the_ticket_is(haunted, caught, place):
    subject = haunted.desk.far(SUBJECTS[place], place)
    number = haunted.desk.numbers[f"subject {place}"]
    caught.visit(f"/tickets/{number}")
    assert caught.page.title() == f"#{number} {subject} · Helpdesk"
    assert caught.acting() == []
    assert caught.prey == []


def test_a_message_that_something_was_done_shows_names_as_words(haunted, caught):
    caught.visit(f"/tickets/{haunted.desk.numbers['names']}")
    caught.page.keyboard.press("Escape")
    caught.page.locator("#to").select_option(str(haunted.desk.numbers["eve"]))
    caught.page.locator("#handover-note").fill(WORDS[1])
    caught.page.locator("#offer button").click()
    assert "hit()" in caught.page.locator(".flashes").inner_text()
    assert caught.acting() == []
    assert caught.prey == []


def test_what_comes_while_the_page_is_open_does_nothing_either(haunted, caught):
    caught.visit("/queue?view=all")
    with haunted.app.app_context():
        box = db.session.scalars(select(Channel).where(Channel.kind == "mail")).one()
        arrive(box, letter(subject=f"Just now {SUBJECTS[1][:300]}", name=NAMES[2], text=SUBJECTS[3]))
        intake.file_waiting()
    caught.page.get_by_text("Just now").first.wait_for()
    assert caught.acting() == []
    assert caught.prey == []


def test_the_preview_of_a_phone_log_shows_its_cells_as_words(haunted, caught):
    rows = [cdr(name=words.replace('"', "'"), uniqueid=f"2.{n}") for n, words in enumerate(NAMES)]
    rows += [cdr(start=words.replace('"', "'"), uniqueid=f"3.{n}") for n, words in enumerate(WORDS)]
    log = {"name": "<img src=x onerror=hit()>.csv", "mimeType": "text/csv", "buffer": "".join(rows).encode()}
    caught.visit(f"/calls/{haunted.desk.numbers['log']}")
    caught.page.locator("#file").set_input_files(log)
    caught.page.keyboard.press("Escape")
    caught.page.locator("main form:has(#file) button").first.click()
    caught.page.wait_for_url("**/previews")
    assert caught.page.content().count("hit()") > len(WORDS)
    assert caught.acting() == []
    assert caught.prey == []


def test_the_page_of_the_sign_in_shows_what_was_typed_as_words(haunted, browser):
    with browser.browser.new_context(locale="en-GB") as stranger:
        caught = trap.Trap(stranger.new_page(), haunted.config.base_url, haunted.asked)
        haunted.asked.clear()
        caught.visit(f"/sign-in?next={quote('/' + WORDS[1])}")
        caught.page.locator("#login").fill(SUBJECTS[0][:200])
        caught.page.locator("#password").fill("wrong")
        caught.page.locator("main button").click()
        caught.page.locator(".notice").wait_for()
        assert caught.page.locator("#login").input_value() == SUBJECTS[0][:200]
        assert caught.acting() == []
        assert caught.hits + caught.asked + caught.far == []


def test_the_trap_catches_them_where_nothing_is_guarded(caught):
    unguarded = 0
    for words in WORDS:
        caught.page.set_content(f"<title>{words}</title><input value=\"{words}\"><p title='{words}'>{words}</p>")
        unguarded += bool(caught.hits or caught.asked)
        caught.hits.clear()
        caught.asked.clear()
    assert unguarded > len(WORDS) // 3
