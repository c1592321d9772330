"""The line breaks after the mail was handed over and before "250": nobody knows, and it says so."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from helpdesk.errors import Conflict
from helpdesk.services import desk, intake, outbox
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.tickets.models import Delivery, Event, Ticket
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team


@pytest.fixture
def ana(app, sink):
    make_policy()
    team = make_team()
    mailbox = make_mailbox(team, settings=sink.settings(acknowledge=False))
    ana = make_staff(teams=[team])
    arrive(mailbox, eml())
    intake.file_waiting()
    desk.reply(db.session.scalar(select(Ticket.number)), text="answer", by=ana)
    return ana


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
    sink.refuse["marat@customer.test"] = "421 closing"
    deliver()
    assert delivery().state == "waiting"
    sink.refuse.clear()
    deliver(after=timedelta(minutes=2))
    assert delivery().state == "sent"
    assert len(sink.mails) == 1
