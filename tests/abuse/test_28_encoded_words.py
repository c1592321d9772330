"""40,000 encoded words in a Subject take no more than a second."""

import time

import pytest

from tests.channels.mail.mails import make, seen


@pytest.mark.parametrize("between", [" ", "\n ", ""])
def test_many_encoded_words_are_read_at_once(between):
    raw = make(Subject=f"=?utf-8?q?hi?={between}" * 40_000)
    begun = time.process_time()
    assert seen(raw).subject.startswith("hi")
    assert time.process_time() - begun < 1
