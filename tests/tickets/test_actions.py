"""The verbs: state and event change together, twice is once, and what is closed stays as it is."""

import pytest

from helpdesk.errors import Conflict, NotAllowed
from helpdesk.tickets import actions
from tests.making import HOUR, MINUTE, MONDAY
from tests.tickets.plain import NOON, kinds, make_person, make_team, make_ticket, opened, said, story

COUPONS, REFUNDS = make_team("Coupons"), make_team("Refunds")
ANA, BEA = make_person("Ana", COUPONS), make_person("Bea", COUPONS, REFUNDS)
STRANGER = make_person("Stranger", REFUNDS, role="administrator")


@pytest.fixture
def ticket():
    return opened(make_ticket(COUPONS))


@pytest.fixture
def closed(ticket):
    actions.close(ticket, by=ANA, at=NOON)
    return ticket


def do(verb, ticket, by=ANA, at=NOON, **more):
    return getattr(actions, verb)(ticket, by=by, at=at, **more)


def as_it_is(ticket):
    shown = ("status", "open", "owner", "team", "priority", "subject", "tags", "version", "event_count", "head")
    return [getattr(ticket, name) for name in (*shown, "solved_at", "waiting_since", "preview")]


CHANGES = [
    ("take", {}, "taken"),
    ("assign", {"to": BEA}, "assigned"),
    ("pend", {}, "pended"),
    ("hold", {}, "held"),
    ("solve", {}, "solved"),
    ("change_priority", {"to": "urgent"}, "priority_changed"),
    ("change_subject", {"to": "Two coupons"}, "subject_changed"),
    ("change_tags", {"to": ["refund", "app"]}, "tags_changed"),
    ("change_team", {"to": REFUNDS}, "team_changed"),
    ("waive_answer", {}, "answer_waived"),
]


class TestEveryVerb:
    @pytest.mark.parametrize(("verb", "more", "event"), CHANGES)
    def test_records_what_it_did_once(self, ticket, verb, more, event):
        do(verb, ticket, **more)
        assert kinds(ticket) == ["opened", event]

    @pytest.mark.parametrize(("verb", "more", "event"), CHANGES)
    def test_says_who_did_it_and_when(self, ticket, verb, more, event):
        do(verb, ticket, **more)
        assert (story(ticket)[-1].actor_id, story(ticket)[-1].at) == (ANA.id, NOON)

    @pytest.mark.parametrize(("verb", "more", "event"), CHANGES)
    def test_done_twice_is_done_once(self, ticket, verb, more, event):
        do(verb, ticket, **more)
        once = as_it_is(ticket)
        do(verb, ticket, at=NOON + MINUTE, **more)
        assert as_it_is(ticket) == once

    @pytest.mark.parametrize(("verb", "more", "event"), CHANGES)
    def test_of_staff_makes_older_forms_stale(self, ticket, verb, more, event):
        do(verb, ticket, **more)
        assert ticket.version == 2

    @pytest.mark.parametrize(("verb", "status"), [("pend", "pending"), ("hold", "on_hold"), ("solve", "solved")])
    def test_of_status_sets_it(self, ticket, verb, status):
        do(verb, ticket)
        assert (ticket.status, ticket.open) == (status, status != "solved")

    @pytest.mark.parametrize(("verb", "more"), [("resume", {}), ("reopen", {}), ("assign", {"to": None})])
    def test_with_nothing_to_do_records_nothing(self, ticket, verb, more):
        do(verb, ticket, **more)
        assert kinds(ticket) == ["opened"]


class TestOpening:
    def test_keeps_what_starts_the_clocks_and_pins_their_policy(self, ticket):
        facts = story(ticket)[0].facts
        known = {name: facts[name] for name in ("origin", "channel", "policy_version", "team", "priority")}
        assert known == {
            "origin": "customer", "channel": "mail", "policy_version": 5, "team": "Coupons", "priority": "normal",
        }  # fmt: skip

    def test_by_staff_says_so_and_is_a_note(self):
        ticket = make_ticket(COUPONS)
        message = actions.open_by_staff(ticket, said("Marat called my mobile."), by=ANA, at=NOON)
        assert (story(ticket)[0].facts["origin"], message.kind) == ("staff", "note")

    def test_what_was_learned_later_keeps_both_instants(self):
        ticket = make_ticket(COUPONS)
        actions.open_for_customer(ticket, said("Hello."), at=MONDAY, recorded_at=NOON)
        assert (story(ticket)[0].at, story(ticket)[0].recorded_at) == (MONDAY, NOON)

    def test_the_history_holds_the_hash_of_what_was_said_and_no_word_of_it(self):
        ticket = make_ticket(COUPONS)
        message = actions.open_for_customer(
            ticket, said("canary one", quoted="canary two", html="canary three"), at=NOON
        )
        assert story(ticket)[0].facts["sha256"] == message.sha256
        assert "canary" not in str(story(ticket)[0].facts)


class TestTalk:
    def test_whoever_answers_an_unowned_ticket_owns_it(self, ticket):
        actions.reply(ticket, said("Hello."), by=ANA, at=NOON)
        assert (ticket.owner, ticket.status, kinds(ticket)) == (ANA, "open", ["opened", "taken", "replied"])

    def test_who_helps_with_an_answer_does_not_take_the_ticket_away(self, ticket):
        actions.take(ticket, by=ANA, at=NOON)
        actions.reply(ticket, said("Hello."), by=BEA, at=NOON)
        assert ticket.owner == ANA

    def test_who_answers_from_outside_the_team_leaves_it_in_the_teams_queue(self, ticket):
        actions.reply(ticket, said("Hello."), by=STRANGER, at=NOON)
        assert (ticket.owner, kinds(ticket)) == (None, ["opened", "replied"])

    def test_the_customer_waits_since_their_oldest_unanswered_words(self, ticket):
        for minutes in (10, 20):
            actions.receive(ticket, said("And?"), by=ticket.customer, at=MONDAY + minutes * MINUTE)
        assert ticket.waiting_since == MONDAY

    def test_an_answer_ends_the_wait_and_a_note_does_not(self, ticket):
        actions.note(ticket, said("Look at this."), by=ANA, at=NOON)
        assert ticket.waiting_since == MONDAY
        actions.reply(ticket, said("Hello."), by=ANA, at=NOON)
        assert ticket.waiting_since is None

    @pytest.mark.parametrize(("verb", "event"), [("pend", "resumed"), ("hold", "resumed"), ("solve", "reopened")])
    def test_the_customers_words_end_a_pause_and_reopen_what_was_solved(self, ticket, verb, event):
        do(verb, ticket)
        actions.receive(ticket, said("And?"), by=ticket.customer, at=NOON + HOUR)
        assert kinds(ticket)[2:] == [event, "received"]
        assert (ticket.status, ticket.open, ticket.solved_at) == ("open", True, None)

    @pytest.mark.parametrize("verb", ["pend", "hold", "solve"])
    def test_a_machines_words_move_nothing(self, ticket, verb):
        do(verb, ticket)
        before = (ticket.status, ticket.waiting_since, ticket.preview, ticket.version)
        actions.receive_automatic(ticket, said("I am away."), by=ticket.customer, at=NOON + HOUR)
        assert (ticket.status, ticket.waiting_since, ticket.preview, ticket.version) == before

    @pytest.mark.parametrize("verb", ["pend", "hold", "solve"])
    def test_a_strangers_words_move_nothing_until_they_are_approved(self, ticket, verb):
        do(verb, ticket)
        status = ticket.status
        message = actions.hold_for_approval(ticket, said("Let me in."), by=make_person("X", role=None), at=NOON)
        assert (ticket.status, message.kind) == (status, "unapproved")
        actions.approve(ticket, message, by=ANA, at=NOON + HOUR)
        assert (ticket.status, ticket.open, message.kind) == ("open", True, "received")

    def test_what_was_approved_waits_for_an_answer_from_then_on(self, ticket):
        actions.reply(ticket, said("Hello."), by=ANA, at=NOON)
        message = actions.hold_for_approval(ticket, said("Let me in."), by=make_person("X", role=None), at=NOON)
        actions.approve(ticket, message, by=ANA, at=NOON + HOUR)
        assert ticket.waiting_since == NOON + HOUR

    def test_an_acknowledgement_is_no_answer(self, ticket):
        actions.acknowledge(ticket, said("We have it."), at=NOON)
        assert (ticket.waiting_since, ticket.version, ticket.status) == (MONDAY, 1, "new")


class TestCalls:
    @pytest.mark.parametrize(
        ("outcome", "origin", "waits"),
        [
            ("call_in_answered", "customer", False),
            ("call_in_missed", "customer", True),
            ("call_out_answered", "staff", False),
            ("call_out_unanswered", "staff", False),
        ],
    )
    def test_a_call_opens_a_ticket_when_it_rang(self, outcome, origin, waits):
        ticket = make_ticket(COUPONS)
        actions.open_for_call(
            ticket, said(""), outcome, began_at=MONDAY, by=ticket.customer, at=MONDAY + MINUTE, recorded_at=NOON
        )
        first, call = story(ticket)
        assert (first.kind, first.at, first.facts["origin"]) == ("opened", MONDAY, origin)
        assert (call.kind, call.at, call.recorded_at) == (outcome, MONDAY + MINUTE, NOON)
        assert (ticket.waiting_since is not None) is waits

    @pytest.mark.parametrize(("verb", "event"), [("pend", "resumed"), ("hold", "resumed"), ("solve", "reopened")])
    @pytest.mark.parametrize("outcome", ["call_in_answered", "call_in_missed"])
    def test_a_customer_who_calls_is_heard_like_one_who_writes(self, ticket, verb, event, outcome):
        do(verb, ticket)
        actions.log_call(ticket, said(""), outcome, by=ticket.customer, at=NOON + HOUR)
        assert kinds(ticket)[2:] == [event, outcome]

    @pytest.mark.parametrize("verb", ["pend", "hold", "solve"])
    def test_a_call_learned_of_when_other_things_have_happened_changes_no_status(self, ticket, verb):
        do(verb, ticket)
        status = ticket.status
        actions.log_past_call(
            ticket, said(""), "call_in_missed", by=ticket.customer, at=NOON - HOUR, recorded_at=NOON + HOUR
        )
        assert (ticket.status, kinds(ticket)[-1]) == (status, "call_in_missed")

    @pytest.mark.parametrize("verb", ["pend", "solve"])
    def test_our_own_call_ends_no_pause(self, ticket, verb):
        do(verb, ticket)
        status = ticket.status
        actions.log_call(ticket, said(""), "call_out_answered", by=ANA, at=NOON + HOUR)
        assert ticket.status == status


class TestOwner:
    def test_the_first_owner_makes_it_open(self, ticket):
        actions.take(ticket, by=ANA, at=NOON)
        assert (ticket.owner, ticket.status) == (ANA, "open")

    def test_the_event_names_who_had_it_and_who_has_it(self, ticket):
        actions.take(ticket, by=ANA, at=NOON)
        actions.assign(ticket, to=BEA, by=ANA, at=NOON)
        actions.assign(ticket, to=None, by=ANA, at=NOON)
        assert [(event.facts.get("old_id"), event.facts.get("new_id")) for event in story(ticket)[1:]] == [
            (None, ANA.id),
            (ANA.id, BEA.id),
            (BEA.id, None),
        ]

    @pytest.mark.parametrize(("verb", "more"), [("take", {"by": STRANGER}), ("assign", {"to": STRANGER})])
    def test_nobody_outside_the_team_owns_it(self, ticket, verb, more):
        with pytest.raises(NotAllowed):
            do(verb, ticket, **more)
        assert (ticket.owner, kinds(ticket)) == (None, ["opened"])

    def test_nobody_who_has_left_owns_it(self, ticket):
        gone = make_person("Gone", COUPONS)
        gone.active = False
        with pytest.raises(NotAllowed):
            actions.assign(ticket, to=gone, by=ANA, at=NOON)

    @pytest.mark.parametrize(("owner", "stays"), [(ANA, False), (BEA, True)])
    def test_in_another_team_it_keeps_only_an_owner_who_is_there_too(self, ticket, owner, stays):
        actions.take(ticket, by=owner, at=NOON)
        actions.change_team(ticket, to=REFUNDS, by=owner, at=NOON)
        assert (ticket.owner == owner) is stays
        assert kinds(ticket)[2:] == ["team_changed"] + ["assigned"] * (not stays)


class TestEnds:
    def test_solving_says_when_and_asks_for_no_answer_any_more(self, ticket):
        actions.solve(ticket, by=ANA, at=NOON)
        assert (ticket.solved_at, ticket.waiting_since) == (NOON, None)

    def test_closing_an_open_ticket_solves_it_first(self, ticket):
        actions.close(ticket, by=ANA, at=NOON)
        assert (kinds(ticket)[1:], ticket.status, ticket.open) == (["solved", "closed"], "closed", False)

    def test_closing_keeps_when_it_was_solved(self, ticket):
        actions.solve(ticket, by=ANA, at=NOON)
        actions.close(ticket, by=ANA, at=NOON + HOUR)
        assert (ticket.solved_at, kinds(ticket)[1:]) == (NOON, ["solved", "closed"])

    def test_reopening_takes_up_what_was_closed(self, closed):
        actions.reopen(closed, by=ANA, at=NOON + HOUR)
        assert (closed.status, closed.open, closed.solved_at) == ("open", True, None)

    @pytest.mark.parametrize("verb", ["pend", "hold", "resume"])
    @pytest.mark.parametrize("end", ["solve", "close"])
    def test_what_has_ended_does_not_wait(self, ticket, verb, end):
        do(end, ticket)
        with pytest.raises(Conflict):
            do(verb, ticket)

    @pytest.mark.parametrize(
        "act",
        [
            lambda ticket: actions.take(ticket, by=ANA, at=NOON),
            lambda ticket: actions.assign(ticket, to=BEA, by=ANA, at=NOON),
            lambda ticket: actions.reply(ticket, said("Hello."), by=ANA, at=NOON),
            lambda ticket: actions.receive(ticket, said("And?"), by=ticket.customer, at=NOON),
            lambda ticket: actions.log_call(ticket, said(""), "call_in_missed", by=ticket.customer, at=NOON + HOUR),
        ],
    )
    def test_what_is_closed_stays_closed_and_as_it_is(self, closed, act):
        before = as_it_is(closed)
        with pytest.raises(Conflict):
            act(closed)
        assert as_it_is(closed) == before


def test_a_closed_ticket_whose_owner_would_have_to_let_go_stays_where_it_is(ticket):
    actions.take(ticket, by=ANA, at=NOON)
    actions.close(ticket, by=ANA, at=NOON)
    with pytest.raises(Conflict):
        actions.change_team(ticket, to=REFUNDS, by=ANA, at=NOON)
    assert (ticket.team, ticket.owner) == (COUPONS, ANA)
