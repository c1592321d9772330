"""Who is suggested to take a ticket over, and what is said for them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.people.receivers import Candidate, Matter, ranked
from tests.making import HOUR, MONDAY

EVENING = MONDAY + 9 * HOUR
RUSSIAN = Matter("ru", ("refunds",), {7: MONDAY})


def names(*candidates, matter=RUSSIAN):
    return [one.candidate.name for one in ranked(candidates, matter)]


def someone(name, load=1, until=EVENING, **more):
    return Candidate(more.pop("id", 1), name, load, until, **more)


@pytest.mark.parametrize(
    "better",
    [
        {"until": EVENING, "load": 90},
        {"until": EVENING, "languages": ["en"], "load": 90},
    ],
)
def test_who_is_at_work_comes_before_who_is_not_whatever_they_know(better):
    assert (
        names(someone("off", until=None, languages=["ru"], skills=["refunds"]), someone("here", **better))[0] == "here"
    )


def test_whoever_stands_in_for_the_owner_goes_before_all_who_are_at_work():
    fits, stands_in = someone("fits", languages=["ru"], skills=["refunds"]), someone("stands in", 9, id=2)
    matter = Matter("ru", ("refunds",), substitute=2)
    assert names(fits, stands_in, matter=matter) == ["stands in", "fits"]
    assert ("substitute", None) in ranked([stands_in], matter)[0].reasons


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"languages": ["kk", "ru"], "load": 9}, {}),
        ({"load": 9}, {"languages": ["en"], "skills": ["refunds"]}),
        ({"skills": ["Refunds"], "load": 9}, {"id": 7}),
        ({"id": 7, "load": 9}, {}),
        ({"load": 1}, {"load": 2}),
    ],
    ids=["language", "unknown language", "skill", "customer", "load"],
)
def test_of_those_at_work_one_goes_before_the_other(better, worse):
    assert names(someone("worse", **worse), someone("better", **better))[0] == "better"


def test_each_is_told_with_what_speaks_for_them():
    (first, second) = ranked(
        [
            someone("Bea", 3, id=7, languages=["ru"], skills=["refunds"]),
            someone("Cid", 5, None, id=8, languages=["en"]),
        ],
        RUSSIAN,
    )
    assert first.reasons == (
        ("until", EVENING), ("speaks", "ru"), ("skill", "refunds"), ("served", MONDAY), ("least", 3),
    )  # fmt: skip
    assert second.reasons == (("off", None), ("strange", "ru"), ("load", 5))


PEOPLE = st.lists(
    st.builds(
        Candidate, st.integers(1, 9), st.sampled_from("ab"), st.integers(0, 5), st.none() | st.just(EVENING),
        st.lists(st.sampled_from(["ru", "en"])), st.lists(st.sampled_from(["refunds", "x"])),
    ), unique_by=lambda one: one.id,
)  # fmt: skip


@given(PEOPLE)
def test_everybody_is_named_once_in_an_order_that_does_not_depend_on_theirs(people):
    found = [one.candidate for one in ranked(people, RUSSIAN)]
    assert sorted(one.id for one in found) == sorted(one.id for one in people)
    assert found == [one.candidate for one in ranked(reversed(people), RUSSIAN)]
