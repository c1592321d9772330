"""Row 22: no room for a file, for the database or for the log: nothing is flagged that is not kept, and once there is room
everything goes on by itself. A limit on the size of files stands for the full disk: it needs no rights and no mount."""

import os
import resource
import uuid

import pytest
from sqlalchemy import select

from helpdesk.channels.models import Channel
from helpdesk.services import mailboxes, secrets
from helpdesk.services.database import db
from helpdesk.services.store import transaction
from tests import warm
from tests.conftest import ON
from tests.dovecot import PASSWORD
from tests.making import eml, make_mailbox, make_team
from tests.oracle import Oracle
from tests.processes import environment
from workers.process import product

KB = 1024
LARGE = "x" * 70 + "\n" + "word " * 40 * KB  # of a mail that lies in the blob store
PLACES = ["file"] if ON == "postgresql" else ["file", "database"]  # PostgreSQL's own files are not ours to limit


@pytest.fixture
def account(dovecot):
    return dovecot.user()


@pytest.fixture
def channel(app, account):
    known = account.settings(after_read="seen")
    return make_mailbox(make_team(), account.name, known, secrets=secrets.seal({"imap_password": PASSWORD}))


def read_with_room_for(config, channel, size):
    """Read the mailbox in a process in which no file grows beyond *size*."""
    db.session.remove()
    return warm.outcome(environment(config), _read_within, channel.id, size)


def _read_within(channel_id, size):
    with product():
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        mailboxes.read(channel_id)


def error_of(channel_id):
    db.session.rollback()
    return db.session.scalar(select(Channel.error).where(Channel.id == channel_id))


@pytest.mark.parametrize("place", PLACES)
def test_what_there_is_no_room_for_is_not_flagged_and_read_when_there_is(app, config, account, channel, place):
    channel_id, known = channel.id, [str(uuid.uuid4()) for _ in range(3)]
    account.append(*[eml(text=f"{one}\n{LARGE}" if place == "file" else f"{one}\n{'y' * 40 * KB}") for one in known])
    read_with_room_for(config, channel, 100 * KB if place == "file" else KB)
    assert Oracle(config).fates() == {}
    assert all(b"\\Seen" not in flags for flags in account.flags().values())
    mailboxes.read(channel_id)
    assert (error_of(channel_id), Oracle(config).misplaced(known)) == ("", {})
    assert list(Oracle(config).wrong_files()) == []
    assert all(b"\\Seen" in flags for flags in account.flags().values())


def test_that_a_file_cannot_be_kept_is_said_on_the_mailbox(app, config, account, channel):
    account.append(eml(text=LARGE))
    channel_id = channel.id
    read_with_room_for(config, channel, 100 * KB)
    assert error_of(channel_id).startswith("The mailbox could not be read: [Errno")


def test_a_log_that_cannot_be_written_stops_nothing(app, config, account, channel):
    channel_id, known = channel.id, str(uuid.uuid4())
    with transaction():
        channel.settings = {**channel.settings, "imap_port": 1}
    db.session.remove()
    assert warm.outcome(environment(config), _read_without_a_log, channel_id) == 0
    assert error_of(channel_id) != ""
    account.append(eml(text=known))
    with transaction():
        db.session.get(Channel, channel_id).settings = account.settings()
    assert warm.outcome(environment(config), _read_without_a_log, channel_id) == 0
    assert Oracle(config).fates() == {known: ["received"]}


def _read_without_a_log(channel_id):
    """Read while every byte that goes to the log meets a full disk."""
    with open("/dev/full", "w") as full:
        for stream in (1, 2):
            os.dup2(full.fileno(), stream)
        with product():
            mailboxes.read(channel_id)
        os._exit(0)  # what the interpreter itself wants to say in the end meets it, too
