"""1,000 nested multiparts are parked."""

import pytest

from helpdesk.channels.mail.limits import Cause, Unreadable
from tests.channels.mail.mails import seen


def nested(depth: int) -> bytes:
    heads = (f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(depth))
    return b"From: a@client.example\n" + "".join(heads).encode() + b"\nhi"


def test_deep_nesting_is_unreadable():
    with pytest.raises(Unreadable) as refusal:
        seen(nested(1000))
    assert refusal.value.cause is Cause.DEPTH


def test_nesting_within_the_limit_is_read():
    assert seen(nested(50)).reply_text == "hi"
