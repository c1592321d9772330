"""kill -9 of the worker that sends: before the content goes out it is sent by the next one, after it nobody knows."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from helpdesk.services import desk, intake, outbox
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.tickets.models import Delivery, Ticket
from tests.dying import killed
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team

JOB = "helpdesk.services.outbox.deliver_waiting"
BEFORE = [
    ("helpdesk.services.outbox._claim", "before"),
    ("helpdesk.services.outbox._claim", "after"),
    ("helpdesk.services.posting.compose", "after"),
    ("helpdesk.channels.mail.smtp._connect", "after"),
    ("helpdesk.services.outbox._hand_over", "before"),
]
AFTER = [
    ("helpdesk.services.outbox._hand_over", "after"),
    ("helpdesk.channels.mail.smtp._answer", "after"),
    ("helpdesk.services.outbox._settle", "before"),
]


@pytest.fixture
def ticket(app, sink):
    make_policy()
    team = make_team()
    arrive(make_mailbox(team, settings=sink.settings(acknowledge=False)), eml())
    intake.file_waiting()
    ticket = db.session.scalar(select(Ticket))
    desk.reply(ticket.number, text="answer", by=make_staff(teams=[team]))
    return ticket


def state():
    db.session.rollback()
    return db.session.scalar(select(Delivery.state))


def the_next_worker():
    with pretend(now() + timedelta(seconds=121)):
        outbox.deliver_waiting()


@pytest.mark.parametrize(("place", "when"), BEFORE)
def test_killed_before_the_content_went_out_it_is_sent_once(config, ticket, sink, place, when):
    assert killed(config, JOB, place, when)
    the_next_worker()
    assert state() == "sent"
    assert len(sink.mails) == 1


@pytest.mark.parametrize(("place", "when"), AFTER)
def test_killed_after_the_content_went_out_it_is_unknown_and_sent_at_most_once(config, ticket, sink, place, when):
    assert killed(config, JOB, place, when)
    the_next_worker()
    the_next_worker()
    assert state() == "unknown"
    assert len(sink.mails) <= 1


def test_the_last_word_written_is_the_last_word(config, ticket, sink):
    assert killed(config, JOB, "helpdesk.services.outbox._settle", "after")
    the_next_worker()
    assert state() == "sent"
    assert len(sink.mails) == 1
