"""Row 35: yesterday's backup of the database is put back beside today's mailbox: what came since is read again, once, and
nobody gets a second answer to an old mail."""

import shutil
import uuid
from datetime import timedelta

import pytest

from helpdesk.services import intake, mailboxes, outbox, secrets
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from tests import servers
from tests.dovecot import PASSWORD
from tests.making import eml, make_mailbox, make_policy, make_team
from tests.oracle import Oracle

HOUR = timedelta(hours=1)


class Backup:
    """A copy of a database, to be put back."""

    def __init__(self, config):
        self.url = config.database_url
        self.copied(to_backup=True)

    def put_back(self):
        self.copied(to_backup=False)

    def copied(self, *, to_backup):
        db.session.remove()
        if self.url.startswith("sqlite"):
            self._file(to_backup)
        else:
            self._database(to_backup)

    def _file(self, to_backup):
        if to_backup:
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.engine.dispose()
        path = self.url.removeprefix("sqlite:///")
        shutil.copy(*(path, f"{path}.backup") if to_backup else (f"{path}.backup", path))

    def _database(self, to_backup):
        db.engine.dispose()
        name = self.url.partition("@/")[2].partition("?")[0]
        server = self.url.replace(f"/{name}?", "/{database}?")
        source, target = (name, f"{name}b") if to_backup else (f"{name}b", name)
        servers.administer(server, f"DROP DATABASE IF EXISTS {target} WITH (FORCE)")
        servers.administer(server, f"CREATE DATABASE {target} TEMPLATE {source} STRATEGY file_copy")
        if not to_backup:
            servers.administer(server, f"DROP DATABASE {source}")


@pytest.fixture
def channel(app, dovecot, sink):
    make_policy()
    account = dovecot.user()
    known = {**account.settings(after_read="seen"), **sink.settings()}
    made = make_mailbox(make_team(), account.name, known, secrets=secrets.seal({"imap_password": PASSWORD}))
    made.account = account
    return made


def come(account, count, at):
    """So many mails from as many people, that the server got at that instant."""
    sent = [str(uuid.uuid4()) for _ in range(count)]
    with account.client() as client:
        for known in sent:
            client.append("INBOX", eml(f"c-{known[:8]}@customer.test", text=known), msg_time=at)
    return sent


def work(channel_id):
    mailboxes.read(channel_id)
    while intake.file_waiting():
        pass
    outbox.deliver_waiting()


def test_what_came_since_is_read_again_once_and_nobody_is_answered_twice(app, config, channel, sink):
    account, channel_id, begun = channel.account, channel.id, now()
    with pretend(begun - 30 * HOUR):
        sent = come(account, 3, now())
        work(channel_id)
    backup = Backup(config)
    with pretend(begun - 26 * HOUR):
        sent += come(account, 4, now())
        work(channel_id)
    answered = [mail.recipient for mail in sink.mails]
    backup.put_back()
    sent += come(account, 1, now())
    work(channel_id)
    assert Oracle(config).misplaced(sent) == {}
    assert len(answered) == len(set(answered)) == 7
    assert len(sink.mails) == 8
    assert [*Oracle(config).broken_histories(), *Oracle(config).wrong_numbers()] == []
