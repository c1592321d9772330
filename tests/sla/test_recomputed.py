"""Counted anew by other rules: from the start of what is open, and nothing that has ended."""

from .hours import ALWAYS, HOUR, MINUTE, OFFICE, at
from .test_replay import ANSWER, ANSWERED, ASKED, FIRST, OPENED, RESOLUTION, clocks

LONG = {"first_response": 7200, "answer": 4 * 3600, "resolution": 24 * 3600}


def recomputed(when, targets=LONG, calendar=ALWAYS, pauses=()):
    return when, "recomputed", {"targets": targets, "calendar": calendar, "pauses": pauses}


def test_recomputed_counts_from_the_start_by_the_new_rules_and_ended_clocks_stay():
    told = OPENED, ANSWERED, ASKED, ("Mon 12:00", "pending"), ("Mon 16:00", "resumed"), recomputed("Mon 16:30")
    found = clocks("Mon 16:40", *told)
    assert (found[RESOLUTION].due_at, found[RESOLUTION].used) == (at("Tue 10:00"), 6 * HOUR + 40 * MINUTE)
    assert (found[ANSWER].state, found[ANSWER].due_at) == ("missed", at("Mon 16:30"))
    assert found[FIRST] == clocks("Mon 11:00", OPENED, ANSWERED)[FIRST]


def test_recomputed_with_pauses_of_its_own_leaves_them_out_also_those_before():
    told = OPENED, ANSWERED, ("Mon 11:00", "on_hold"), ("Mon 13:00", "resumed")
    found = clocks("Mon 14:00", *told, recomputed("Mon 14:00", calendar=OFFICE, pauses=["on_hold"]), pauses=())
    assert (found[RESOLUTION].used, found[RESOLUTION].due_at) == (2 * HOUR, at("Thu 12:00"))
    paused = recomputed("Mon 12:00", calendar=OFFICE, pauses=["on_hold"])
    assert clocks("Mon 12:30", *told[:3], paused, pauses=())[RESOLUTION].state == "paused"


def test_recomputed_forgets_no_miss_and_keeps_the_time_of_a_solved_ticket_out():
    missed = clocks("Tue 12:00", OPENED, recomputed("Tue 11:00"))[FIRST]
    assert (missed.state, missed.due_at, missed.target) == ("missed", at("Mon 11:00"), HOUR)
    told = OPENED, ANSWERED, ("Mon 11:00", "solved"), ("Mon 15:00", "reopened")
    reopened = clocks("Mon 16:00", *told, recomputed("Mon 16:00"))[RESOLUTION]
    assert (reopened.used, reopened.segments[1].pause.status) == (2 * HOUR, "solved")
