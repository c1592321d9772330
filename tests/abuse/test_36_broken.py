"""Broken base64, boundaries and line ends, double fields, headers only: a mail or a named cause, never silence."""

import pytest

from helpdesk.channels.mail.limits import RAW, Cause, Unreadable
from tests.channels.mail.mails import make, multipart, seen


@pytest.mark.parametrize(
    "raw",
    [
        make(b"0J/RgNC40LLQtdGC\xff!!", Content_Transfer_Encoding="base64"),
        b"Content-Type: text/plain; charset=utf-8\n" + make("Привет", Content_Type="text/html; charset=koi8-r"),
        make("Привет").replace(b"\n", b"\r\n", 3),
        multipart("Content-Type: multipart/mixed; boundary=edge\n\n--edge\n\nПривет"),
    ],
)
def test_what_is_broken_is_read_all_the_same(raw):
    assert "Привет" in seen(raw).reply_text


def test_a_header_alone_is_a_mail():
    assert seen(b"From: a@client.example\nSubject: only a header").subject == "only a header"


@pytest.mark.parametrize(
    ("raw", "cause"),
    [(b"", Cause.EMPTY), (b" \n", Cause.EMPTY), (b"x" * (RAW + 1), Cause.SIZE), (b"A: b\n" * 100_000, Cause.HEADERS)],
)
def test_what_cannot_be_read_says_why(raw, cause):
    with pytest.raises(Unreadable) as refusal:
        seen(raw)
    assert refusal.value.cause is cause
