"""Row 29: the wall clock jumps with a promise half a minute from its breach: called out once, nobody hangs, nobody storms."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from helpdesk.services import intake, leases, outbox
from helpdesk.services.instant import now
from tests import making
from tests.faults.crew import BREACHES, UNSENT, UNSETTLED
from tests.faults.promises import look
from tests.oracle import Oracle, instant
from tests.processes import eventually
from workers.schedule import BEAT, SEAT, tick

LEFT = timedelta(seconds=30)
TARGETS = {"first_response": LEFT.seconds, "answer": None, "update": None, "resolution": None}
JUMPS = [timedelta(hours=1), timedelta(hours=-1), timedelta(days=3652)]
PROMISED = "SELECT due_at FROM clock"
TOLD = "SELECT count(*) FROM notice WHERE kind = 'breached'"
LEADER = "SELECT holder FROM lease WHERE name = 'tick'"


@pytest.fixture
def mailbox(app, sink):
    making.make_policy(TARGETS)
    team = making.make_team()
    making.make_staff("supervisor", teams=[team])
    return making.make_mailbox(team, settings=sink.settings(acknowledge=False))


def clock_at(when):
    """The wall clock set to an instant; it runs on from there, and the steady clock knows nothing of it."""
    return time_machine.travel(when, tick=True)


def later(jump):
    return clock_at(datetime.now(UTC) + jump)


def ticks(app):
    return tick(app), tick(app)


def look_around(ticks):
    """Some beats of all of them; none wants to rest for longer than between two beats."""
    for found in (*ticks, *ticks, *ticks):
        assert 0 <= look(found) <= BEAT


@pytest.mark.parametrize("jump", JUMPS, ids=str)
def test_whatever_the_clock_does_the_breach_is_called_out_once_and_told_once(app, config, mailbox, sink, jump):
    oracle, both = Oracle(config), ticks(app)
    making.arrive(mailbox, making.eml())
    intake.file_waiting()
    due_at = instant(oracle.one(PROMISED))
    look_around(both)
    assert oracle.one(BREACHES) == 0
    with later(jump):
        look_around(both)
        assert oracle.one(BREACHES) == (jump > LEFT)
    look_around(both)
    with clock_at(due_at + timedelta(microseconds=1)):
        look_around(both)
        outbox.deliver_waiting()
    assert [when for _, _, _, when, _ in oracle.breaches()] == [due_at]
    assert oracle.problems() == []
    assert (oracle.one(TOLD), len(sink.mails)) == (1, 1)
    assert list(oracle.wrong_deliveries(sink)) == []


def test_what_came_while_the_clock_was_years_ahead_is_filed_and_sent_when_it_is_right_again(app, config, mailbox, sink):
    oracle, found = Oracle(config), tick(app)
    mailbox = making.make_mailbox(mailbox.team, "more@helpdesk.test", sink.settings())
    with later(max(JUMPS)):
        making.arrive(mailbox, making.eml("one@customer.test"))
        intake.file_waiting()
        making.arrive(mailbox, making.eml("other@customer.test"))
    for _ in range(3):
        look(found)
    assert (oracle.one(UNSETTLED), oracle.one(UNSENT)) == (0, 0)
    assert [got.recipient for got in sink.mails] == ["one@customer.test", "other@customer.test"]


@pytest.mark.parametrize("jump", JUMPS, ids=str)
def test_whatever_the_clock_does_the_seat_of_a_dead_tick_is_free_within_seconds(app, config, jump):
    def seat(name):
        return leases.Seat("tick", name, SEAT)

    assert seat("dead").hold()
    with later(jump):
        eventually(seat("second").hold)
    eventually(seat("third").hold)
    assert Oracle(config).one(LEADER) == "third"


@pytest.mark.parametrize("jump", JUMPS, ids=str)
def test_whatever_the_clock_does_a_living_tick_holds_its_seat(app, jump):
    mine = leases.Seat("tick", "mine", SEAT)
    assert mine.hold()
    with later(jump):
        begun = now()
        eventually(lambda: mine.hold() and now() > begun + timedelta(seconds=SEAT / 2))
        assert not leases.Seat("tick", "yours", SEAT).hold()
