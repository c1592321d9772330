"""Row 22: no room in the database: nothing is flagged or lost, no mail is to blame, and once there is room all goes on.

SQLite is told that its file may not grow. On PostgreSQL the tables say what a full disk says, because its files are not ours.
"""

import uuid
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import OperationalError

from helpdesk.channels.ledger import Inbox
from helpdesk.services import intake, mailboxes, secrets
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.services.store import transaction
from tests.conftest import ON
from tests.dovecot import PASSWORD
from tests.making import arrive, eml, make_mailbox, make_policy, make_team
from tests.oracle import Oracle

LARGE = "word " * 10 * 1024  # more than the last page of a database has room for
FULL = """CREATE FUNCTION full_disk() RETURNS trigger AS $$
BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$ LANGUAGE plpgsql"""
TABLES = ("inbox", "message")


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@contextmanager
def no_room():
    """A database that takes changes but nothing new."""
    db.session.remove()
    with (_file_may_not_grow if ON == "sqlite" else _disk_is_full)():
        yield
    db.session.remove()


@contextmanager
def _file_may_not_grow():
    event.listen(db.engine, "checkout", _as_it_is)
    try:
        yield
    finally:
        event.remove(db.engine, "checkout", _as_it_is)
        db.engine.dispose()


def _as_it_is(connection, _record, _proxy):
    connection.execute("PRAGMA max_page_count = 1")  # SQLite takes what the file has for the least


@contextmanager
def _disk_is_full():
    triggers = [f"CREATE TRIGGER full_disk BEFORE INSERT ON {one} EXECUTE FUNCTION full_disk()" for one in TABLES]
    _administer(FULL, *triggers)
    try:
        yield
    finally:
        db.session.rollback()
        _administer("DROP FUNCTION full_disk CASCADE")


def _administer(*statements):
    with transaction():
        for statement in statements:
            db.session.execute(text(statement))


def test_a_mailbox_is_left_as_it_is_and_read_when_there_is_room(config, team, dovecot):
    account, known, oracle = dovecot.user(), str(uuid.uuid4()), Oracle(config)
    sealed = secrets.seal({"imap_password": PASSWORD})
    channel_id = make_mailbox(team, account.name, account.settings(after_read="seen"), secrets=sealed).id
    account.append(eml(text=f"{known}\n{LARGE}"))
    with no_room(), pytest.raises(OperationalError, match=r"full|No space left"):
        mailboxes.read(channel_id)
    assert (oracle.fates(), unread(account)) == ({}, 1)
    mailboxes.read(channel_id)
    assert (oracle.fates(), unread(account)) == ({known: ["received"]}, 0)


def unread(account):
    return sum(b"\\Seen" not in flags for flags in account.flags().values())


def test_no_mail_is_unreadable_because_there_was_no_room_for_a_while(config, team):
    mailbox, sent, oracle = make_mailbox(team), [str(uuid.uuid4()) for _ in range(3)], Oracle(config)
    for known in sent:
        arrive(mailbox, eml(f"c-{known}@customer.test", text=f"{known}\n{LARGE}"))
    with no_room():
        for minute in range(intake.TRIES + 1):
            with pretend(now() + timedelta(minutes=minute)), pytest.raises(OperationalError):
                intake.file_waiting()
            db.session.remove()
    assert db.session.execute(select(Inbox.state, Inbox.attempts)).all() == [("received", 0)] * len(sent)
    with pretend(now() + timedelta(minutes=minute + 1)):
        intake.file_waiting()
    assert oracle.fates() == {known: ["message"] for known in sent}
    assert oracle.problems() == []
