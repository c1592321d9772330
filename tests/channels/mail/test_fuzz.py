import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpdesk.channels.mail.limits import Unreadable
from helpdesk.channels.mail.read import Mail, as_report, read
from helpdesk.channels.mail.sanitise import sanitise
from tests.channels.mail import broken_mails
from tests.channels.mail.mails import OWN, make, multipart

STATUS = (
    "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\n"
)
RETURNED = "Content-Type: message/rfc822\n\nMessage-ID: <a@b>\n\n"
SEEDS = [
    make("Здравствуйте!\n\nOn 3 Mar 2026 a@b.example wrote:\n> да\n-- \nАйгуль"),
    make("<p>Раз<blockquote>два</blockquote><img src='cid:1'>", subtype="html"),
    make("Привет", charset="koi8-r", Subject="=?koi8-r?B?8NLJ18XU?="),
    multipart("Content-Type: text/plain\n\nтекст", "Content-Type: application/pdf; name*=utf-8''%D0%90.pdf\n\nfile"),
    multipart(STATUS, RETURNED, kind="report; report-type=delivery-status"),
]
PIECES = [
    *(b"\0", b"\xff\xfe", b"\r", b"\n\n", b"=?utf-8?b?", b"?=", b'"', b"<", b">", b"--edge\n", b"boundary=", b"%00"),
    *(b"charset=utf-7", b"Content-Type: multipart/mixed; boundary=edge\n", b"&#xd800;", b"+2AA-", b"(", b":", b"=\n"),
]


def reads(raw: bytes) -> None:
    try:
        mail = read(raw, OWN)
    except Unreadable:
        return
    assert isinstance(mail, Mail)
    everything = repr(as_report(mail))
    everything.encode()
    assert "\\x00" not in everything
    assert "\\ud8" not in everything
    sanitise(mail.html or "", {})


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=2000))
def test_any_bytes_are_read_or_unreadable(raw):
    reads(raw)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SEEDS), st.integers(0, 2**32), st.integers(1, 30))
def test_any_mutated_mail_is_read_or_unreadable(seed, number, changes):
    chance, raw = random.Random(number), bytearray(seed)
    for _ in range(changes):
        at = chance.randrange(len(raw) + 1)
        if chance.random() < 0.5:
            raw[at:at] = chance.choice(PIECES)
        else:
            raw[at : at + chance.randrange(20)] = chance.randbytes(chance.randrange(4))
    reads(bytes(raw))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**40))
def test_any_mail_of_any_form_broken_anywhere_is_read_or_unreadable(number):
    reads(broken_mails.mail(number))
