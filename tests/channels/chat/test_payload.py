import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.channels.chat import payload

HOSTILE = {
    "not json": b"hello",
    "empty": b"",
    "a list": b"[]",
    "a string": b'"x"',
    "utf-8 that is not": b'{"a": "\xff"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "utf-16": '{"a": 1}'.encode("utf-16"),
    "the same key twice": b'{"a": 1, "a": 2}',
    "the same key twice below": b'{"a": {"b": 1, "b": 1}}',
    "not a number": b'{"a": NaN}',
    "infinity": b'{"a": -Infinity}',
    "a float beyond": b'{"a": 1e999}',
    "an int of 5,000 digits": b'{"a": ' + b"9" * 5000 + b"}",
    "33 levels": b'{"a": ' + b"[" * 33 + b"]" * 33 + b"}",
    "100,000 levels": b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "100,000 levels unclosed": b'{"a":' * 100_000,
    "something after": b"{} {}",
    "a trailing comma": b'{"a": 1,}',
    "a control character": b'{"a": "\x00"}',
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_not_strict_json_is_malformed_at_once(body):
    began = time.process_time()
    with pytest.raises(payload.Malformed):
        payload.load(body)
    assert time.process_time() - began < 5


def test_more_than_a_megabyte_is_too_large():
    with pytest.raises(payload.TooLarge):
        payload.load(b'{"a": "' + b"x" * payload.LIMIT + b'"}')


def test_a_megabyte_of_brackets_is_read_at_once():
    began = time.process_time()
    body = b'{"a": [' + b"[]," * 349_000 + b"[]]}"
    assert len(payload.load(body)["a"]) == 349_001
    assert time.process_time() - began < 5


@given(st.binary(max_size=300))
def test_any_bytes_are_an_object_or_malformed(body):
    with suppress(payload.Malformed):
        assert isinstance(payload.load(body), dict)


@given(st.text())
def test_one_line_is_one_line_that_both_databases_take(text):
    line = payload.one_line(text)
    assert line.splitlines() in ([], [line])
    line.encode()
    assert "\x00" not in line


@pytest.mark.parametrize("seconds", [None, True, "1", 1.5, -1, 0, 10**15, 10**19])
def test_a_time_that_nobody_can_mean_says_nothing(seconds):
    assert payload.instant(seconds) is None
