"""Message-ID: <@@[ and its like: read, with the sha256 of the raw mail as key."""

import hashlib

import pytest

from tests.channels.mail.mails import make, seen


@pytest.mark.parametrize("value", ["<@@[", "", "<>", "<<<>>>", "[", "=?utf-8?q?=00?=", None])
def test_any_message_id_is_read(value):
    raw = make(Message_ID=value)
    assert seen(raw).key == hashlib.sha256(raw).hexdigest()
