"""Whoever has a service send a code to a ticket's address gets nothing of it: it is machine mail, and stays with us."""

import pytest
from sqlalchemy import select

from helpdesk.channels.incoming import Incoming, Sender
from helpdesk.channels.mail.machines import is_machine
from helpdesk.services import desk, intake, outbox, participants, trust
from helpdesk.services.database import db
from helpdesk.services.store import settings
from helpdesk.tickets.models import Message, Ticket
from helpdesk.tickets.tokens import token
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team

CODE = "Your verification code is 402 913. It expires in 10 minutes."


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def mailbox(team, sink):
    return make_mailbox(team, settings={**sink.settings(), "acknowledge": False})


@pytest.fixture
def address(mailbox):
    """Where Marat answers."""
    comes(mailbox, eml(Cc="olga@customer.test"))
    ticket = db.session.scalars(select(Ticket)).one()
    return f"support+{token(ticket.secret, settings().secret_key, 'marat@customer.test')}@helpdesk.test"


def comes(mailbox, raw):
    arrive(mailbox, raw)
    intake.file_waiting()
    db.session.rollback()


def newest():
    return db.session.scalars(select(Message).order_by(Message.id.desc())).first()


SENDERS = ["appleid@id.apple.test", "no-reply@slack.test", "noreply@bank.test", "account-security@big.test"]


@pytest.mark.parametrize("sender", SENDERS)
def test_it_is_machine_mail_and_moves_nothing(mailbox, address, sender):
    before = db.session.scalar(select(Ticket.waiting_since))
    comes(mailbox, eml(sender=sender, to=address, subject="Your code", text=CODE))
    assert (newest().kind, newest().facts["machine"]) == ("automatic", True)
    assert db.session.scalar(select(Ticket.waiting_since)) == before


def test_nobody_outside_gets_a_word_of_it(mailbox, address, team, sink):
    ana = make_staff(teams=[team])
    ticket = db.session.scalars(select(Ticket)).one()
    participants.approve(1, trust.of(ticket, by=ana).pending[0].id, by=ana)
    comes(mailbox, eml(sender=SENDERS[0], to=address, text=CODE))
    outbox.deliver_waiting()
    assert sink.mails == []
    desk.reply(1, text="We look into it.", by=ana)
    outbox.deliver_waiting()
    assert sink.mails
    assert all(b"402 913" not in mail.raw for mail in sink.mails)


def test_the_page_warns(as_, mailbox, address, team):
    comes(mailbox, eml(sender=SENDERS[0], to=address, text=CODE))
    assert "Machine mail to the address of this ticket." in as_(make_staff(teams=[team])).get("/tickets/1").text


@pytest.mark.parametrize(
    ("sender", "subject", "text", "expected"),
    [
        ("appleid@id.apple.test", "Код", "Ваш код подтверждения: 402913", True),
        ("login@service.test", "Confirm", "Open https://service.test/confirm/abcdefgh to sign in.", True),
        ("no-reply@x.test", "", "", True),
        ("info@firm.test", "Order 402913", "When does my order come?", False),
        ("marat@customer.test", "Code", "My code is 402913 and does not work, please confirm.", False),
        ("accountant@firm.test", "Password", "I forgot my password, 402913", False),
    ],
)
def test_what_is_machine_mail(sender, subject, text, expected):
    contact = Incoming(channel="mail", key="x", sender=Sender("", "email", sender), subject=subject, text=text)
    assert is_machine(contact) == expected
