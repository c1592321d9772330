"""Signed tokens: what we signed finds its ticket wherever it stands, and nothing else finds any."""

from base64 import b32decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.tickets.tokens import fresh_secret, secret_in, signed_in, token, unproved_in

KEY = "k" * 32
SECRET = fresh_secret()
MARAT = "marat@customer.test"
OLD, TOKEN = token(SECRET, KEY), token(SECRET, KEY, MARAT)
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
@pytest.mark.parametrize("given", [OLD, TOKEN])
def test_it_is_found_wherever_mail_carries_it_and_in_any_case(place, case, given):
    assert secret_in(case(place.format(given)), KEY) == SECRET


@given(st.integers(0, len(TOKEN) - 1), st.sampled_from(LETTERS))
def test_with_one_letter_changed_it_is_nobodys(place, letter):
    forged = TOKEN[:place] + letter + TOKEN[place + 1 :]
    assert secret_in(forged, KEY) == (SECRET if forged == TOKEN else None)


@pytest.mark.parametrize(
    "forged",
    [
        SECRET, TOKEN[:-1], TOKEN[:-2], TOKEN[1:], TOKEN[2:], TOKEN + "a", "a" + TOKEN, TOKEN[:20] + " " + TOKEN[20:],
        TOKEN + TOKEN, "", "a" * 42, "a" * 44, SECRET + "a" * 16, SECRET + "a" * 18, OLD[:-1], OLD + "aa", "#1", "[T-1]",
    ],
)  # fmt: skip
def test_what_is_cut_joined_or_guessed_is_nobodys(forged):
    assert secret_in(forged, KEY) is None


def test_what_another_desk_signed_is_nobodys_here():
    assert secret_in(token(SECRET, "another key"), KEY) is None


def test_behind_forged_ones_the_true_one_is_found():
    assert secret_in(f"{'a' * 44}@x {token(fresh_secret(), 'another key')}@x {TOKEN}@x", KEY) == SECRET


@given(st.text())
def test_no_text_is_mistaken_for_a_token(text):
    assert secret_in(text, KEY) is None


@given(st.text(LETTERS, min_size=42, max_size=44))
def test_nothing_that_looks_like_one_is_one(text):
    assert secret_in(text, KEY) is None


@pytest.mark.parametrize("written", [MARAT, "Marat@Customer.TEST", f" {MARAT} "])
def test_it_says_that_it_was_sent_to_its_addressee(written):
    assert signed_in(TOKEN, KEY).is_for(written, KEY)


@given(st.text(max_size=60))
def test_it_was_sent_to_nobody_else(address):
    assert signed_in(TOKEN, KEY).is_for(address, KEY) == (address.strip().casefold() == MARAT)


def test_one_bound_to_nobody_was_sent_to_nobody():
    assert not signed_in(OLD, KEY).is_for(MARAT, KEY)


def test_two_tickets_tell_nothing_of_their_common_addressee():
    other = token(fresh_secret(), KEY, MARAT)
    assert other[26:31] != TOKEN[26:31] or other[:26] == SECRET


def test_another_tickets_tag_is_not_signed_for_this_one():
    other = token(fresh_secret(), KEY, "eve@elsewhere.test")
    assert secret_in(SECRET + other[26:], KEY) is None


@pytest.mark.parametrize("broken", [SECRET, TOKEN[:-1], OLD[:30], SECRET + "a" * 18, TOKEN.upper()])
def test_of_a_broken_one_the_secret_may_be_guessed(broken):
    assert list(unproved_in(f"<x.{broken}@y>")) == [SECRET]


def test_it_fits_into_a_local_part_behind_a_mailbox_of_nineteen_letters():
    assert len("podderzhka-klientov+" + TOKEN) <= 64
