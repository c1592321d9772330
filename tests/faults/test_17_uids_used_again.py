"""Row 17: UIDs are used again, UIDNEXT goes down, the mailbox is emptied, or another one stands behind the same channel:
what was read stays, and everything that is there now is read, once."""

import random
import uuid

import pytest
from sqlalchemy import select

from helpdesk.channels.ledger import Inbox
from helpdesk.channels.mail import imap
from helpdesk.services import intake, mailboxes, secrets
from helpdesk.services.database import db
from helpdesk.services.store import transaction
from tests.dovecot import PASSWORD
from tests.making import eml, make_mailbox, make_policy, make_team
from tests.oracle import Oracle


def mails(count):
    known = [str(uuid.uuid4()) for _ in range(count)]
    return known, [eml(f"c-{one[:8]}@customer.test", text=one) for one in known]


def connected(account, **changes):
    make_policy()
    sealed = secrets.seal({"imap_password": PASSWORD})
    return make_mailbox(make_team(), account.name, account.settings(acknowledge=False, **changes), secrets=sealed)


def point_to(channel, **changes):
    with transaction():
        channel.settings = {**channel.settings, **changes}


def read_and_file(channel):
    mailboxes.read(channel.id)
    intake.file_waiting()
    db.session.rollback()


@pytest.fixture
def all_alike(monkeypatch):
    """Every folder of the server has the same UIDVALIDITY, as with some providers."""
    real = imap.select

    def select_alike(client, name, *, readonly):
        folder = real(client, name, readonly=readonly)
        return imap.Folder(7, folder.count, folder.next_uid)

    monkeypatch.setattr(imap, "select", select_alike)


def test_another_users_mailbox_behind_the_channel_is_read_from_its_first_mail(app, config, dovecot, all_alike):
    first, second = dovecot.user(), dovecot.user()
    (old, raws), (fresh, others) = mails(2), mails(5)
    first.append(*raws)
    second.append(*others)
    channel = connected(first)
    read_and_file(channel)
    point_to(channel, imap_user=second.name)
    read_and_file(channel)
    assert Oracle(config).misplaced([*old, *fresh]) == {}


def test_another_folder_behind_the_channel_and_the_first_again_loses_and_doubles_nothing(
    app, config, dovecot, all_alike
):
    account = dovecot.user()
    (old, raws), (fresh, others) = mails(3), mails(4)
    account.append(*raws)
    account.append(*others, folder="Other")
    channel = connected(account)
    for folder in ("INBOX", "Other", "INBOX"):
        point_to(channel, folder=folder)
        read_and_file(channel)
    assert Oracle(config).misplaced([*old, *fresh]) == {}
    db.session.refresh(channel)
    assert channel.state["server_count"] == channel.state["ledger_count"] == 3


def test_a_label_of_the_ledgers_keys_never_comes_again(app, dovecot, all_alike):
    account = dovecot.user()
    account.append(eml())
    channel, labels = connected(account), []
    for folder in ("INBOX", "Other", "INBOX", "Other"):
        account.append(eml(), folder="Other")
        point_to(channel, folder=folder)
        read_and_file(channel)
        db.session.refresh(channel)
        labels.append(channel.state["label"])
    assert len(set(labels)) == 4


def test_an_emptied_mailbox_deletes_nothing_here_and_is_read_on(app, config, dovecot):
    account = dovecot.user()
    old, raws = mails(3)
    account.append(*raws)
    channel = connected(account)
    read_and_file(channel)
    with account.client() as client:
        client.delete_messages([1, 2, 3])
        client.expunge()
    read_and_file(channel)
    fresh, others = mails(2)
    account.append(*others)
    read_and_file(channel)
    assert Oracle(config).misplaced([*old, *fresh]) == {}


def test_a_folder_that_is_gone_is_named_and_read_on_when_it_is_back(app, config, dovecot):
    account = dovecot.user()
    old, raws = mails(2)
    account.append(*raws, folder="Desk")
    channel = connected(account, folder="Desk")
    read_and_file(channel)
    with account.client() as client:
        client.rename_folder("Desk", "Away")
    read_and_file(channel)
    db.session.refresh(channel)
    assert channel.error.startswith("The folder Desk cannot be opened")
    with account.client() as client:
        client.rename_folder("Away", "Desk")
    read_and_file(channel)
    db.session.refresh(channel)
    assert (channel.error, Oracle(config).misplaced(old)) == ("", {})


def test_what_is_moved_out_and_back_again_and_again_is_there_once(app, config, dovecot):
    account, chance = dovecot.user(), random.Random(17)
    known, raws = mails(5)
    account.append(*raws)
    account.append(eml(), folder="Elsewhere")
    channel = connected(account)
    for _ in range(4):
        read_and_file(channel)
        with account.client() as client:
            client.move(chance.choice(client.search()), "Elsewhere")
            client.select_folder("Elsewhere")
            client.move(client.search(), "INBOX")
    read_and_file(channel)
    fates = Oracle(config).fates()
    assert [fates[one].count("message") for one in known] == [1] * 5
    assert {row.state for row in db.session.scalars(select(Inbox))} <= {"filed", "refused"}
