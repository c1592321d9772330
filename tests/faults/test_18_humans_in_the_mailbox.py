"""People read, flag, move and delete mails while the mailbox is read: what was there when it was read is kept."""

import random
import threading

from sqlalchemy import select

from helpdesk.channels.ledger import Inbox
from helpdesk.services import ledger, mailboxes, secrets
from helpdesk.services.database import db
from tests.dovecot import PASSWORD
from tests.making import eml, make_mailbox, make_team

SEED = 18


def connected(account, **changes):
    sealed = secrets.seal({"imap_password": PASSWORD})
    return make_mailbox(make_team(), account.name, account.settings(**changes), secrets=sealed)


def kept():
    db.session.rollback()
    return [ledger.raw_of(row) for row in db.session.scalars(select(Inbox).order_by(Inbox.id))]


def test_mail_that_a_person_has_read_or_flagged_is_read_all_the_same(app, dovecot):
    account = dovecot.user()
    mails = [eml(subject=f"{number}") for number in range(6)]
    account.append(*mails)
    with account.client() as client:
        client.add_flags([1, 2], [b"\\Seen"])
        client.add_flags([3], [b"\\Flagged", b"\\Answered"])
        client.add_flags([4], [b"\\Deleted"])
    mailboxes.read(connected(account).id)
    assert kept() == mails


def test_what_a_person_moves_away_stays_in_the_ledger_and_what_they_move_in_is_read(app, dovecot):
    account = dovecot.user()
    account.append(eml(subject="1"), eml(subject="2"))
    account.append(eml(subject="from elsewhere"), folder="Elsewhere")
    channel = connected(account)
    mailboxes.read(channel.id)
    with account.client() as client:
        client.move([1], "Elsewhere")
        client.select_folder("Elsewhere")
        client.move([1], "INBOX")
    mailboxes.read(channel.id)
    mailboxes.read(channel.id)
    assert len(kept()) == 3
    db.session.refresh(channel)
    assert channel.state["server_count"] == channel.state["ledger_count"] == 2


def test_a_busy_person_in_the_mailbox_loses_and_doubles_nothing(app, dovecot):
    account, chance = dovecot.user(), random.Random(SEED)
    channel = connected(account, after_read="seen")
    sent = [eml(subject=f"Mail {number}") for number in range(60)]
    deleted = threading.Event()

    def person():
        with account.client() as client:
            for mail in sent:
                client.append("INBOX", mail)
                client.noop()
                uids = client.search()
                if chance.random() < 0.3 and uids:
                    client.set_flags([chance.choice(uids)], [b"\\Seen"] if chance.random() < 0.5 else [])
        deleted.set()

    thread = threading.Thread(target=person)
    thread.start()
    while not deleted.is_set():
        mailboxes.read(channel.id)
    thread.join()
    mailboxes.read(channel.id)
    assert sorted(kept()) == sorted(sent)


def test_deleting_everything_deletes_nothing_here(app, dovecot):
    account = dovecot.user()
    account.append(eml(), eml())
    channel = connected(account)
    mailboxes.read(channel.id)
    with account.client() as client:
        client.delete_messages([1, 2])
        client.expunge()
    mailboxes.read(channel.id)
    account.append(eml())
    mailboxes.read(channel.id)
    assert len(kept()) == 3
