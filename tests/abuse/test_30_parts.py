"""100,000 parts are parked within a second."""

import time

import pytest

from helpdesk.channels.mail.limits import Cause, Unreadable
from tests.channels.mail.mails import make, seen


def test_many_parts_are_unreadable_at_once():
    raw = make(b"--b\n\n\n" * 100_000, Content_Type="multipart/mixed; boundary=b")
    begun = time.process_time()
    with pytest.raises(Unreadable) as refusal:
        seen(raw)
    assert refusal.value.cause is Cause.PARTS
    assert time.process_time() - begun < 1
