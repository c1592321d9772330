"""Signed tokens: what we signed finds its ticket wherever it stands, and nothing else finds any."""

from base64 import b32decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.tickets.tokens import fresh_secret, secret_in, token

KEY = "k" * 32
SECRET = fresh_secret()
TOKEN = token(SECRET, KEY)
LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


def test_a_secret_has_128_bits():
    assert len(b32decode(SECRET.upper() + "======")) == 16


def test_no_secret_comes_twice():
    assert len({fresh_secret() for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    "place",
    [
        "{}",
        "support+{}@helpdesk.test",
        "<0f8fad5bd9cb469fa16570867728950e.{}@helpdesk.test>",
        '"Support" <support+{}@helpdesk.test>, Bob <bob@customer.test>',
    ],
)
@pytest.mark.parametrize("case", [str, str.upper, str.title])
def test_it_is_found_wherever_mail_carries_it_and_in_any_case(place, case):
    assert secret_in(case(place.format(TOKEN)), KEY) == SECRET


@given(st.integers(0, len(TOKEN) - 1), st.sampled_from(LETTERS))
def test_with_one_letter_changed_it_is_nobodys(place, letter):
    forged = TOKEN[:place] + letter + TOKEN[place + 1 :]
    assert secret_in(forged, KEY) == (SECRET if forged == TOKEN else None)


@pytest.mark.parametrize(
    "forged",
    [
        SECRET, TOKEN[:-1], TOKEN[1:], TOKEN + "a", "a" + TOKEN, TOKEN[:20] + " " + TOKEN[20:], TOKEN + TOKEN, "",
        "a" * 42, SECRET + "a" * 16, "#1", "[T-1]",
    ],
)  # fmt: skip
def test_what_is_cut_joined_or_guessed_is_nobodys(forged):
    assert secret_in(forged, KEY) is None


def test_what_another_desk_signed_is_nobodys_here():
    assert secret_in(token(SECRET, "another key"), KEY) is None


def test_behind_forged_ones_the_true_one_is_found():
    assert secret_in(f"{'a' * 42}@x {token(fresh_secret(), 'another key')}@x {TOKEN}@x", KEY) == SECRET


@given(st.text())
def test_no_text_is_mistaken_for_a_token(text):
    assert secret_in(text, KEY) is None


@given(st.text(LETTERS, min_size=42, max_size=42))
def test_nothing_that_looks_like_one_is_one(text):
    assert secret_in(text, KEY) is None
