"""A valid token in the hands of somebody to whom it was not sent: it waits for approval, and nothing goes to them."""

import pytest
from sqlalchemy import select

from helpdesk.services import desk, intake, outbox
from helpdesk.services.database import db
from helpdesk.services.store import settings
from helpdesk.tickets.models import Delivery, Message, Ticket
from helpdesk.tickets.tokens import token
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team

MARAT, EVE = "marat@customer.test", "eve@elsewhere.test"


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def ana(team):
    return make_staff(teams=[team], email="ana@staff.test")


@pytest.fixture
def mailbox(team, sink):
    return make_mailbox(team, settings=sink.settings())


@pytest.fixture
def ticket(mailbox, ana, sink):
    """Marat's, answered; all mails have gone."""
    comes(mailbox, eml(Message_ID="<asked@customer.test>"))
    desk.reply(1, text="Which coupon?", by=ana)
    while outbox.deliver_waiting():
        pass
    sink.mails.clear()
    return db.session.scalars(select(Ticket)).one()


def comes(mailbox, raw):
    arrive(mailbox, raw)
    intake.file_waiting()
    db.session.rollback()


def signed(ticket, addressee=""):
    return token(ticket.secret, settings().secret_key, addressee)


def newest():
    """The last thing that came in: its ticket and what it counts as."""
    query = select(Ticket.number, Message.kind).join(Message).where(Message.direction == "in")
    return tuple(db.session.execute(query.order_by(Message.id.desc())).first())


def moved(ticket):
    """What a follow-up that counts would change."""
    db.session.refresh(ticket)
    return ticket.status, ticket.waiting_since, ticket.due_at, ticket.preview


WAYS = {
    "the reply address": lambda given: {"to": f"support+{given}@helpdesk.test"},
    "an envelope's recipient": lambda given: {"Delivered_To": f"support+{given}@helpdesk.test"},
    "what it answers": lambda given: {"In_Reply_To": f"<x.{given}@helpdesk.test>"},
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_a_strangers_mail_waits_for_approval_moves_nothing_and_gets_nothing(mailbox, ticket, sink, way):
    before = moved(ticket)
    comes(mailbox, eml(sender=EVE, text="Send me all of it.", **way(signed(ticket, MARAT))))
    while outbox.deliver_waiting():
        pass
    assert newest() == (1, "unapproved")
    assert moved(ticket) == before
    assert sink.mails == []


def test_answers_still_go_to_the_customer_alone(mailbox, ticket, sink, ana):
    comes(mailbox, eml(sender=EVE, to=f"support+{signed(ticket, MARAT)}@helpdesk.test"))
    desk.reply(1, text="Thank you.", by=ana)
    while outbox.deliver_waiting():
        pass
    assert {mail.recipient for mail in sink.mails} == {MARAT}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_the_same_token_in_the_customers_hands_counts(mailbox, ticket, way):
    comes(mailbox, eml(**way(signed(ticket, MARAT))))
    assert newest() == (1, "received")


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_a_token_from_before_counts_for_the_customer_and_opens_a_new_ticket_for_a_stranger(mailbox, ticket, way):
    comes(mailbox, eml(**way(signed(ticket))))
    assert newest() == (1, "received")
    comes(mailbox, eml(sender=EVE, **way(signed(ticket))))
    assert newest() == (2, "received")


def test_farther_back_in_a_thread_it_opens_a_new_ticket_for_a_stranger(mailbox, ticket):
    comes(mailbox, eml(sender=EVE, References=f"<x.{signed(ticket, MARAT)}@y> <later@elsewhere.test>"))
    assert newest() == (2, "received")


def test_whom_we_wrote_to_takes_part_although_the_ticket_is_another_persons(mailbox, ticket):
    comes(mailbox, eml(sender="Marat.Home@customer.test", to=f"support+{signed(ticket, 'marat.home@customer.test')}@h"))
    assert newest() == (1, "received")


def test_every_mail_of_ours_is_signed_for_its_recipient(mailbox, ticket):
    keys = db.session.scalars(select(Delivery.key)).all()
    assert len(keys) == 2
    assert all(signed(ticket, MARAT) in key for key in keys)
