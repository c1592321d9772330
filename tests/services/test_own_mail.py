"""Mail of ours that comes back opens nothing; mail that only looks like ours is the customer's."""

import re

import pytest
from sqlalchemy import select

from helpdesk.channels.ledger import Inbox
from helpdesk.channels.mail.compose import compose
from helpdesk.services import intake
from helpdesk.services.database import db
from helpdesk.services.letters import letter_of
from helpdesk.tickets.models import Delivery, Ticket
from tests.making import arrive, eml, make_mailbox, make_policy, make_team


@pytest.fixture
def mailbox(app):
    make_policy()
    return make_mailbox(make_team())


def file(mailbox, raw):
    """What became of it, and why."""
    arrive(mailbox, raw)
    intake.file_waiting()
    db.session.rollback()
    newest = db.session.scalars(select(Inbox).order_by(Inbox.id.desc()).limit(1)).one()
    return newest.state, newest.reason


@pytest.fixture
def acknowledgement(mailbox):
    """The first mail's acknowledgement as it went over the wire."""
    file(mailbox, eml())
    return compose(letter_of(db.session.scalars(select(Delivery)).one(), mailbox))


@pytest.mark.parametrize(
    ("pattern", "text"),
    [(b"$^", b""), (b"Message-ID: <.*>", b"Message-ID: <1@relay.test>"), (b"From: .*", b"From: marat@customer.test")],
)
@pytest.mark.parametrize("marked", [True, False])
def test_our_acknowledgement_that_comes_back_is_refused(mailbox, acknowledgement, pattern, text, marked):
    raw = re.sub(pattern, text, acknowledgement)
    assert file(mailbox, raw if marked else raw.replace(b"Auto-Submitted", b"X-Lost")) == ("refused", "own")
    assert len(db.session.scalars(select(Ticket)).all()) == 1


def test_a_customers_mail_that_bears_our_host_opens_a_ticket(mailbox):
    assert file(mailbox, eml(Message_ID="<x1@helpdesk.test>")) == ("filed", "")


def test_a_form_that_sends_in_our_name_opens_a_ticket_and_nobody_is_sent_anything(mailbox):
    form = eml(sender="support@helpdesk.test", Reply_To="Vera <vera@customer.test>")
    assert file(mailbox, form) == ("filed", "")
    assert db.session.scalars(select(Delivery)).all() == []
