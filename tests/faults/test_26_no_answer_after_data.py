"""Row 26: the line breaks after the mail was handed over and before "250": nobody knows, and it says so."""

import random
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from helpdesk.errors import Conflict
from helpdesk.services import desk, intake, outbox
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.tickets.models import Delivery, Event, Ticket
from tests.faults.crew import UNSENT
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team
from tests.oracle import Oracle

SEED, MANY = 26, 30
ANSWERS = ["250 kept", "drop", "drop before", "421 closing", "451 later", "550 no", "552 too big"]


@pytest.fixture
def ana(app, sink):
    make_policy()
    team = make_team()
    ana = make_staff(teams=[team])
    ana.mailbox = make_mailbox(team, settings=sink.settings(acknowledge=False))
    answer_customers(ana, 1)
    return ana


def answer_customers(ana, count):
    for number in range(count):
        arrive(ana.mailbox, eml(f"c{number}@customer.test"))
    intake.file_waiting()
    for number in db.session.scalars(select(Ticket.number).where(Ticket.owner_id.is_(None))):
        desk.reply(number, text="answer", by=ana)


def delivery():
    db.session.rollback()
    return db.session.scalar(select(Delivery).execution_options(populate_existing=True))


def deliver(after=timedelta()):
    with pretend(now() + after):
        outbox.deliver_waiting()


def test_it_is_unknown_and_not_sent_again_by_itself(ana, sink):
    sink.answers[:] = ["drop"]
    deliver()
    assert delivery().state == "unknown"
    deliver(after=timedelta(days=3))
    assert len(sink.mails) == 1
    events = db.session.scalars(select(Event).where(Event.kind == "delivery_unknown")).all()
    assert [event.facts["delivery"] for event in events] == [delivery().id]


def test_a_person_may_send_it_once_more_under_the_same_message_id(ana, sink):
    sink.answers[:] = ["drop", "drop"]
    deliver()
    outbox.send_again(delivery().id, by=ana)
    deliver()
    assert delivery().state == "unknown"
    with pytest.raises(Conflict):
        outbox.send_again(delivery().id, by=ana)
    assert len(sink.mails) == 2
    assert len({got.mail["Message-ID"] for got in sink.mails}) == 1


def test_a_line_that_breaks_before_the_content_went_out_is_no_riddle(ana, sink):
    sink.refuse["c0@customer.test"] = "421 closing"
    deliver()
    assert delivery().state == "waiting"
    sink.refuse.clear()
    deliver(after=timedelta(minutes=2))
    assert delivery().state == "sent"
    assert len(sink.mails) == 1


def test_whatever_the_server_does_an_answer_is_sent_once_or_says_what_became_of_it(ana, sink, config):
    oracle, chance = Oracle(config), random.Random(SEED)
    answer_customers(ana, MANY)
    sink.answers[:] = chance.choices(ANSWERS, k=2 * MANY)
    for hours in range(60):
        deliver(after=timedelta(hours=hours))
    assert oracle.one(UNSENT) == 0
    assert list(oracle.wrong_deliveries(sink)) == []
    assert {state for (state,) in oracle.rows("SELECT state FROM delivery")} == {"sent", "failed", "unknown"}


def test_sent_once_more_by_a_person_nothing_is_there_more_than_twice(ana, sink, config):
    oracle, chance = Oracle(config), random.Random(SEED)
    answer_customers(ana, MANY)
    sink.answers[:] = chance.choices(["250 kept", "drop", "550 no"], k=MANY + 1)
    deliver()
    before = dict(oracle.rows("SELECT key, state FROM delivery"))
    for delivery_id in [row for (row,) in oracle.rows("SELECT id FROM delivery WHERE state <> 'sent'")]:
        outbox.send_again(delivery_id, by=ana)
    deliver()
    copies = Counter(got.mail["Message-ID"].strip("<>") for got in sink.mails)
    assert copies == {key: 2 if state == "unknown" else 1 for key, state in before.items()}
