from datetime import timedelta

import pytest

from helpdesk.sla.clock import Happening
from helpdesk.sla.firing import fire_times
from helpdesk.sla.replay import replay

from .hours import OFFICE, at

TARGETS = {"resolution": 8 * 3600}


def resolution(until, *told, targets=TARGETS):
    history = [Happening(at("Mon 10:00"), "opened", "customer")]
    history += [Happening(at(when), kind, facts=facts) for when, kind, facts in told]
    return replay(history, targets, ["pending"], OFFICE, at(until)).clocks[0]


def fired(clock, **more):
    return [(firing.threshold, firing.at) for firing in fire_times(clock, **more)]


def test_warnings_come_as_the_target_is_used_up_in_working_time():
    assert fired(resolution("Mon 10:00"), steps=(900, 3600)) == [
        ("50%", at("Mon 14:00")),
        ("75%", at("Mon 16:00")),
        ("90%", at("Tue 09:12")),
        ("100%", at("Tue 10:00")),
        ("+900", at("Tue 10:15")),
        ("+3600", at("Tue 11:00")),
    ]


@pytest.mark.parametrize("until", ["Mon 10:01", "Mon 14:00", "Mon 16:30", "Tue 09:30", "Tue 10:00"])
def test_when_they_fire_does_not_depend_on_when_one_looks(until):
    assert fired(resolution(until)) == fired(resolution("Mon 10:00"))


def test_a_pause_moves_what_is_still_to_come_and_keeps_what_was_reached():
    pause = ("Mon 15:00", "pending", {}), ("Tue 09:00", "resumed", {})
    assert fired(resolution("Tue 09:00", *pause))[:2] == [("50%", at("Mon 14:00")), ("75%", at("Tue 10:00"))]


@pytest.mark.parametrize(
    "told",
    [
        [("Mon 15:00", "pending", {})],
        [("Mon 15:00", "solved", {})],
        [("Mon 15:00", "void", {})],
    ],
)
def test_a_stopped_clock_is_quiet(told):
    assert fired(resolution("Tue 09:00", *told), steps=(900,)) == []


def test_a_missed_clock_keeps_its_breach_even_when_it_ended_before_anybody_looked():
    assert fired(resolution("Wed 10:00", ("Tue 11:00", "solved", {})), steps=(900,)) == [("100%", at("Tue 10:00"))]


def test_a_missed_clock_that_is_paused_keeps_its_ladder():
    late = resolution("Wed 10:00", ("Tue 11:00", "pending", {}))
    assert fired(late, fractions=(), steps=(3600,)) == [("100%", at("Tue 10:00")), ("+3600", at("Tue 11:00"))]


def test_thresholds_passed_by_a_smaller_target_are_reached_at_the_change():
    cut = ("Mon 15:00", "targets", {"targets": {"resolution": 6 * 3600}})
    assert fired(resolution("Mon 15:00", cut)) == [
        ("50%", at("Mon 15:00")),
        ("75%", at("Mon 15:00")),
        ("90%", at("Mon 15:24")),
        ("100%", at("Mon 16:00")),
    ]


def test_a_threshold_is_exact_to_the_microsecond():
    odd = resolution("Mon 10:00", targets={"resolution": 7})
    assert fired(odd, fractions=(0.5,))[0] == ("50%", at("Mon 10:00") + timedelta(seconds=3.5))
