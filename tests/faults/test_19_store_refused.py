"""The server lets us read, but neither flag nor move: nothing is read twice, and the mailbox says what is wrong."""

import pytest
from sqlalchemy import func, select

from helpdesk.channels.ledger import Inbox
from helpdesk.services import mailboxes, secrets
from helpdesk.services.database import db
from tests.dovecot import PASSWORD
from tests.making import eml, make_mailbox, make_team


def count():
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Inbox))


@pytest.fixture
def channel(app, dovecot):
    account = dovecot.user()
    account.append(eml(), eml())
    known = account.settings(after_read="move", move_to="No such folder")
    made = make_mailbox(make_team(), account.name, known, secrets=secrets.seal({"imap_password": PASSWORD}))
    made.account = account
    return made


def test_mail_that_cannot_be_moved_is_read_once_and_it_shows(channel):
    for _ in range(5):
        mailboxes.read(channel.id)
        db.session.refresh(channel)
        assert "could not be moved" in channel.error
    assert count() == 2
    assert len(channel.account.flags()) == 2
    assert channel.state["due"] == []
    assert channel.seen_at is not None


def test_once_it_is_mended_it_says_nothing_any_more(channel):
    mailboxes.read(channel.id)
    with channel.account.client() as client:
        client.create_folder("No such folder")
    mailboxes.read(channel.id)
    db.session.refresh(channel)
    assert channel.error == ""
    assert channel.account.flags() == {}
    assert count() == 2
