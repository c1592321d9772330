"""Whether an address is gone, from the codes and words of delivery reports."""

import pytest

from helpdesk.channels.mail.lasting import is_gone
from tests.channels.mail.mails import multipart, seen

GONE = [
    (["5.1.1"], ""),
    (["5.1.2"], "Host unknown"),
    (["5.0.0"], "550 5.1.1 <a@b.example>: Recipient address rejected: User unknown"),
    (["5.7.1"], "553 sorry, no such user here"),
    ([], "550 mailbox a@b.example does not exist"),
    ([], "Host or domain name not found"),
    ([], "Пользователь с таким адресом не найден"),
    (["5.0.0"], "554 this user doesn't have a mail.example account"),
]
STAYING = [
    (["5.2.2"], "mailbox full"),
    (["5.7.1"], "blocked by policy"),
    (["4.4.7"], "delivery expired"),
    (["5.3.4"], "message too large"),
    (["5.0.0"], "550 5.7.26 unauthenticated, see https://mail.example"),
    ([], "554 your message looks like spam"),
    ([], "Ящик получателя переполнен"),
    (["5.1.1"], "550 over quota"),
    ([], ""),
]


@pytest.mark.parametrize(("codes", "reason"), GONE)
def test_an_address_that_does_not_exist_is_gone(codes, reason):
    assert is_gone(codes, reason)


@pytest.mark.parametrize(("codes", "reason"), STAYING)
def test_an_address_that_did_not_take_this_one_mail_is_not_gone(codes, reason):
    assert not is_gone(codes, reason)


def test_the_words_of_the_report_count_when_the_status_says_nothing():
    status = (
        "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.0.0\n"
    )
    report = multipart(
        status + "Diagnostic-Code: smtp; 552 mailbox full", kind="report; report-type=delivery-status",
        From="mailer-daemon@b.example",
    )  # fmt: skip
    assert not seen(report).bounce.hard
