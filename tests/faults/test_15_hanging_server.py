"""An IMAP server that stops answering, at any step, is given up after the patience, noted, and stops nobody else."""

import socket
import threading
import time
from contextlib import contextmanager, suppress

import pytest
from sqlalchemy import func, select

import workers.mailboxes
from helpdesk.channels.ledger import Inbox
from helpdesk.channels.mail import imap
from helpdesk.services import mailboxes, secrets
from helpdesk.services.database import db
from tests.dovecot import PASSWORD
from tests.making import eml, make_mailbox, make_team
from tests.processes import eventually
from workers.allowed import JOBS

ANSWERS = [
    ("GREETING", b"* OK ready\r\n"),
    ("CAPABILITY", b"* CAPABILITY IMAP4rev1 IDLE\r\n%s OK done\r\n"),
    ("LOGIN", b"%s OK done\r\n"),
    ("SELECT", b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 9] x\r\n%s OK [READ-WRITE] done\r\n"),
    ("UID", b'* 1 FETCH (UID 8 RFC822.SIZE 9 INTERNALDATE "01-Jan-2026 00:00:00 +0000")\r\n%s OK done\r\n'),
]
IDLING = {
    **dict(ANSWERS),
    "SELECT": b"* 0 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 1] x\r\n%s OK [READ-WRITE] done\r\n",
    "IDLE": b"+ idling\r\n",
}


def hangs_at(step):
    """A server that answers what comes before *step*, and then only listens."""
    return answering(dict(ANSWERS[: [name for name, _ in ANSWERS].index(step)]))


@contextmanager
def answering(known, connections=1):
    """A server that answers the words it knows; that a FETCH is of whole mails is a word of its own, BODY."""
    listener, clients = socket.create_server(("127.0.0.1", 0)), []

    def serve():
        with suppress(OSError):
            for _ in range(connections):
                clients.append(listener.accept()[0])
                talk(clients[-1], known)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        for end in (listener, *clients):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        thread.join(10)
        listener.close()


def talk(client, known):
    with client, client.makefile("rb") as lines:
        client.sendall(known.get("GREETING", b""))
        for line in lines:
            tag, word = (*line.split(), b"")[:2]  # DONE has no tag
            word = "BODY" if b"BODY" in line else {b"EXAMINE": "SELECT"}.get(word, word.decode())
            answer = known.get(word, b"")
            client.sendall((answer(line) if callable(answer) else answer).replace(b"%s", tag))


@pytest.mark.parametrize("step", [name for name, _ in ANSWERS])
def test_it_is_given_up_noted_and_the_next_mailbox_is_read(app, dovecot, monkeypatch, step):
    monkeypatch.setattr(imap, "PATIENCE", 0.3)
    account, team = dovecot.user(), make_team()
    account.append(eml())
    sealed = secrets.seal({"imap_password": PASSWORD})
    good = make_mailbox(team, account.name, account.settings(), secrets=sealed)
    with hangs_at(step) as port:
        known = {"imap_host": "127.0.0.1", "imap_port": port, "imap_security": "none", "imap_user": "x"}
        bad = make_mailbox(team, "bad@helpdesk.test", known, secrets=sealed)
        begun = time.monotonic()
        mailboxes.read(bad.id)
        assert time.monotonic() - begun < 5
    mailboxes.read(good.id)
    db.session.refresh(bad)
    assert "could not be read" in bad.error
    assert db.session.scalar(select(func.count()).select_from(Inbox)) == 1


def test_a_server_that_hangs_does_not_hold_the_worker(app, dovecot):
    account, team = dovecot.user(), make_team()
    account.append(eml())
    sealed = secrets.seal({"imap_password": PASSWORD})
    good = make_mailbox(team, account.name, account.settings(), secrets=sealed)
    with hangs_at("GREETING") as port:
        known = {"imap_host": "127.0.0.1", "imap_port": port, "imap_security": "none", "imap_user": "x"}
        bad = make_mailbox(team, "bad@helpdesk.test", known, secrets=sealed)
        for channel in (bad, good, bad):
            JOBS["workers.mailboxes.read"][0](channel.id)
        assert again(bad).error == ""
        eventually(lambda: again(good).seen_at)
    eventually(lambda: all(one.done() for one in workers.mailboxes._begun.values()))
    assert "could not be read" in again(bad).error


def test_a_server_that_hangs_while_mail_is_waited_for_is_given_up_and_the_next_mailbox_is_watched(
    app, dovecot, monkeypatch
):
    assert mailboxes.LOOK + imap.PATIENCE <= 60
    monkeypatch.setattr(mailboxes, "LOOK", 0.3)
    monkeypatch.setattr(imap, "PATIENCE", 0.3)
    account, team, sealed = dovecot.user(), make_team(), secrets.seal({"imap_password": PASSWORD})
    good = make_mailbox(team, account.name, account.settings(), secrets=sealed)
    with answering(IDLING) as port, watching(app):
        known = {"imap_host": "127.0.0.1", "imap_port": port, "imap_security": "none", "imap_user": "x"}
        bad = make_mailbox(team, "bad@helpdesk.test", known, secrets=sealed)
        eventually(lambda: "timed out" in again(bad).error)
        assert again(bad).seen_at
        eventually(lambda: again(good).seen_at)
        account.append(eml())
        eventually(lambda: again(good) and db.session.scalar(select(func.count()).select_from(Inbox)) == 1)


@contextmanager
def watching(app):
    """Watch all mailboxes, as the listener does."""
    stop = threading.Event()

    def watch():
        with app.app_context():
            mailboxes.watch(stop)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)


def again(channel):
    db.session.rollback()
    db.session.refresh(channel)
    return channel
