"""5 MB of quotation marks, deep and endless HTML, long lines: no more than five seconds each."""

import time

import pytest

from helpdesk.channels.mail.sanitise import sanitise
from helpdesk.tickets.search import stems
from tests.channels.mail.mails import make, seen

TEXTS = {
    "marks": "> > >" * 1_000_000,
    "marked lines": "> > >\n" * 800_000,
    "line": "x" * 1_000_000,
    "address": "https://" + "a" * 1_000_000,
    "labels": "From: a\n" * 500_000,
    "attributions": "On Mon, 5 Oct 2026 10:00 a@b.example wrote:\n" * 100_000,
    "one attribution": "On 5 Oct 2026 " * 300_000 + "wrote:",
    "delimiters": "--\n" * 1_000_000,
    "farewells": "Regards,\n" * 400_000,
}
PAGES = {
    "divs": "<div>" * 50_000,
    "closed divs": "<div>" * 50_000 + "x" + "</div>" * 50_000,
    "comments": "<!--" * 500_000,
    "less than": "<" * 1_000_000,
    "open tags": "<a " * 500_000,
    "quotes": '<a "' * 500_000,
    "mixed quotes": "<a '\"'" * 300_000,
    "entities": "&amp" * 300_000,
    "styles": "<style>" * 300_000,
}


@pytest.mark.parametrize("name", TEXTS)
def test_long_text_is_read_in_time(name):
    raw = make(TEXTS[name])
    begun = time.process_time()
    seen(raw)
    assert time.process_time() - begun < 5


@pytest.mark.parametrize("name", PAGES)
def test_long_html_is_read_and_sanitised_in_time(name):
    raw = make(PAGES[name], subtype="html")
    begun = time.process_time()
    sanitise(seen(raw).html, {})
    assert time.process_time() - begun < 5


def test_long_words_are_indexed_in_time():
    begun = time.process_time()
    stems("x" * 100_000, "y" * 100_000)
    assert time.process_time() - begun < 5


def test_nothing_of_a_long_text_is_thrown_away():
    text = "\n".join(f"line {number}" for number in range(30_000))
    mail = seen(make(text))
    assert f"{mail.reply_text}\n{mail.quoted_text}" == text


@pytest.mark.once
def test_a_page_with_them_is_as_wide_as_the_window(haunted, caught):
    caught.visit(f"/tickets/{haunted.desk.numbers['long']}")
    assert caught.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert caught.page.locator("#thread").evaluate("(talk) => talk.scrollWidth <= talk.clientWidth")
    assert caught.prey == []
