"""Clocks follow the history, and what runs out is called out once."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from helpdesk.reports import breaches
from helpdesk.services import deadlines, desk, firing, intake
from helpdesk.services.database import db
from helpdesk.services.instant import pretend
from helpdesk.services.store import transaction
from helpdesk.sla.models import Clock, Firing
from helpdesk.tickets import actions
from helpdesk.tickets.actions import Said
from helpdesk.tickets.models import Delivery, Event, Notice, Ticket
from tests.making import HOUR, MINUTE, MONDAY, arrive, eml, make_mailbox, make_policy, make_shift, make_staff, make_team


@pytest.fixture
def team(app):
    make_policy()
    return make_team("Coupons")


@pytest.fixture
def ana(team):
    return make_staff(teams=[team], name="Ana")


@pytest.fixture
def lead(team):
    return make_staff("supervisor", teams=[team], name="Lea")


@pytest.fixture
def ticket(team):
    """A ticket whose first response is due at ten on Monday."""
    with pretend(MONDAY):
        arrive(make_mailbox(team), eml())
        intake.file_waiting()
        return db.session.scalar(select(Ticket))


def fire(at):
    with pretend(at):
        return firing.fire_due()


def thresholds():
    return db.session.scalars(select(Firing.threshold).where(Firing.kind == "first_response").order_by(Firing.id)).all()


def events(kind):
    return db.session.scalars(select(Event).where(Event.kind == kind).order_by(Event.seq)).all()


def clock(kind="first_response", turn=1):
    query = select(Clock).where(Clock.kind == kind, Clock.turn == turn)
    return db.session.scalar(query.execution_options(populate_existing=True))


def test_warnings_and_the_breach_fire_in_their_order_and_once(ticket):
    for minute in range(0, 70, 5):
        fire(MONDAY + minute * MINUTE)
        fire(MONDAY + minute * MINUTE)
    assert thresholds() == ["50%", "75%", "90%", "100%"]


def test_a_breach_is_in_the_history_at_its_own_instant(ticket):
    fire(MONDAY + 3 * HOUR)
    (breach,) = [event for event in events("breached") if event.facts["clock"] == "first_response"]
    assert breach.at == MONDAY + HOUR
    assert breach.recorded_at == MONDAY + 3 * HOUR
    assert clock().state == "missed"


def test_after_a_day_of_downtime_each_missed_threshold_fires_once(ticket):
    fire(MONDAY + timedelta(days=1))
    assert sorted(thresholds()) == ["100%", "50%", "75%", "90%"]
    assert fire(MONDAY + timedelta(days=2)) == 0


def test_what_was_answered_in_time_fires_no_more(ticket, ana):
    with pretend(MONDAY + 10 * MINUTE):
        desk.reply(ticket.number, text="Hello.", by=ana)
    fire(MONDAY + 2 * HOUR)
    assert thresholds() == []
    assert clock().state == "met"


def test_an_answer_three_minutes_late_is_a_breach_even_if_nobody_looked_in_time(ticket, ana):
    with pretend(MONDAY + HOUR + 3 * MINUTE):
        desk.reply(ticket.number, text="Hello.", by=ana)
    assert clock().state == "missed"
    fire(MONDAY + 3 * HOUR)
    assert thresholds() == ["100%"]
    assert [event.at for event in events("breached")] == [MONDAY + HOUR]


def test_an_answer_at_the_due_instant_meets_it(ticket, ana):
    with pretend(MONDAY + HOUR):
        desk.reply(ticket.number, text="Hello.", by=ana)
    assert clock().state == "met"


def test_a_paused_clock_fires_nothing_and_shows_what_is_left(ticket, ana):
    with pretend(MONDAY + 10 * MINUTE):
        desk.reply(ticket.number, text="Hello.", by=ana, then="pend")
    row = db.session.scalar(select(Ticket).execution_options(populate_existing=True))
    assert row.due_at is None
    assert row.paused_left == 8 * 3600 - 600
    fire(MONDAY + timedelta(days=3))
    assert thresholds() == []


def test_the_owner_on_duty_is_warned(ticket, ana, team):
    make_shift(ana, team, MONDAY - HOUR)
    with pretend(MONDAY):
        desk.take(ticket.number, by=ana)
    fire(MONDAY + 31 * MINUTE)
    assert [(notice.person_id, notice.kind) for notice in db.session.scalars(select(Notice))] == [(ana.id, "warned")]


def test_an_absent_owner_is_not_told_but_the_lead_is(ticket, ana, lead):
    with pretend(MONDAY):
        desk.take(ticket.number, by=ana)
    fire(MONDAY + 31 * MINUTE)
    assert {notice.person_id for notice in db.session.scalars(select(Notice))} == {lead.id}


def test_a_breach_is_mailed_to_the_owner_on_duty_and_the_lead(ticket, ana, lead, team):
    make_shift(ana, team, MONDAY - HOUR)
    with pretend(MONDAY):
        desk.take(ticket.number, by=ana)
    fire(MONDAY + 61 * MINUTE)
    mailed = db.session.scalars(select(Delivery.recipient).where(Delivery.kind == "notice")).all()
    assert sorted(mailed) == sorted([ana.contact("email").value, lead.contact("email").value])


def test_each_turn_of_the_customer_is_its_own_promise(ticket, ana):
    with pretend(MONDAY + 10 * MINUTE):
        desk.reply(ticket.number, text="Hello.", by=ana)
    for turn, hour in ((1, 1), (2, 3)):
        with pretend(MONDAY + hour * HOUR):
            _customer_writes(ticket)
        with pretend(MONDAY + (hour + 1) * HOUR):
            desk.reply(ticket.number, text="Hello again.", by=ana)
        assert clock("answer", turn).state == "met"


def _customer_writes(ticket):
    from helpdesk.channels.models import Channel
    from helpdesk.services.sending import _key

    channel = db.session.get_one(Channel, ticket.channel_id)
    arrive(channel, eml(text="And?", In_Reply_To=f"<{_key(ticket, channel, 'marat@customer.test')}>"))
    intake.file_waiting()


def test_a_higher_priority_makes_the_time_shorter_and_keeps_what_was_used(team, ana):
    make_policy({"first_response": 7200}, position=0, by_priority={"urgent": {"first_response": 1800}})
    with pretend(MONDAY):
        arrive(make_mailbox(team), eml())
        intake.file_waiting()
    with pretend(MONDAY + 10 * MINUTE):
        desk.change_priority(1, to="urgent", by=ana)
    assert clock().due_at == MONDAY + 30 * MINUTE


def test_the_sweep_leaves_what_is_not_due(ticket):
    assert fire(MONDAY + MINUTE) == 0
    assert db.session.scalar(select(func.count(Firing.id))) == 0


def test_what_changes_nothing_leaves_the_clocks_of_a_ticket_with_one_event_alone(team, ana):
    arrive(make_mailbox(team, settings={"acknowledge": False}), eml())
    intake.file_waiting()
    desk.change_priority(1, to="normal", by=ana)
    assert db.session.scalar(select(func.count(Clock.id)).where(Clock.kind == "first_response")) == 1


@pytest.fixture
def missed_answer(ticket, ana, team):
    """A ticket whose first answer, asked for at noon, was due at two and has gone by."""
    with pretend(MONDAY + 10 * MINUTE):
        desk.reply(ticket.number, text="Hello.", by=ana)
    with pretend(MONDAY + 3 * HOUR):
        _customer_writes(ticket)
    fire(MONDAY + 6 * HOUR)
    return ticket


def calls_become_known(ticket, at, *calls):
    """Calls that the log tells only at *at*: what came of them, and the minute after nine."""
    with pretend(at), transaction():
        found = db.session.get_one(Ticket, ticket.id, populate_existing=True)
        for outcome, minute in calls:
            said = Said("", "phone")
            db.session.add(
                actions.log_call(found, said, outcome, by=found.customer, at=MONDAY + minute * MINUTE, recorded_at=at)
            )
        deadlines.refresh(found)


def answers():
    query = select(Firing.threshold, Firing.started_at).where(Firing.kind == "answer").order_by(Firing.id)
    return [(threshold, (at - MONDAY) // MINUTE) for threshold, at in db.session.execute(query)]


def broken_answers():
    found = breaches.broken(db.session(), None, MONDAY, 20)
    return [(one.turn, (one.due_at - MONDAY) // MINUTE) for one in found if one.kind == "answer"]


LADDER = [("50%", 180), ("75%", 180), ("90%", 180), ("100%", 180)]


def test_a_promise_that_gets_another_number_is_not_called_out_again(missed_answer):
    calls_become_known(missed_answer, MONDAY + 6 * HOUR, ("call_in_missed", 20), ("call_in_answered", 30))
    fire(MONDAY + 6 * HOUR + MINUTE)
    assert answers() == LADDER
    assert [clock("answer", turn).state for turn in (1, 2)] == ["met", "missed"]
    assert broken_answers() == [(2, 300)]


def test_a_promise_missed_before_one_that_was_called_out_is_called_out_too(missed_answer):
    calls_become_known(missed_answer, MONDAY + 6 * HOUR, ("call_in_missed", 20), ("call_out_answered", 170))
    fire(MONDAY + 6 * HOUR + MINUTE)
    assert answers() == [*LADDER, ("100%", 20)]
    assert broken_answers() == [(2, 300), (1, 140)]


def test_a_promise_that_began_earlier_than_was_known_is_not_called_out_again(missed_answer):
    calls_become_known(missed_answer, MONDAY + 6 * HOUR, ("call_in_missed", 170))
    fire(MONDAY + 6 * HOUR + MINUTE)
    assert answers() == LADDER
    assert broken_answers() == [(1, 290)]


def test_what_was_answered_by_a_call_known_late_is_missed_no_more(missed_answer):
    calls_become_known(missed_answer, MONDAY + 6 * HOUR, ("call_out_answered", 200))
    fire(MONDAY + 6 * HOUR + MINUTE)
    assert answers() == LADDER
    assert broken_answers() == []


def test_what_a_host_wrote_whose_clock_runs_ahead_has_its_deadline_and_is_called_out(ticket, ana):
    with pretend(MONDAY - 10 * MINUTE):
        desk.take(ticket.number, by=ana)
    assert clock().due_at == MONDAY + HOUR
    fire(MONDAY + 61 * MINUTE)
    assert thresholds()[-1] == "100%"


def test_an_answer_from_a_host_whose_clock_runs_ahead_ends_the_promise(ticket, ana):
    with pretend(MONDAY + 40 * MINUTE):
        desk.reply(ticket.number, text="Hello.", by=ana)
    fire(MONDAY + 35 * MINUTE)
    assert thresholds() == []
    assert clock().state == "met"


def test_what_is_still_to_come_makes_nothing_missed_before_its_time(ticket, ana):
    with pretend(MONDAY + 2 * HOUR):
        desk.note(ticket.number, text="From tomorrow.", by=ana)
    with pretend(MONDAY + 10 * MINUTE):
        desk.take(ticket.number, by=ana)
    assert clock().state == "running"
