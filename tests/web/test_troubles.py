"""What a channel reported was stored in English and is told in the language of the page."""

import re

import pytest

from helpdesk.channels.incoming import Reason
from helpdesk.channels.ledger import Inbox
from helpdesk.tickets.models import Delivery, Notice
from helpdesk.web import layer_words, talk, troubles, words
from helpdesk.web.intake import reason

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        ("No answer came in time.", "Ответ не пришёл вовремя."),
        ("550 5.1.1 No such user", "550 5.1.1 No such user"),
        (
            "mx.test did not take it: mx.test is another machine; choose tls or starttls.",
            "Сервер mx.test не принял письмо: mx.test — другая машина; выберите tls или starttls.",
        ),
        (
            "The folder Desk cannot be opened; is it renamed or deleted? select failed",
            "Папка Desk не открывается; не переименована ли она, не удалена ли? select failed",
        ),
        (
            "The mail is stored, but could not be moved on the server: [NONEXISTENT] x",
            "Письмо сохранено, но на сервере не удалось его перенести: [NONEXISTENT] x",
        ),
    ],
)
def test_a_stored_trouble_is_told_in_russian(app, stored, told):
    with app.test_request_context(headers={"Accept-Language": "ru"}):
        assert troubles.trouble(stored) == told


def test_why_there_is_no_copy_is_told_in_russian(app):
    stored = {"no_copy": "This mailbox is not read by IMAP; enter its server, or empty the folder for copies."}
    one = Delivery(state="sent", result="", recipient="a@x.test", content=stored)
    with app.test_request_context(headers={"Accept-Language": "ru"}):
        assert re.match("Этот ящик не читается по IMAP", talk._delivery([one])["no_copy"])


@pytest.mark.parametrize("trouble", ["failing", "silent", "differing", "refused", "well"])
def test_every_trouble_of_a_mailbox_has_words_in_russian(app, trouble):
    notice = Notice(kind="mailbox", facts={"mailbox": "Desk", "trouble": trouble})
    with app.test_request_context(headers={"Accept-Language": "ru"}):
        assert re.search("[а-я].*Desk", words.notice(notice))


def test_each_reason_to_make_no_ticket_has_a_word_in_the_count_of_old_mail():
    assert [reason for reason in Reason if str(reason) not in layer_words.REFUSED] == []


def test_a_mail_that_the_server_does_not_hand_out_is_named_by_its_uid(app):
    row = Inbox(state="poison", reason="asked three times", facts={"withheld": 6})
    with app.test_request_context(headers={"Accept-Language": "ru"}):
        assert "не отдал письмо после трёх запросов (UID 6)" in reason(row)
