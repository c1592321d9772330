"""What an event is for rules, and when their conditions hold."""

import pytest

from helpdesk.tickets.triggers import holds, occasions

HAS = {"channel": {"mail"}, "tag": ["VIP", "refund"], "words": "The coupon\nStraße, Ёлка"}


def one(what, *values, no=False):
    return {"what": what, "values": list(values), "not": no}


@pytest.mark.parametrize(
    ("kind", "facts", "found"),
    [
        ("opened", {"origin": "customer"}, {"created"}),
        ("opened", {"origin": "imported"}, set()),
        ("received", {}, {"written"}),
        ("solved", {}, {"status", "solved"}),
        ("reopened", {}, {"status", "reopened"}),
        ("assigned", {"new_id": 7}, {"assigned"}),
        ("assigned", {"old_id": 7}, set()),
        ("tags_changed", {"old": ["a"], "new": ["a", "b"]}, {"tagged"}),
        ("tags_changed", {"old": ["a", "b"], "new": ["a"]}, set()),
        ("noted", {}, set()),
    ],
)
def test_what_an_event_is_for_rules(kind, facts, found):
    assert occasions(kind, facts) == found


@pytest.mark.parametrize(
    ("conditions", "whole", "expected"),
    [
        ([], True, True),
        ([], False, True),
        ([one("channel", "mail"), one("tag", "vip", "other")], True, True),
        ([one("channel", "mail"), one("tag", "other")], True, False),
        ([one("channel", "calls"), one("tag", "refund")], False, True),
        ([one("channel", "mail", no=True)], True, False),
        ([one("words", "COUPON")], True, True),
        ([one("words", "STRASSE")], True, True),
        ([one("words", "ёлка")], True, True),
        ([one("words", ".*")], True, False),
    ],
)
def test_conditions_hold_all_or_one_of_them_and_words_are_no_patterns(conditions, whole, expected):
    assert holds(conditions, HAS.__getitem__, whole=whole) is expected
