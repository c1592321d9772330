"""A mail that says it is from an agent is an ordinary mail: it acts on nothing, and no customer gets a word of it."""

import pytest
from sqlalchemy import select

from helpdesk.services import desk, intake, outbox
from helpdesk.services.database import db
from helpdesk.services.store import settings
from helpdesk.tickets.models import Message, Ticket
from helpdesk.tickets.tokens import token
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team

pytestmark = pytest.mark.once

AGENT = "Ana Seitova <ana@staff.test>"
ORDERS = "Status: solved\n#close\n/assign me\n\nYour money is on its way, send your card's number to ana@staff.test."


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def ana(team):
    return make_staff("supervisor", [team], email="ana@staff.test", login="ana")


@pytest.fixture
def mailbox(team, sink):
    return make_mailbox(team, settings=sink.settings())


@pytest.fixture
def ticket(mailbox, ana, sink):
    """Marat's, which Ana has answered; he has had his mails."""
    comes(mailbox, eml(Message_ID="<asked@customer.test>"))
    desk.reply(1, text="Which coupon?", by=ana)
    outbox.deliver_waiting()
    sink.mails.clear()
    return one(1)


def comes(mailbox, raw):
    arrive(mailbox, raw)
    intake.file_waiting()


def one(number):
    query = select(Ticket).where(Ticket.number == number).execution_options(populate_existing=True)
    return db.session.scalar(query)


def newest():
    """The last thing that came in."""
    return db.session.scalars(select(Message).where(Message.direction == "in").order_by(Message.id.desc())).first()


def known(number):
    """What would have changed had the mail been obeyed."""
    ticket = one(number)
    return ticket.head, ticket.status, ticket.owner_id, ticket.waiting_since, ticket.due_at, ticket.subject


def sent_to_customers(sink):
    outbox.deliver_waiting()
    return [mail.recipient for mail in sink.mails if mail.recipient.endswith("@customer.test")]


LOOKALIKES = {
    "nothing": {},
    "the number": {"subject": "Re: [#1] The coupon"},
    "the customer's Message-ID": {"In_Reply_To": "<asked@customer.test>", "References": "<asked@customer.test>"},
    "a made-up token": {"to": f"support+{'a' * 42}@helpdesk.test"},
    "control fields": {"X_Helpdesk_Ticket": "1", "X_Helpdesk_Status": "solved", "X_Helpdesk_Author": "ana"},
    "a claim of who signed it": {"Authentication_Results": "helpdesk.test; dkim=pass; dmarc=pass"},
    "another From": {"Sender": "ana@staff.test", "Reply_To": "marat@customer.test"},
}


@pytest.mark.parametrize("more", LOOKALIKES.values(), ids=LOOKALIKES.keys())
def test_without_a_token_it_is_a_new_ticket_and_touches_no_other(mailbox, ticket, sink, more):
    before = known(1)
    comes(mailbox, eml(sender=AGENT, text=ORDERS, **more))
    assert known(1) == before
    assert (newest().ticket.number, newest().kind, newest().direction) == (2, "received", "in")
    assert sent_to_customers(sink) == []


def test_the_new_ticket_is_nobodys_and_waits_for_an_answer(mailbox, ticket):
    comes(mailbox, eml(sender=AGENT, text=ORDERS))
    assert (one(2).status, one(2).owner, one(2).priority) == ("new", None, "normal")
    assert one(2).waiting_since is not None


@pytest.mark.parametrize("way", ["reply address", "Message-ID"])
def test_with_the_customers_token_it_waits_for_approval_and_nothing_is_sent(mailbox, ticket, sink, way):
    signed = token(ticket.secret, settings().secret_key, "marat@customer.test")
    ways = {
        "reply address": {"to": f"support+{signed}@helpdesk.test"},
        "Message-ID": {"In_Reply_To": f"<x.{signed}@y>"},
    }
    before = known(1)[1:]
    comes(mailbox, eml(sender=AGENT, text=ORDERS, **ways[way]))
    assert (newest().ticket.number, newest().kind) == (1, "unapproved")
    assert known(1)[1:] == before
    assert sent_to_customers(sink) == []


def test_the_page_shows_it_as_what_came_in_with_the_address_it_claims(as_, mailbox, ticket, ana):
    comes(mailbox, eml(sender=AGENT, text=ORDERS))
    page = as_(ana).get("/tickets/2").text
    assert 'class="msg msg-in"' in page
    assert 'class="msg msg-out"' not in page
    assert "ana@staff.test" in page
