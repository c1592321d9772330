"""Whoever takes a deadline in hand stops its ladder: nobody is told any more, and what is missed is missed all the same."""

import pytest
from sqlalchemy import select

from helpdesk.channels.models import Channel
from helpdesk.errors import Conflict
from helpdesk.services import deadlines, desk, intake, store
from helpdesk.services.database import db
from helpdesk.services.instant import pretend
from helpdesk.services.store import transaction
from helpdesk.sla.models import Clock
from helpdesk.tickets import actions
from helpdesk.tickets.actions import Said
from helpdesk.tickets.models import Delivery, Event, Notice, Ticket
from helpdesk.tickets.tokens import token
from tests.making import HOUR, MINUTE, MONDAY, arrive, eml, make, make_shift, make_staff, make_team
from tests.services.test_ladder import BREACH, HALF, LATER, LEAD, OWNER, RAISE, climb, climbed

ALL = {"first_response": 3600, "answer": 3600, "resolution": 7200}
POST, MOVE = {"do": "post_chat", "to": "ops"}, {"do": "move_team", "to": "Refunds"}
EVERYTHING = (OWNER, LEAD, POST, RAISE, MOVE)
LADDER = ((HALF, OWNER), ({"at": 0.9}, *EVERYTHING), (BREACH, *EVERYTHING), (LATER, *EVERYTHING))


@pytest.fixture
def team(app):
    make_team("Refunds")
    return make_team("Coupons")


@pytest.fixture
def ana(team):
    person = make_staff(teams=[team], name="Ana")
    make_shift(person, team, MONDAY - HOUR, MONDAY + 48 * HOUR)
    return person


@pytest.fixture
def lead(team):
    return make_staff("supervisor", teams=[team], name="Lea")


@pytest.fixture
def warned(team, ana, lead):
    """A ticket of Ana's whose first response is due at ten, half of the time gone, and who was told of it so far."""
    make(Channel(kind="webhook", name="ops", team_id=team.id, settings={}, state={}))
    climbed(team, *LADDER, owner=ana)
    assert told() == ["warned"]


@pytest.fixture
def several(team, ana):
    """The same of several promises, of which only the owner is told."""
    climbed(team, (HALF, OWNER), (BREACH, OWNER), owner=ana, targets=ALL)


def stop(by, clock="first_response", started_seq=1, at=40 * MINUTE, **more):
    with pretend(MONDAY + at):
        return desk.stop_ladder(1, clock=clock, started_seq=started_seq, by=by, **more)


def told():
    return db.session.scalars(select(Notice.kind).order_by(Notice.id)).all()


def posts():
    return db.session.scalars(select(Delivery.id).where(Delivery.kind == "notice")).all()


def ticket():
    return db.session.scalar(select(Ticket).execution_options(populate_existing=True))


def events(*kinds):
    found = db.session.scalars(select(Event).where(Event.kind.in_(kinds)).order_by(Event.seq))
    return [(event.kind, event.at - MONDAY) for event in found if event.facts["clock"] == "first_response"]


def clock(kind="first_response", turn=1):
    query = select(Clock).where(Clock.kind == kind, Clock.turn == turn)
    return db.session.scalar(query.execution_options(populate_existing=True))


def customer_writes(at):
    signed = token(ticket().secret, store.settings().secret_key)
    with pretend(MONDAY + at):
        arrive(db.session.scalar(select(Channel).where(Channel.kind == "mail")), eml(to=f"a+{signed}@helpdesk.test"))
        intake.file_waiting()


def test_what_is_in_hand_is_told_to_nobody_and_nothing_is_done_to_the_ticket(warned, ana):
    before = posts()
    stop(ana)
    for minutes in (55, 60, 75, 90):
        climb(minutes * MINUTE)
    assert (told(), posts()) == (["warned"], before)
    assert (ticket().priority, ticket().team.name) == ("normal", "Coupons")


def test_the_breach_is_in_the_history_once_at_its_own_instant_and_the_clock_is_missed(warned, ana):
    stop(ana)
    for minutes in (60, 61, 180):
        climb(minutes * MINUTE)
    assert events("warned", "breached", "overdue") == [("warned", 31 * MINUTE), ("breached", HOUR)]
    assert (clock().state, clock().next_fire_at) == ("missed", None)


def test_a_breach_that_nobody_looked_at_in_time_is_told_to_nobody_either(warned, ana):
    stop(ana, at=65 * MINUTE)
    climb(2 * HOUR)
    assert (told(), events("breached")) == (["warned"], [("breached", HOUR)])


def test_what_is_in_hand_after_the_breach_climbs_no_further(team, ana, lead):
    climbed(team, (BREACH, OWNER), (LATER, LEAD), owner=ana, until=HOUR)
    stop(ana, at=65 * MINUTE)
    climb(2 * HOUR)
    assert (told(), events("overdue")) == (["breached"], [])


def test_the_other_clocks_of_the_ticket_warn_on(several, ana):
    stop(ana)
    climb(HOUR)
    assert told() == ["warned", "warned"]
    assert db.session.scalars(select(Notice.facts).order_by(Notice.id)).all()[-1]["clock"] == "resolution"


def test_it_stays_in_hand_when_the_clocks_are_laid_again_from_the_history(warned, ana, lead):
    stop(ana)
    with transaction():
        clock().ladder_stopped_at = None
    with pretend(MONDAY + 45 * MINUTE):
        desk.change_priority(1, to="low", by=lead)
    climb(90 * MINUTE)
    assert clock().ladder_stopped_at == MONDAY + 40 * MINUTE
    assert events("warned", "breached", "overdue") == [("warned", 31 * MINUTE), ("breached", HOUR)]


def test_steps_that_the_release_before_has_armed_tell_nobody(warned, ana):
    steps = clock().steps
    stop(ana)
    with transaction():
        clock().steps, clock().next_threshold = steps, steps[0][0]
        clock().next_fire_at = MONDAY + 54 * MINUTE
    climb(90 * MINUTE)
    assert (set(told()), ticket().team.name, clock().state) == ({"warned"}, "Coupons", "missed")
    assert not db.session.scalars(select(Notice).where(Notice.facts["threshold"].as_string() == "90%")).all()


def test_a_new_turn_has_a_new_ladder(several, ana):
    with pretend(MONDAY + 35 * MINUTE):
        desk.reply(1, text="Hello.", by=ana)
    customer_writes(2 * HOUR)
    climb(2 * HOUR + 30 * MINUTE)
    stop(ana, "answer", clock("answer").started_seq, 2 * HOUR + 40 * MINUTE)
    with pretend(MONDAY + 2 * HOUR + 45 * MINUTE):
        desk.reply(1, text="Hello again.", by=ana)
    customer_writes(4 * HOUR)
    before = len(told())
    climb(4 * HOUR + 30 * MINUTE)
    assert told()[before:] == ["warned"]
    assert [clock("answer", turn).ladder_stopped_at is None for turn in (1, 2)] == [False, True]


def test_what_is_reopened_warns_again(several, ana):
    climb(HOUR)
    stop(ana, "resolution", at=62 * MINUTE)
    for minutes, act in ((70, desk.solve), (80, desk.reopen)):
        with pretend(MONDAY + minutes * MINUTE):
            act(1, by=ana)
    climb(2 * HOUR + 10 * MINUTE)
    query = select(Notice.kind).where(Notice.facts["clock"].as_string() == "resolution", Notice.kind == "breached")
    assert db.session.scalars(query).all()


def test_a_promise_that_began_earlier_than_was_known_stays_in_hand(several, ana):
    with pretend(MONDAY + 35 * MINUTE):
        desk.reply(1, text="Hello.", by=ana)
    customer_writes(2 * HOUR)
    climb(2 * HOUR + 30 * MINUTE)
    stop(ana, "answer", clock("answer").started_seq, 2 * HOUR + 40 * MINUTE)
    with pretend(MONDAY + 2 * HOUR + 41 * MINUTE), transaction():
        found = ticket()
        call = actions.log_call(
            found, Said("", "phone"), "call_in_missed", by=found.customer, at=MONDAY + 110 * MINUTE,
            recorded_at=MONDAY + 2 * HOUR + 41 * MINUTE,
        )  # fmt: skip
        db.session.add(call)
        deadlines.refresh(found)
    assert clock("answer").started_at == MONDAY + 110 * MINUTE
    assert clock("answer").ladder_stopped_at == MONDAY + 2 * HOUR + 40 * MINUTE


def test_twice_is_once(warned, ana, lead):
    stop(ana)
    stop(lead, at=41 * MINUTE)
    assert events("ladder_stopped") == [("ladder_stopped", 40 * MINUTE)]
    assert db.session.scalar(select(Event.actor_id).where(Event.kind == "ladder_stopped")) == ana.id


def test_the_history_says_which_clock(warned, ana):
    stop(ana)
    facts = db.session.scalar(select(Event.facts).where(Event.kind == "ladder_stopped"))
    assert facts == {"clock": "first_response", "turn": 1, "started_seq": 1}


@pytest.mark.parametrize("clock", ["resolution", "answer"])
def test_what_does_not_warn_cannot_be_taken_in_hand(several, ana, clock):
    with pytest.raises(Conflict):
        stop(ana, clock)


def test_what_has_ended_cannot_be_taken_in_hand(warned, ana):
    with pretend(MONDAY + 35 * MINUTE):
        desk.reply(1, text="Hello.", by=ana)
    with pytest.raises(Conflict):
        stop(ana)


def test_a_ticket_that_changed_meanwhile_is_looked_at_first(warned, ana):
    with pytest.raises(Conflict):
        stop(ana, version=ticket().version - 1)
