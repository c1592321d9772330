import pytest

from helpdesk.sla.policy import Policy, PolicyError, overlapping, shadowed

from .hours import ALWAYS, OFFICE

HOURLY = {"*": {"first_response": 3600}}
FACTS = {"team": "support", "channel": "email", "priority": "high", "reason": "billing", "tag": ["vip", "eu"]}


def policy(name="any", **more):
    return Policy.from_definition({"name": name, "targets": HOURLY, **more})


@pytest.mark.parametrize(
    ("when", "matches"),
    [
        ({}, True),
        ({"team": ["support"]}, True),
        ({"team": ["sales"]}, False),
        ({"channel": ["phone", "email"], "priority": ["high"]}, True),
        ({"channel": ["email"], "priority": ["low"]}, False),
        ({"tag": ["vip"]}, True),
        ({"tag": ["us", "asia"]}, False),
        ({"reason": ["billing"]}, True),
    ],
)
def test_all_conditions_must_hold_and_any_value_does(when, matches):
    assert policy(when=when).matches(FACTS) is matches


def test_what_a_ticket_does_not_say_matches_no_condition():
    assert not policy(when={"reason": ["billing"]}).matches({"team": "support"})


def test_a_policy_behind_a_wider_one_is_never_reached():
    wide, narrow = policy("wide", when={"tag": ["vip", "eu"]}), policy("narrow", when={"tag": ["vip"], "team": ["a"]})
    assert shadowed([wide, narrow]) == [(narrow, wide)]
    assert shadowed([narrow, wide]) == []


OVERLAPS = [
    ({"team": ["a"]}, {"channel": ["mail"]}, True),
    ({"team": ["a", "b"]}, {"team": ["b", "c"]}, True),
    ({"tag": ["vip"]}, {"tag": ["eu"]}, True),
    ({"team": ["a"], "tag": ["vip"]}, {"team": ["a"], "tag": ["eu"]}, True),
    ({"team": ["a"]}, {"team": ["b"]}, False),
    ({"team": ["a"], "channel": ["mail"]}, {"team": ["b"], "priority": ["high"]}, False),
    ({"team": ["a"]}, {}, False),
    ({}, {"team": ["a"]}, False),
    ({"team": ["a"]}, {"team": ["a"]}, False),
]


@pytest.mark.parametrize(("earlier", "later", "overlap"), OVERLAPS)
def test_two_policies_overlap_when_a_ticket_may_fit_both_and_neither_contains_the_other(earlier, later, overlap):
    first, second = policy("first", when=earlier), policy("second", when=later)
    assert overlapping([first, second]) == ([(second, first)] if overlap else [])


def test_what_stands_against_a_policy_is_named():
    wants = {"team": ["support"], "channel": ["phone"], "tag": ["new", "eu"], "reason": ["refund"]}
    assert policy(when=wants).unmet(FACTS) == ["channel", "reason"]


def test_targets_are_those_of_the_priority_or_of_any():
    two = policy(targets={"urgent": {"first_response": 600, "answer": None}, "*": {"resolution": 86400}})
    assert two.targets_for("urgent") == {"first_response": 600, "answer": None, "update": None, "resolution": None}
    assert two.targets_for("low")["resolution"] == 86400


def test_time_is_working_or_calendar_time_for_all_or_by_priority():
    split = policy(targets={"urgent": {"answer": 60}, "*": {"answer": 600}}, time={"urgent": "calendar"})
    assert split.calendar_for("urgent", OFFICE) == ALWAYS
    assert split.calendar_for("low", OFFICE) == OFFICE
    assert policy(time="calendar").time_for("low") == "calendar"


def test_without_steps_it_warns_at_a_half_three_quarters_nine_tenths_and_the_breach():
    usual = policy()
    assert usual.fractions == (0.5, 0.75, 0.9, 1.0)
    assert [step.threshold for step in usual.steps] == ["50%", "75%", "90%", "100%"]


def test_steps_say_when_and_what():
    ladder = policy(steps=[{"at": 0.8, "actions": [{"do": "tell_owner"}]}, {"after": 900, "actions": []}])
    assert [step.threshold for step in ladder.steps] == ["80%", "+900"]
    assert (ladder.fractions, ladder.delays) == ((0.8,), (900,))


def test_a_definition_comes_back_whole():
    full = policy(
        when={"tag": ["vip"]},
        time="calendar",
        pauses=["pending"],
        steps=[{"after": 60, "actions": [{"do": "tell_role", "to": "supervisor"}]}],
    )
    assert Policy.from_definition(full.definition()) == full


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": " "}, "name must be a word"),
        ({"targets": {}}, "needs targets"),
        ({"targets": {"*": 60}}, "must be an object"),
        ({"targets": {"*": {"greeting": 60}}}, "unknown field 'greeting'"),
        ({"targets": {"*": {"answer": 0}}}, "more than 0"),
        ({"targets": {"*": {"answer": True}}}, "more than 0"),
        ({"targets": {"*": {"answer": 10**9}}}, "at most a year"),
        ({"when": {"colour": ["red"]}}, "unknown field 'colour'"),
        ({"when": {"team": []}}, "is empty"),
        ({"when": {"team": "support"}}, "must be a list"),
        ({"when": {"team": [7]}}, "must be a word"),
        ({"time": "lunch"}, "working or calendar"),
        ({"time": {"urgent": "calendar"}}, "unknown field 'urgent'"),
        ({"pauses": ["solved"]}, "not a status that pauses"),
        ({"steps": [{"actions": []}]}, "give one of at and after"),
        ({"steps": [{"at": 1.5, "actions": []}]}, "fraction"),
        ({"steps": [{"after": -1, "actions": []}]}, "more than 0"),
        ({"steps": [{"at": 0.5}]}, "actions must be a list"),
        ({"steps": [{"at": 0.5, "actions": [{"do": "shout"}]}]}, "not an action"),
        ({"steps": [{"at": 0.5, "actions": [{"do": "move_team"}]}]}, "to whom or what"),
        ({"steps": [{"at": 0.5, "actions": [{"do": "tell_owner", "to": "me"}]}]}, "takes no to"),
        ({"colour": "red"}, "unknown field 'colour'"),
    ],
)
def test_a_policy_that_cannot_be_used_says_what_to_change(change, sentence):
    with pytest.raises(PolicyError, match=sentence):
        Policy.from_definition({"name": "any", "targets": HOURLY, **change})
