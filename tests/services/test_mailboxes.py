"""Mailboxes of a real Dovecot: what lies there is in the ledger, once, before anything is flagged or moved."""

import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from helpdesk.channels.ledger import Inbox
from helpdesk.channels.mail import imap
from helpdesk.channels.models import Channel
from helpdesk.services import ledger, mailboxes, secrets
from helpdesk.services.database import db
from helpdesk.services.instant import now
from tests.dovecot import PASSWORD
from tests.making import eml, make_mailbox, make_team


@pytest.fixture
def account(dovecot):
    return dovecot.user()


@pytest.fixture
def connect(app):
    """Makes a mail channel of an account."""

    def make(account, password=PASSWORD, **changes):
        sealed = secrets.seal({"imap_password": password})
        return make_mailbox(make_team(), account.name, account.settings(**changes), secrets=sealed)

    return make


def kept():
    db.session.rollback()
    return list(db.session.scalars(select(Inbox).order_by(Inbox.id)))


def again(channel):
    db.session.rollback()
    return db.session.get(Channel, channel.id, populate_existing=True)


def until(what, seconds=15):
    """Wait for *what* to be true."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)
    return found


def test_mail_is_written_down_as_it_came_and_nothing_is_flagged(connect, account):
    mails = [eml(subject=f"Mail {number}", text="строка\n.\n..\n") for number in range(3)]
    account.append(*mails)
    channel = connect(account)
    mailboxes.read(channel.id)
    assert [ledger.raw_of(row) for row in kept()] == mails
    assert all(b"\\Seen" not in flags for flags in account.flags().values())
    state = again(channel).state
    assert (state["server_count"], state["ledger_count"], state["last_uid"]) == (3, 3, 3)
    assert again(channel).seen_at is not None
    assert again(channel).error == ""


def test_reading_twice_keeps_each_mail_once(connect, account):
    account.append(eml(), eml())
    channel = connect(account)
    mailboxes.read(channel.id)
    mailboxes.read(channel.id)
    account.append(eml(subject="later"))
    mailboxes.read(channel.id)
    assert len(kept()) == 3


def test_more_than_one_batch_and_large_mails_are_read(connect, account):
    mails = [eml(subject=f"{number}") for number in range(230)] + [eml(text="x" * 70 + "\n" + "y" * 300_000)]
    account.append(*mails)
    mailboxes.read(connect(account).id)
    assert [ledger.raw_of(row) for row in kept()] == mails


def test_a_mail_that_is_fetched_in_pieces_is_whole(connect, account):
    exact = eml(text="x" * imap.PIECE)
    exact = exact[: 2 * imap.PIECE] + b"x" * (2 * imap.PIECE - len(exact) - 2) + b"\r\n"
    mails = [eml(), exact, eml(text="строка\n" * 200_000), eml()]
    account.append(*mails)
    mailboxes.read(connect(account).id)
    assert [ledger.raw_of(row) for row in kept()] == mails


def test_read_mail_is_marked_seen_when_so_set(connect, account):
    account.append(eml(), eml())
    mailboxes.read(connect(account, after_read="seen").id)
    assert all(b"\\Seen" in flags for flags in account.flags().values())
    assert len(kept()) == 2


def test_read_mail_is_moved_when_so_set_and_only_that(connect, account):
    account.append(eml(), eml())
    with account.client() as client:
        client.create_folder("Done")
    channel = connect(account, after_read="move", move_to="Done")
    mailboxes.read(channel.id)
    account.append(eml())
    mailboxes.read(channel.id)
    assert account.flags() == {}
    with account.client() as client:
        assert client.folder_status("Done", ["MESSAGES"])[b"MESSAGES"] == 3
    assert len(kept()) == 3
    assert again(channel).state["ledger_count"] == again(channel).state["server_count"] == 0


def test_only_new_mail_is_read_when_so_set(connect, account):
    with account.client() as client:
        for subject in ("old", "older"):
            client.append("INBOX", eml(subject=subject), msg_time=now() - timedelta(seconds=90))
    channel = connect(account, since="new", connected_at=(now() - timedelta(seconds=60)).isoformat())
    mailboxes.read(channel.id)
    assert kept() == []
    account.append(eml(subject="fresh"))
    mailboxes.read(channel.id)
    assert [b"fresh" in row.raw for row in kept()] == [True]
    assert again(channel).state["server_count"] == again(channel).state["ledger_count"] == 3


def test_mail_that_came_while_a_new_mailbox_could_not_be_read_is_new(connect, account):
    channel = connect(account, since="new", connected_at=now().replace(microsecond=0).isoformat(), imap_port=1)
    mailboxes.read(channel.id)
    account.append(eml(subject="fresh"))
    again(channel).settings = {**channel.settings, "imap_port": account.server.imaps}
    db.session.commit()
    mailboxes.read(channel.id)
    assert len(kept()) == 1


def test_starttls_is_spoken_when_so_set(connect, account):
    account.append(eml())
    mailboxes.read(connect(account, imap_security="starttls", imap_port=account.server.imap).id)
    assert len(kept()) == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"ca": ""}, "certificate is not to be trusted"),
        ({"imap_host": "mail.example.test", "imap_security": "none"}, "choose tls or starttls"),
        ({"imap_user": "x", "password": "wrong"}, "refused the user name or the password"),
        ({"imap_port": 1}, "could not be read"),
        ({"folder": "Nowhere"}, "The folder Nowhere cannot be opened"),
    ],
)
def test_what_is_wrong_is_noted_in_words(connect, account, changes, sentence):
    channel = connect(account, **changes)
    mailboxes.read(channel.id)
    assert sentence in again(channel).error
    assert again(channel).tried_at is not None
    assert again(channel).seen_at is None


def test_a_mailbox_that_is_switched_off_is_left_alone(connect, account):
    account.append(eml())
    channel = connect(account, imap_port=1)
    channel.active = False
    db.session.commit()
    mailboxes.read(channel.id)
    assert again(channel).tried_at is None


@pytest.fixture
def watched(app):
    """Watches all mailboxes until the test is over."""
    stop = threading.Event()

    def run():
        with app.app_context():
            mailboxes.watch(stop)

    thread = threading.Thread(target=run)
    thread.start()
    yield
    stop.set()
    thread.join(timeout=10)
    assert not thread.is_alive()


def test_a_watched_mailbox_is_read_when_mail_comes_and_a_broken_one_stops_no_other(connect, account, dovecot, watched):
    broken = connect(dovecot.user(), password="wrong")
    channel = connect(account)
    until(lambda: again(channel).seen_at)
    begun = time.monotonic()
    account.append(eml(subject="hurry"))
    until(kept)
    assert time.monotonic() - begun < 5
    assert "refused" in until(lambda: again(broken).error)


def test_a_changed_setting_reaches_the_watcher(connect, account, watched):
    channel = connect(account, imap_port=1)
    until(lambda: again(channel).error)
    account.append(eml())
    again(channel).settings = account.settings()
    db.session.commit()
    until(kept)
    until(lambda: again(channel).error == "")
