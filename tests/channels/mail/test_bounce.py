import pytest

from helpdesk.channels.incoming import Bounce
from tests.channels.mail.mails import make, multipart, seen

DAEMON = "Mail Delivery System <mailer-daemon@mx.example.net>"
ORIGINAL = "Content-Type: message/rfc822\n\nMessage-ID: <out-7@desk.example.kz>\nSubject: Ответ\n\nТекст"


def report(action: str, status: str, recipient: str = "gone@client.example") -> bytes:
    told = f"Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; {recipient}\nAction: {action}\nStatus: {status}\n"
    return multipart(
        "Content-Type: text/plain\n\nSee below.",
        "Content-Type: message/delivery-status\n\n" + told,
        ORIGINAL,
        kind="report; report-type=delivery-status",
        From=DAEMON,
        Subject="Undelivered Mail Returned to Sender",
    )


def test_a_failure_names_the_address_and_the_mail():
    assert seen(report("failed", "5.1.1")).bounce == Bounce(("gone@client.example",), (), True, "out-7@desk.example.kz")


def test_a_delay_is_temporary():
    assert seen(report("delayed", "4.4.7")).bounce == Bounce(
        (), ("gone@client.example",), False, "out-7@desk.example.kz", delayed=True
    )


def test_a_full_mailbox_does_not_make_an_address_dead():
    bounce = seen(report("failed", "5.2.2")).bounce
    assert bounce is not None
    assert (bounce.permanent, bounce.hard) == (("gone@client.example",), False)


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded"])
def test_a_success_is_no_bounce(action):
    assert seen(report(action, "2.0.0")).bounce is None


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Письмо не доставлено", "Адресат gone@client.example не существует. Код ошибки 550."),
        ("Жеткізілмеді", "gone@client.example: 550 5.1.1 пайдаланушы табылмады"),
        ("Mail delivery failed", "The following address failed:\n\n  gone@client.example\n    550 user unknown\n"),
    ],
)
def test_a_report_in_prose_is_understood(subject, text):
    bounce = seen(make(text, From=DAEMON, Subject=subject)).bounce
    assert bounce is not None
    assert bounce.permanent == ("gone@client.example",)


def test_a_bounce_is_never_answered():
    assert not seen(report("failed", "5.1.1")).may_answer


def test_a_report_about_nothing_from_nobody_is_dropped():
    mail = seen(make("Sorry.", From="MAILER-DAEMON (Mail Delivery System)", Subject="Returned mail"))
    assert (mail.drop, mail.bounce is not None) == (True, True)


def test_a_report_with_letters_where_only_ascii_may_be_is_read_without_a_word_in_the_log(caplog):
    inner = (
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain\n\n"
    )
    status = "--b\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; нет\nAction: сбой\nStatus: 5.0.0\n\n--b--\n"
    seen(multipart(f"Content-Type: message/rfc822\n\n{inner}\n{status}", From=DAEMON, Subject="Undeliverable"))
    assert caplog.records == []


def test_a_detector_that_gives_up_over_a_field_says_nothing_of_the_mail(caplog):
    mail = make("Delivery failed.", From=DAEMON, Subject="Undeliverable", **{"X-Failed-Recipients": "(" * 3000})
    assert seen(mail).bounce is not None
    assert caplog.records == []
