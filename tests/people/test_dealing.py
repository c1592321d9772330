"""Who is dealt the next ticket: held against people who sit in a row and pass a pile round."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from helpdesk.people.dealing import Deal, Hand
from helpdesk.people.receivers import Matter

PEOPLE = range(1, 5)
TURNS, LOAD = Deal("turns"), Deal("load")


def hand(person_id, load=0, most=None, turn=0, **more):
    return Hand(person_id, f"P{person_id}", load, most=most, turn=turn, **more)


def chosen(deal, hands, matter=Matter("ru")):  # noqa: B008
    found, why = deal.to(hands, matter)
    return found.id, why


@given(st.lists(st.sets(st.sampled_from(PEOPLE), min_size=1), max_size=40))
def test_whoever_has_waited_longest_is_next_like_in_a_row_that_is_passed(rounds):
    row, turns = list(PEOPLE), dict.fromkeys(PEOPLE, 0)
    for number, there in enumerate(rounds, 1):
        expected = next(one for one in row if one in there)
        row.remove(expected)
        row.append(expected)
        got, _why = chosen(TURNS, [hand(one, turn=turns[one]) for one in sorted(there)])
        assert got == expected
        turns[got] = number


def test_the_least_to_do_is_a_share_of_what_each_may_hold():
    assert chosen(LOAD, [hand(1, load=2, most=3), hand(2, load=4, most=8)]) == (2, "load")


@given(st.lists(st.integers(1, 9), min_size=1, max_size=5), st.integers(1, 30))
def test_by_load_nobody_is_ever_fuller_than_one_ticket_above_another(limits, many):
    held, turn = [0] * len(limits), [0] * len(limits)
    for number in range(1, min(many, sum(limits)) + 1):
        hands = [hand(i, load=held[i], most=limits[i], turn=turn[i]) for i in range(len(limits)) if held[i] < limits[i]]
        got, _why = chosen(LOAD, hands)
        held[got], turn[got] = held[got] + 1, number
    for one, most in zip(held, limits, strict=True):
        assert all(
            Fraction(one - 1, most) <= Fraction(other, its) for other, its in zip(held, limits, strict=True) if one
        )


def test_who_fits_better_goes_before_whose_turn_it_is_when_the_team_wants_that():
    people = [hand(1), hand(2, turn=5, languages=["kk"], skills=["refund"])]
    matter = Matter("kk", ["refund"])
    assert chosen(TURNS, people, matter) == (1, "turns")
    assert chosen(Deal("turns", by_fit=True), people, matter) == (2, "turns")


def test_the_last_one_goes_before_everybody():
    people = [hand(1), hand(2, load=7, turn=9)]
    assert chosen(Deal("load", by_fit=True, last=2), people) == (2, "last")
    assert chosen(Deal("load", by_fit=True, last=3), people) == (1, "load")
