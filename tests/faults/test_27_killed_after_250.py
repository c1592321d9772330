"""Row 27: kill -9 of the worker that sends: before the content goes out the next one sends it, after it nobody knows."""

import random
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from helpdesk.services import desk, intake, outbox
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.tickets.models import Delivery, Ticket
from tests.dying import killed
from tests.faults.crew import UNSENT, crew
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team
from tests.oracle import Oracle
from tests.processes import eventually

SEED, MANY, KILLS = 27, 30, 3
JOB = "helpdesk.services.outbox.deliver_waiting"
BEFORE = [
    ("helpdesk.services.outbox._claim", "before"),
    ("helpdesk.services.outbox._claim", "after"),
    ("helpdesk.services.posting.compose", "after"),
    ("helpdesk.channels.mail.smtp._connect", "after"),
    ("helpdesk.services.outbox._hand_over", "before"),
]
AFTER = [
    ("helpdesk.services.outbox._hand_over", "after", 0),
    ("helpdesk.channels.mail.smtp._answer", "after", 1),
    ("helpdesk.services.outbox._settle", "before", 1),
]


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def ana(team):
    return make_staff(teams=[team])


@pytest.fixture
def mailbox(team, sink):
    return make_mailbox(team, settings=sink.settings(acknowledge=False))


@pytest.fixture
def ticket(mailbox, ana):
    arrive(mailbox, eml())
    intake.file_waiting()
    ticket = db.session.scalar(select(Ticket))
    desk.reply(ticket.number, text="answer", by=ana)
    return ticket


def delivery():
    db.session.rollback()
    return db.session.scalar(select(Delivery).execution_options(populate_existing=True))


def the_next_worker():
    with pretend(now() + timedelta(seconds=121)):
        outbox.deliver_waiting()


@pytest.mark.parametrize(("place", "when"), BEFORE)
def test_killed_before_the_content_went_out_it_is_sent_once(config, ticket, sink, place, when):
    assert killed(config, JOB, place, when)
    the_next_worker()
    assert (delivery().state, len(sink.mails)) == ("sent", 1)


@pytest.mark.parametrize(("place", "when", "copies"), AFTER)
def test_killed_after_the_content_went_out_it_is_unknown_and_sent_by_nobody_else(
    config, ticket, sink, place, when, copies
):
    assert killed(config, JOB, place, when)
    the_next_worker()
    the_next_worker()
    assert (delivery().state, len(sink.mails)) == ("unknown", copies)
    assert list(Oracle(config).wrong_deliveries(sink)) == []


@pytest.mark.parametrize(("place", "when", "copies"), AFTER)
def test_a_person_may_send_the_unknown_once_more_under_the_same_message_id(
    config, ticket, ana, sink, place, when, copies
):
    assert killed(config, JOB, place, when)
    the_next_worker()
    outbox.send_again(delivery().id, by=ana)
    the_next_worker()
    assert (delivery().state, len(sink.mails)) == ("sent", copies + 1)
    assert len({got.mail["Message-ID"] for got in sink.mails}) == 1


def test_the_last_word_written_is_the_last_word(config, ticket, sink):
    assert killed(config, JOB, "helpdesk.services.outbox._settle", "after")
    the_next_worker()
    assert (delivery().state, len(sink.mails)) == ("sent", 1)


def two_minutes_pass():
    """What the dead had in their hands is taken back."""
    held = update(Delivery).where(Delivery.state == "sending")
    db.session.execute(held.values(next_try_at=datetime.now(UTC)))
    db.session.commit()


def test_workers_killed_at_random_while_they_send_double_nothing_and_hide_nothing(config, mailbox, ana, sink):
    oracle, chance = Oracle(config), random.Random(SEED)
    for number in range(MANY):
        arrive(mailbox, eml(f"c{number}@customer.test"))
    intake.file_waiting()
    with crew(config) as workers:
        for number in db.session.scalars(select(Ticket.number)).all():
            desk.reply(number, text="answer", by=ana)
            if number % (MANY // KILLS) == 0:
                sent = len(sink.mails)
                eventually(lambda: len(sink.mails) > sent or oracle.one(UNSENT) == 0, 60)  # noqa: B023
                time.sleep(chance.uniform(0, 0.05))
                workers.kill(0, 1)
                workers.replace(0, 1)
        workers.kill(0, 1)
        two_minutes_pass()
        workers.replace(0, 1)
        eventually(lambda: oracle.one(UNSENT) == 0, 60)
    assert list(oracle.wrong_deliveries(sink)) == []
    assert oracle.problems() == []
