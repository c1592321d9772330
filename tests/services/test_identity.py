"""Who a contact is from: what a channel vouches for, and never what somebody claims of themselves."""

import pytest
from sqlalchemy import select

from helpdesk.services import desk, intake
from helpdesk.services.database import db
from helpdesk.tickets.models import Delivery, Message, Ticket
from tests.channels.chat.channels import make_webhook
from tests.channels.chat.signing import message
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team

VICTIM = "victim@bank.test"


@pytest.fixture
def team(app):
    make_policy()
    return make_team("Coupons")


@pytest.fixture
def mailbox(team):
    return make_mailbox(team)


@pytest.fixture
def chat(team):
    return make_webhook(team=team)


@pytest.fixture
def ana(team):
    return make_staff(teams=[team])


def file(channel, raw):
    """The ticket that the contact went into."""
    arrive(channel, raw)
    intake.file_waiting()
    newest = select(Message.ticket_id).where(Message.direction == "in").order_by(Message.id.desc()).limit(1)
    return db.session.scalar(select(Ticket).where(Ticket.id == newest.scalar_subquery()))


def said(claimed=VICTIM, conversation="c-1", **known):
    return message(conversation=conversation, sender={"name": "Mallory", "email": claimed, **known})


def recipient():
    return db.session.scalar(select(Delivery.recipient).where(Delivery.kind == "reply").order_by(Delivery.id.desc()))


def test_a_mail_is_not_from_whoever_claimed_its_address_in_a_chat(chat, mailbox):
    file(chat, said(id="m-1"))
    assert file(mailbox, eml(sender=f"Vera <{VICTIM}>")).customer.name == "Vera"


def test_an_answer_goes_to_the_address_that_wrote_and_not_to_one_claimed_later(chat, mailbox, ana):
    mallory = file(chat, said(id="m-1"))
    mailed = file(mailbox, eml(sender=VICTIM)).number
    desk.close(mallory.number, by=ana)
    file(chat, said(claimed="mallory@evil.test", id="m-1"))
    desk.reply(mailed, text="Your code is 1234.", by=ana)
    assert recipient() == VICTIM


@pytest.mark.parametrize("claim", ["phone", "email"])
def test_a_claim_alone_makes_nobody_of_two_conversations(chat, claim):
    sender = {"name": "Mallory", claim: VICTIM}
    first = file(chat, message(conversation="c-1", sender=sender))
    assert file(chat, message(conversation="c-2", sender=sender)).customer_id != first.customer_id


def test_a_conversation_without_an_id_goes_on_in_its_ticket(chat):
    assert file(chat, said()).id == file(chat, said()).id


def test_an_answer_goes_to_whoever_wrote_last_and_was_accepted(mailbox, ana):
    number = file(mailbox, eml(sender=VICTIM)).number
    desk.reply(number, text="Yes?", by=ana)
    key = db.session.scalar(select(Delivery.key).where(Delivery.kind == "reply"))
    file(mailbox, eml(sender="stranger@evil.test", In_Reply_To=f"<{key}>"))
    desk.reply(number, text="Well?", by=ana)
    assert recipient() == VICTIM
    unapproved = db.session.scalar(select(Message.id).where(Message.kind == "unapproved"))
    desk.approve(number, unapproved, by=ana)
    desk.reply(number, text="Both?", by=ana)
    assert recipient() == "stranger@evil.test"


FORWARDED = """---------- Forwarded message ---------
From: Vera <vera@customer.test>
Subject: x

Help me"""


@pytest.mark.parametrize(
    ("mail", "customer"),
    [
        ({"sender": "Shop <no-reply@shop.test>", "Reply_To": "Vera <vera@customer.test>"}, "vera@customer.test"),
        ({"sender": "l@lists.test", "List_Id": "<l>", "X_Original_From": "vera@customer.test"}, "vera@customer.test"),
        ({"sender": "support@helpdesk.test", "Reply_To": "vera@customer.test"}, "vera@customer.test"),
        ({"sender": "ana@office.test", "subject": "Fwd: x", "text": FORWARDED}, "vera@customer.test"),
        ({"sender": "x@elsewhere.test", "subject": "Fwd: x", "text": FORWARDED}, "x@elsewhere.test"),
        (
            {
                "sender": "ana@office.test",
                "subject": "Fwd: x",
                "text": FORWARDED.replace("vera@customer", "support@helpdesk"),
            },
            "ana@office.test",
        ),
        ({"Reply_To": "support@helpdesk.test"}, "marat@customer.test"),
        ({"Reply_To": "vera@customer.test"}, "marat@customer.test"),
    ],
)
def test_a_ticket_is_for_the_customer_whom_the_mail_is_about(mailbox, team, mail, customer):
    make_staff(teams=[team], email="ana@office.test")
    ticket = file(mailbox, eml(**mail))
    assert [point.value for point in ticket.customer.contacts] == [customer]


def test_an_answer_to_a_robots_mail_goes_to_the_customer_and_nothing_goes_by_itself(mailbox, ana):
    number = file(mailbox, eml(sender="no-reply@shop.test", Reply_To="Vera <vera@customer.test>")).number
    assert db.session.scalars(select(Delivery)).all() == []
    desk.reply(number, text="Hello.", by=ana)
    assert recipient() == "vera@customer.test"


@pytest.mark.parametrize(
    "header",
    [
        {"Reply_To": VICTIM, "sender": "support@helpdesk.test"},
        {"Reply_To": VICTIM, "sender": "no-reply@evil.test"},
        {"Reply_To": "support@helpdesk.test", "sender": "no-reply@evil.test"},
        {"Reply_To": "l@lists.test", "List_Post": "<mailto:l@lists.test>"},
        {"sender": "ana@office.test", "subject": "Fwd: x", "text": FORWARDED},
    ],
)
def test_no_automatic_mail_goes_where_a_mail_only_points(mailbox, team, header):
    make_staff(teams=[team], email="ana@office.test")
    file(mailbox, eml(**header))
    assert db.session.scalars(select(Delivery)).all() == []
