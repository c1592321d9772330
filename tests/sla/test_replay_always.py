"""What holds of every history, whatever happened in it."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk.sla.clock import Happening
from helpdesk.sla.replay import KINDS, ReplayError, replay

from .hours import ALWAYS, MINUTE, OFFICE, at
from .test_replay import PAUSES, WITH_UPDATES

FACTS = {
    "targets": {"targets": {"first_response": 1800, "answer": 3600, "update": 5400, "resolution": 9000}},
    "calendar": {"calendar": ALWAYS},
    "pauses": {"pauses": ["on_hold"]},
    "recomputed": {"targets": {"answer": 1800, "resolution": 7200}, "calendar": ALWAYS, "pauses": ["pending"]},
    "merged": {"since": at("Mon 00:00"), "ticket": 1},
    "unmerged": {"ticket": 1},
}


@st.composite
def histories(draw, kinds=KINDS):
    """Up to a dozen happenings of one week, at different instants, in the order of their happening."""
    minutes = sorted(draw(st.sets(st.integers(0, 5 * 1440), max_size=12)))
    return [
        Happening(
            at("Mon 00:00") + minute * MINUTE,
            kind := draw(st.sampled_from(kinds)),
            draw(st.sampled_from(["customer", "staff"])),
            FACTS.get(kind, {}),
            ref,
        )
        for ref, minute in enumerate(minutes)
    ]


UNTIL = st.integers(0, 7 * 1440).map(lambda minute: at("Mon 00:00") + minute * MINUTE)
REVERSIBLE = ("void", "unvoid", "merged", "unmerged")
SETTLED = [kind for kind in KINDS if kind not in REVERSIBLE] + ["opened", "staff_message", "solved", "targets"]
BUSY = settings(max_examples=250, deadline=None)


@BUSY
@given(histories(), UNTIL)
def test_every_state_agrees_with_its_own_instants(history, until):
    for clock in replay(history, WITH_UPDATES, PAUSES, OFFICE, until).clocks:
        if clock.state == "met":
            assert clock.ended_at <= clock.due_at
        if clock.state == "missed":
            assert (clock.ended_at or until) > clock.due_at
        if clock.state == "running":
            assert until <= clock.due_at
            assert clock.due_at == clock.calendar.due_at(until, clock.remaining) or clock.remaining <= timedelta()
        if clock.state == "paused":
            assert clock.due_at is None
            assert clock.remaining >= timedelta()


@BUSY
@given(histories(), UNTIL)
def test_used_time_is_what_the_segments_counted_and_they_have_no_gaps(history, until):
    for clock in replay(history, WITH_UPDATES, PAUSES, OFFICE, until).clocks:
        counted = [p.calendar.elapsed(p.start, p.end) for p in clock.segments if not p.pause]
        assert clock.used == sum(counted, timedelta())
        edges = [clock.started_at, *(part.end for part in clock.segments)]
        assert [part.start for part in clock.segments] == edges[:-1]


@BUSY
@given(histories(), UNTIL)
def test_turns_count_from_one_and_only_the_last_is_open(history, until):
    done = replay(history, WITH_UPDATES, PAUSES, OFFICE, until)
    for name in WITH_UPDATES:
        turns = [clock for clock in done.clocks if clock.clock == name]
        assert [clock.turn for clock in turns] == list(range(1, len(turns) + 1))
        assert all(clock.ended_at or clock.state == "void" for clock in turns[:-1])


RULES = ("targets", "calendar", "pauses", "recomputed")
LIVELY = [kind for kind in SETTLED if kind not in RULES]
OTHER = {"first_response": 1800, "answer": 5400, "update": None, "resolution": 12 * 3600}


@BUSY
@given(histories(LIVELY), UNTIL, st.sampled_from(["targets", "recomputed"]))
def test_other_rules_never_change_an_ended_clock(history, until, kind):
    edit = Happening(until, kind, facts={"targets": OTHER, "calendar": ALWAYS, "pauses": ["on_hold"]})
    before = replay(history, WITH_UPDATES, PAUSES, OFFICE, until).clocks
    after = replay([*history, edit], WITH_UPDATES, PAUSES, OFFICE, until).clocks
    assert [clock for clock in before if not clock.open] == [clock for clock in after if not clock.open]
    late = {(clock.clock, clock.turn, clock.due_at) for clock in before if clock.open and clock.state == "missed"}
    assert late <= {(clock.clock, clock.turn, clock.due_at) for clock in after if clock.state == "missed"}


@BUSY
@given(histories(LIVELY), UNTIL)
def test_recomputed_is_as_if_the_new_rules_had_always_held(history, until):
    edit = Happening(until, "recomputed", facts={"targets": OTHER, "calendar": ALWAYS, "pauses": ["on_hold"]})
    after = replay([*history, edit], WITH_UPDATES, PAUSES, OFFICE, until).clocks
    always = {(one.clock, one.started_at): one for one in replay(history, OTHER, ["on_hold"], ALWAYS, until).clocks}
    for clock in after:
        if clock.open and clock.state != "missed":
            same = always[clock.clock, clock.started_at]
            assert (clock.used, clock.target, clock.pause) == (same.used, same.target, same.pause)
            assert clock.due_at == (same.due_at if same.remaining > timedelta() else until)


@BUSY
@given(histories(), UNTIL, st.randoms())
def test_the_order_of_the_list_does_not_matter(history, until, random):
    shuffled = random.sample(history, len(history))
    assert replay(shuffled, WITH_UPDATES, PAUSES, OFFICE, until) == replay(history, WITH_UPDATES, PAUSES, OFFICE, until)


@BUSY
@given(histories(SETTLED), UNTIL)
def test_what_has_ended_never_changes_but_for_a_reopened_resolution(history, until):
    after = {(c.clock, c.turn): c for c in replay(history, WITH_UPDATES, PAUSES, OFFICE, until).clocks}
    for early in (happening.at for happening in history if happening.at <= until):
        reopened = any(happening.kind == "reopened" and early < happening.at <= until for happening in history)
        for clock in replay(history, WITH_UPDATES, PAUSES, OFFICE, early).clocks:
            if clock.ended_at and not (clock.clock == "resolution" and reopened):
                assert after[clock.clock, clock.turn] == clock
            if clock.state == "missed":
                assert after[clock.clock, clock.turn].state == "missed"
                assert after[clock.clock, clock.turn].due_at == clock.due_at


@BUSY
@given(histories(SETTLED), UNTIL)
def test_void_and_back_is_as_if_nothing_had_been(history, until):
    end = at("Sun 23:59")
    voided = [*history, Happening(end, "void"), Happening(end, "unvoid")]
    assert replay(voided, WITH_UPDATES, PAUSES, OFFICE, end) == replay(history, WITH_UPDATES, PAUSES, OFFICE, end)


@pytest.mark.parametrize(("kind", "sentence"), [("teleported", "is not a happening"), ("targets", "lacks its targets")])
def test_what_cannot_be_replayed_is_refused_by_name(kind, sentence):
    with pytest.raises(ReplayError, match=f"'{kind}' {sentence}"):
        replay([Happening(at("Mon 10:00"), kind)], WITH_UPDATES, PAUSES, OFFICE, at("Tue 10:00"))
