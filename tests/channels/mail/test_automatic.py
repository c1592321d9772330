import pytest

from helpdesk.channels.mail.nature import Nature
from tests.channels.mail.mails import make, multipart, seen


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Auto-Submitted", "auto-replied"),
        ("Auto-Submitted", 'Auto-Generated; owner-email="x@y.example"'),
        ("Precedence", "Bulk"),
        ("Precedence", "auto_reply"),
        ("X-Autoreply", "yes"),
        ("X-AutoReply-From", "a@b.example"),
        ("Subject", "Автоответ: я в отпуске"),
        ("Subject", "Out of office: back on Monday"),
        ("Subject", "Автоматты жауап: демалыстамын"),
        ("Subject", "Automatische Antwort: Rechnung"),
        ("From", "postmaster@client.example"),
    ],
)
def test_a_machine_is_known_and_never_answered(name, value):
    mail = seen(make(**{name: value}))
    assert (mail.is_auto_reply, mail.may_answer) == (True, False)


def test_a_text_that_says_it_is_automatic_is():
    mail = seen(make("Это автоматический ответ. Я в отпуске до понедельника."))
    assert (mail.is_auto_reply, mail.may_answer) == (True, False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("List-Id", "<users.lists.example.org>"),
        ("List-Unsubscribe", "<mailto:leave@lists.example.org>"),
        ("Precedence", "list"),
        ("X-Auto-Response-Suppress", "OOF, AutoReply"),
        ("X-Loop", "somebody@client.example"),
        ("From", "no-reply@shop.example"),
        ("From", "noreply@shop.example"),
        ("From", "help@desk.example.kz"),
        ("From", None),
        ("Message-ID", "<returned@desk.example.kz>"),
    ],
)
def test_some_mails_are_not_answered_though_no_machine_is_seen(name, value):
    mail = seen(make(**{name: value}))
    assert (mail.is_auto_reply, mail.may_answer) == (False, False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Auto-Submitted", "no"),
        ("X-Auto-Response-Suppress", "None"),
        ("Subject", "Автоматические ворота не открываются"),
        ("Subject", "Не доставлено: где мой заказ?"),
        ("From", "norepin@client.example"),
        ("Precedence", "first-class"),
    ],
)
def test_a_person_is_answered(name, value):
    mail = seen(make("Я в отпуске, посылка не доставлена, пишите на aigul@home.example.", **{name: value}))
    assert (mail.is_auto_reply, mail.may_answer, mail.bounce) == (False, True, None)


def test_a_read_receipt_is_no_bounce_and_gets_no_answer():
    receipt = (
        "Content-Type: message/disposition-notification\n\nDisposition: manual-action/MDN-sent-manually; displayed\n"
    )
    mail = seen(
        multipart("Content-Type: text/plain\n\nRead.", receipt, kind="report; report-type=disposition-notification")
    )
    assert (mail.bounce, mail.may_answer) == (None, False)


def test_an_abuse_report_is_known():
    arf = "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\n"
    mail = seen(multipart("Content-Type: text/plain\n\nAbuse.", arf, kind="report; report-type=feedback-report"))
    assert (mail.nature, mail.bounce, mail.may_answer) == (Nature.ABUSE, None, False)
