"""The mailbox is made anew and counts its mails from one again: what is known stays known, what is new comes."""

import pytest
from sqlalchemy import func, select

from helpdesk.channels.ledger import Inbox
from helpdesk.services import intake, mailboxes, secrets
from helpdesk.services.database import db
from helpdesk.tickets.models import Delivery, Event, Message, Ticket
from tests.dovecot import PASSWORD
from tests.making import eml, make_mailbox, make_policy, make_staff, make_team

MAILS = [eml(sender=f"c{number}@customer.test", subject=f"Mail {number}") for number in range(5)]


@pytest.fixture
def account(dovecot):
    found = dovecot.user()
    with found.client() as client:
        client.create_folder("Desk")
    return found


@pytest.fixture
def channel(app, account):
    make_policy()
    known = account.settings(folder="Desk", after_read="seen")
    return make_mailbox(make_team(), account.name, known, secrets=secrets.seal({"imap_password": PASSWORD}))


def made_anew(account, mails):
    with account.client() as client:
        before = client.select_folder("Desk")[b"UIDVALIDITY"]
        client.unselect_folder()
        client.delete_folder("Desk")
        client.create_folder("Desk")
        for mail in mails:
            client.append("Desk", mail)
        assert client.select_folder("Desk")[b"UIDVALIDITY"] != before


def counts():
    db.session.rollback()
    return [db.session.scalar(select(func.count()).select_from(kind)) for kind in (Inbox, Ticket, Message, Delivery)]


def read_and_file(channel):
    mailboxes.read(channel.id)
    intake.file_waiting()


def test_a_mailbox_made_anew_doubles_nothing_and_loses_nothing(channel, account):
    account.append(*MAILS, folder="Desk")
    read_and_file(channel)
    before = counts()
    made_anew(account, [*reversed(MAILS), eml(subject="fresh", sender="new@customer.test")])
    read_and_file(channel)
    assert counts() == [number + 1 for number in before[:2]] + [before[2] + 2, before[3] + 1]
    read_and_file(channel)
    assert db.session.scalars(select(Event).where(Event.kind == "reopened")).all() == []
    db.session.refresh(channel)
    assert channel.state["server_count"] == channel.state["ledger_count"] == 6
    assert {row.state for row in db.session.scalars(select(Inbox))} == {"filed"}


def test_it_may_happen_again_and_back(channel, account):
    account.append(*MAILS, folder="Desk")
    read_and_file(channel)
    for _ in range(3):
        made_anew(account, MAILS)
        read_and_file(channel)
    assert counts()[:2] == [5, 5]


def test_a_solved_ticket_is_not_reopened_by_its_old_mail(channel, account):
    from helpdesk.services import desk

    account.append(MAILS[0], folder="Desk")
    read_and_file(channel)
    ticket = db.session.scalar(select(Ticket))
    desk.solve(ticket.number, by=make_staff("administrator"))
    made_anew(account, MAILS[:1])
    read_and_file(channel)
    db.session.refresh(ticket)
    assert ticket.status == "solved"
