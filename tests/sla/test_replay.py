from datetime import timedelta

import pytest

from helpdesk.sla.clock import Happening
from helpdesk.sla.replay import replay

from .hours import ALWAYS, HOUR, MINUTE, OFFICE, at

TARGETS = {"first_response": 3600, "answer": 7200, "update": None, "resolution": 8 * 3600}
WITH_UPDATES = TARGETS | {"update": 4 * 3600}
PAUSES = ("pending", "on_hold")


def happened(*told):
    """("Mon 10:00", "opened", "customer") and ("Mon 11:00", "targets", {"targets": …}) as happenings, numbered."""
    return [_happening(number, *one) for number, one in enumerate(told, 1)]


def _happening(ref, when, kind, more=None, learned=None):
    by, facts = (None, more) if isinstance(more, dict) else (more, {})
    return Happening(at(when), kind, by, facts, ref, at(learned) if learned else None)


def clocks(until, *told, targets=TARGETS, pauses=PAUSES, calendar=OFFICE):
    done = replay(happened(*told), targets, pauses, calendar, at(until))
    return {f"{clock.clock} {clock.turn}": clock for clock in done.clocks}


def states(until, *told, **more):
    return {name: clock.state for name, clock in clocks(until, *told, **more).items()}


OPENED = ("Mon 10:00", "opened", "customer")
ANSWERED = ("Mon 10:20", "staff_message")
ASKED = ("Mon 11:00", "customer_message")
FIRST = "first_response 1"
ANSWER = "answer 1"
RESOLUTION = "resolution 1"
UPDATE = "update 1"


def test_a_customers_first_contact_starts_first_response_and_resolution():
    started = clocks("Mon 10:30", OPENED)
    assert {name: (c.state, c.due_at, c.used) for name, c in started.items()} == {
        FIRST: ("running", at("Mon 11:00"), 30 * MINUTE),
        RESOLUTION: ("running", at("Tue 10:00"), 30 * MINUTE),
    }


@pytest.mark.parametrize("kind", ["automatic_message", "internal_note", "call_out_unanswered", "no_answer_needed"])
def test_what_is_no_answer_moves_no_clock(kind):
    quiet = states("Mon 12:30", OPENED, ANSWERED, ASKED)
    if kind != "no_answer_needed":
        assert states("Mon 12:30", OPENED, ANSWERED, ASKED, ("Mon 11:10", kind)) == quiet
    assert states("Mon 10:30", OPENED, ("Mon 10:10", kind)) == states("Mon 10:30", OPENED)


@pytest.mark.parametrize("kind", ["staff_message", "call_in_answered", "call_out_answered"])
def test_a_person_on_staff_ends_first_response_and_answer(kind):
    ended = clocks("Mon 13:00", OPENED, ("Mon 10:30", kind), ASKED, ("Mon 12:00", kind))
    assert (ended[FIRST].state, ended[FIRST].ended_at, ended[FIRST].ended_by) == ("met", at("Mon 10:30"), 2)
    assert (ended[ANSWER].state, ended[ANSWER].used, ended[ANSWER].started_by) == ("met", HOUR, 3)


def test_the_deadline_itself_is_met_and_a_microsecond_later_is_missed():
    due = at("Mon 11:00")
    for late, state in ((timedelta(), "met"), (timedelta(microseconds=1), "missed")):
        history = [*happened(OPENED), Happening(due + late, "staff_message")]
        assert replay(history, TARGETS, PAUSES, OFFICE, at("Tue 10:00")).clocks[0].state == state


def test_an_open_clock_is_missed_once_its_due_instant_has_passed():
    assert states("Mon 11:00", OPENED)[FIRST] == "running"
    assert states("Mon 11:01", OPENED)[FIRST] == "missed"


def test_an_answered_call_as_first_contact_starts_and_ends_first_response_at_once():
    called = clocks("Mon 12:00", ("Mon 10:00", "call_in_answered"), targets=WITH_UPDATES)
    assert (called[FIRST].state, called[FIRST].used) == ("met", timedelta())
    assert called[RESOLUTION].state == "running"
    assert called[UPDATE].started_at == at("Mon 10:00")


def test_a_missed_call_starts_clocks_at_the_time_of_the_call():
    called = clocks("Mon 10:30", ("Mon 10:00", "call_in_missed"))
    assert called[FIRST].started_at == called[RESOLUTION].started_at == at("Mon 10:00")
    assert clocks("Mon 12:00", OPENED, ANSWERED, ("Mon 11:00", "call_in_missed"))[ANSWER].started_at == at("Mon 11:00")


def test_a_ticket_opened_by_staff_has_no_first_response_and_the_customer_starts_an_answer():
    opened = ("Mon 10:00", "opened", "staff")
    assert states("Mon 10:30", opened) == {RESOLUTION: "running"}
    assert states("Mon 11:30", opened, ASKED) == {RESOLUTION: "running", ANSWER: "running"}


def test_before_the_first_response_more_messages_start_no_answer_clock():
    assert set(states("Mon 10:40", OPENED, ("Mon 10:05", "customer_message"))) == {FIRST, RESOLUTION}
    no_first = TARGETS | {"first_response": None}
    assert set(states("Mon 10:40", OPENED, ("Mon 10:05", "customer_message"), targets=no_first)) == {RESOLUTION}


def test_a_nagging_customer_does_not_restart_the_answer_clock():
    nagged = clocks("Mon 12:30", OPENED, ANSWERED, ASKED, ("Mon 12:00", "customer_message"))
    assert nagged[ANSWER].due_at == at("Mon 13:00")
    assert "answer 2" not in nagged


def test_each_turn_is_its_own_record():
    turns = ("Mon 11:30", "staff_message"), ("Mon 12:00", "customer_message"), ("Mon 14:30", "staff_message")
    told = states("Mon 15:00", OPENED, ANSWERED, ASKED, *turns)
    assert (told[ANSWER], told["answer 2"]) == ("met", "missed")


def test_no_answer_needed_waives_and_says_who():
    waived = clocks("Mon 16:00", OPENED, ANSWERED, ASKED, ("Mon 12:00", "no_answer_needed", "ana"))[ANSWER]
    assert (waived.state, waived.waived_by, waived.waived_at) == ("waived", "ana", at("Mon 12:00"))


def test_a_waiver_past_due_leaves_it_missed_with_the_waiver_noted():
    waived = clocks("Mon 16:00", OPENED, ANSWERED, ASKED, ("Mon 14:00", "no_answer_needed", "ana"))[ANSWER]
    assert (waived.state, waived.waived_by, waived.ended_at) == ("missed", "ana", at("Mon 14:00"))


def test_solved_without_an_answer_is_closed_unanswered_or_missed():
    assert states("Tue 12:00", OPENED, ("Mon 10:30", "solved")) == {FIRST: "closed_unanswered", RESOLUTION: "met"}
    assert states("Tue 12:00", OPENED, ("Mon 11:30", "solved")) == {FIRST: "missed", RESOLUTION: "met"}
    assert states("Tue 12:00", OPENED, ANSWERED, ASKED, ("Mon 12:00", "solved"))[ANSWER] == "closed_unanswered"


def test_reopened_goes_on_with_the_same_resolution_clock_and_solved_time_is_a_pause():
    told = OPENED, ANSWERED, ("Mon 12:00", "solved"), ("Mon 15:00", "customer_message"), ("Mon 15:00", "reopened")
    again = clocks("Mon 16:00", *told)
    assert (again[RESOLUTION].state, again[RESOLUTION].used, again[RESOLUTION].ended_at) == ("running", 3 * HOUR, None)
    assert again[RESOLUTION].due_at == at("Tue 13:00")
    assert again[ANSWER].started_at == at("Mon 15:00")
    assert [part.pause.status for part in again[RESOLUTION].segments if part.pause] == ["solved"]


def test_a_message_after_solved_without_reopening_leaves_the_resolution_ended():
    thanked = states("Mon 16:00", OPENED, ANSWERED, ("Mon 12:00", "solved"), ("Mon 13:00", "customer_message"))
    assert (thanked[RESOLUTION], thanked[ANSWER]) == ("met", "missed")


def test_a_missed_resolution_stays_missed_when_reopened():
    late = OPENED, ANSWERED, ("Tue 11:00", "solved"), ("Tue 12:00", "reopened")
    again = clocks("Tue 13:00", *late)[RESOLUTION]
    assert (again.state, again.due_at, again.ended_at) == ("missed", at("Tue 10:00"), None)


@pytest.mark.parametrize("status", PAUSES)
def test_a_pause_stops_answer_and_resolution_but_never_first_response(status):
    told = OPENED, ANSWERED, ASKED, ("Mon 11:30", status)
    paused = clocks("Mon 16:00", *told)
    assert {paused[name].state for name in (ANSWER, RESOLUTION)} == {"paused"}
    assert (paused[ANSWER].due_at, paused[ANSWER].used, paused[ANSWER].remaining) == (None, HOUR / 2, 1.5 * HOUR)
    assert states("Mon 11:30", OPENED, ("Mon 10:05", status))[FIRST] == "missed"


def test_a_status_that_the_policy_does_not_name_pauses_nothing_and_ends_a_pause():
    told = OPENED, ANSWERED, ("Mon 11:00", "pending"), ("Mon 13:00", "on_hold")
    assert clocks("Mon 16:00", *told, pauses=["pending"])[RESOLUTION].due_at == at("Tue 12:00")


def test_going_on_after_a_pause_moves_the_deadline_by_working_time_only():
    told = OPENED, ANSWERED, ("Mon 16:00", "pending"), ("Tue 10:00", "resumed")
    assert clocks("Tue 10:30", *told)[RESOLUTION].due_at == at("Tue 12:00")


def test_an_answer_asked_for_during_a_pause_starts_paused():
    told = OPENED, ANSWERED, ("Mon 10:30", "pending"), ASKED
    assert clocks("Mon 16:00", *told)[ANSWER].state == "paused"
    assert clocks("Mon 16:00", *told, ("Mon 15:00", "resumed"))[ANSWER].due_at == at("Mon 17:00")


def test_a_miss_before_the_pause_stays_a_miss():
    told = OPENED, ANSWERED, ASKED, ("Mon 13:30", "pending")
    late = clocks("Mon 16:00", *told)[ANSWER]
    assert (late.state, late.due_at) == ("missed", at("Mon 13:00"))


def test_a_pause_at_the_due_instant_keeps_the_clock_alive():
    told = OPENED, ANSWERED, ASKED, ("Mon 13:00", "pending")
    assert clocks("Mon 16:00", *told)[ANSWER].state == "paused"
    answered = clocks("Mon 16:00", *told, ("Mon 15:00", "resumed"), ("Mon 15:00", "staff_message"))
    assert answered[ANSWER].state == "met"


def test_new_targets_keep_the_used_time():
    changed = ("Mon 12:00", "targets", {"targets": {"answer": 4 * 3600, "resolution": 3 * 3600}})
    told = clocks("Mon 12:30", OPENED, ANSWERED, ASKED, changed)
    assert (told[ANSWER].due_at, told[ANSWER].target) == (at("Mon 15:00"), 4 * HOUR)
    assert told[RESOLUTION].due_at == at("Mon 13:00")
    assert told[FIRST].target == HOUR


def test_a_new_target_already_used_up_falls_due_at_the_change():
    changed = ("Mon 12:30", "targets", {"targets": {"answer": 1800}})
    told = OPENED, ANSWERED, ASKED, changed
    assert clocks("Mon 12:30", *told)[ANSWER].state == "running"
    late = clocks("Mon 12:31", *told)[ANSWER]
    assert (late.state, late.due_at) == ("missed", at("Mon 12:30"))
    paused = clocks("Mon 12:31", OPENED, ANSWERED, ASKED, ("Mon 12:00", "pending"), changed)[ANSWER]
    assert (paused.state, paused.due_at) == ("missed", at("Mon 12:30"))


def test_a_missed_deadline_is_not_forgotten_by_a_larger_target():
    eased = ("Mon 14:00", "targets", {"targets": TARGETS | {"answer": 8 * 3600}})
    late = clocks("Mon 14:30", OPENED, ANSWERED, ASKED, eased)[ANSWER]
    assert (late.state, late.due_at, late.target) == ("missed", at("Mon 13:00"), 2 * HOUR)


def test_a_target_that_comes_later_counts_from_the_start_of_the_turn():
    promised = ("Mon 11:30", "targets", {"targets": TARGETS})
    told = OPENED, ANSWERED, ASKED, promised
    assert clocks("Mon 12:00", *told, targets={})[ANSWER].due_at == at("Mon 13:00")
    assert clocks("Mon 11:15", *told, targets={}) == {}
    assert FIRST not in clocks("Mon 12:00", *told, targets={})


def test_a_promise_taken_back_leaves_no_running_clock():
    taken = ("Mon 11:30", "targets", {"targets": TARGETS | {"answer": None}})
    assert ANSWER not in clocks("Mon 12:00", OPENED, ANSWERED, ASKED, taken)


def test_another_calendar_counts_from_now_on_and_ended_clocks_stay():
    around = ("Mon 16:00", "calendar", {"calendar": ALWAYS})
    told = clocks("Mon 22:00", OPENED, ANSWERED, around)
    assert (told[RESOLUTION].due_at, told[RESOLUTION].used) == (at("Mon 18:00"), 12 * HOUR)
    assert told[FIRST] == clocks("Mon 11:00", OPENED, ANSWERED)[FIRST]


def test_other_pauses_count_from_now_on():
    told = OPENED, ANSWERED, ("Mon 11:00", "pending"), ("Mon 12:00", "pauses", {"pauses": []})
    assert clocks("Mon 13:00", *told)[RESOLUTION].due_at == at("Tue 11:00")


def test_void_covers_ended_clocks_and_undoing_it_restores_every_verdict():
    told = OPENED, ANSWERED, ASKED, ("Mon 12:00", "void")
    voided = replay(happened(*told), TARGETS, PAUSES, OFFICE, at("Tue 10:00"))
    assert {clock.state for clock in voided.clocks} == {"void"}
    assert voided.next_due_at is None
    undone = clocks("Tue 10:00", *told, ("Mon 16:00", "unvoid"))
    assert undone == clocks("Tue 10:00", OPENED, ANSWERED, ASKED)


def test_the_update_turn_runs_from_message_to_message_and_ends_when_solved():
    told = OPENED, ANSWERED, ("Mon 13:00", "call_out_answered"), ("Tue 10:30", "solved")
    news = clocks("Wed 10:00", *told, targets=WITH_UPDATES)
    assert (news[UPDATE].state, news[UPDATE].ended_at) == ("met", at("Mon 13:00"))
    assert (news["update 2"].state, news["update 2"].due_at) == ("missed", at("Mon 17:00"))
    assert news["update 2"].ended_at == at("Tue 10:30")
    assert "update 3" not in news


def test_the_update_turn_is_not_moved_by_the_customer_and_pauses():
    told = OPENED, ANSWERED, ASKED, ("Mon 11:20", "pending")
    assert clocks("Mon 11:10", *told, targets=WITH_UPDATES)[UPDATE].due_at == at("Mon 14:20")
    assert clocks("Mon 16:00", *told, targets=WITH_UPDATES)[UPDATE].state == "paused"


def test_after_solved_our_message_starts_no_update_turn():
    told = OPENED, ANSWERED, ("Mon 11:00", "solved"), ("Mon 11:30", "staff_message")
    assert "update 2" not in clocks("Mon 12:00", *told, targets=WITH_UPDATES)


def test_a_merge_counts_the_resolution_from_the_earlier_contact_until_unmerged():
    joined = ("Mon 12:00", "merged", {"since": at("Mon 09:00"), "ticket": 7})
    merged = clocks("Mon 13:00", OPENED, joined)[RESOLUTION]
    assert (merged.started_at, merged.used, merged.due_at) == (at("Mon 09:00"), 4 * HOUR, at("Mon 17:00"))
    apart = ("Mon 14:00", "unmerged", {"ticket": 7})
    assert clocks("Mon 15:00", OPENED, joined, apart) == clocks("Mon 15:00", OPENED)
    long_ago = ("Mon 12:00", "merged", {"since": at("Mon 09:00") - 72 * HOUR, "ticket": 7})
    assert clocks("Mon 13:00", OPENED, long_ago)[RESOLUTION].due_at == at("Mon 12:00")


def test_a_late_import_is_judged_by_its_own_time_and_known_late():
    missed_call = ("Mon 10:00", "call_in_missed", None, "Mon 14:00")
    late = clocks("Mon 14:00", missed_call)
    assert (late[FIRST].state, late[FIRST].known_late) == ("missed", True)
    assert not late[RESOLUTION].known_late
    assert not clocks("Mon 14:00", ("Mon 10:00", "call_in_missed", None, "Mon 10:30"))[FIRST].known_late


def test_a_mail_after_an_imported_first_call_asks_for_an_answer():
    told = ("Mon 09:30", "call_in_answered"), OPENED
    assert states("Mon 10:30", *told) == {FIRST: "met", RESOLUTION: "running", ANSWER: "running"}


def test_equal_instants_keep_the_order_of_arrival():
    told = ("Mon 10:20", "customer_message"), ANSWERED
    assert states("Mon 12:00", OPENED, *told)[FIRST] == "met"
    assert ANSWER not in states("Mon 12:00", OPENED, *told)
    assert states("Mon 12:00", OPENED, *reversed(told))[ANSWER] == "running"


def test_next_due_is_the_earliest_of_the_running_clocks():
    assert replay(happened(OPENED), TARGETS, PAUSES, OFFICE, at("Mon 10:30")).next_due_at == at("Mon 11:00")
    assert replay(happened(OPENED), TARGETS, PAUSES, OFFICE, at("Mon 11:30")).next_due_at == at("Tue 10:00")
    assert replay([], TARGETS, PAUSES, OFFICE, at("Mon 11:30")).next_due_at is None
