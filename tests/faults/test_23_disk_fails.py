"""Row 23: the disk fails under a file, when it is synced or gets its name: that counts as failure, and once the disk works
the file is written anew from its source, whatever a second sync of it would have said."""

import errno
import os
import uuid
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import select

from helpdesk.channels.incoming import File
from helpdesk.channels.ledger import Inbox
from helpdesk.channels.models import Channel
from helpdesk.people.models import Person
from helpdesk.services import desk, intake, mailboxes, secrets
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from tests import warm
from tests.dovecot import PASSWORD
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team
from tests.oracle import Oracle
from tests.processes import environment
from workers.process import product

PLACES = {
    "the store's folder": (os, "fsync", 1),
    "the file's folder": (os, "fsync", 2),
    "the content": (os, "fsync", 3),
    "the name": (Path, "rename", 1),
    "the name in its folder": (os, "fsync", 4),
}
LARGE = "word " * 40 * 1024  # of a mail that lies in the blob store


@pytest.fixture(params=PLACES)
def place(request):
    return request.param


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def account(dovecot):
    return dovecot.user()


@pytest.fixture
def channel(team, account):
    known = account.settings(after_read="seen", acknowledge=False)
    return make_mailbox(team, account.name, known, secrets=secrets.seal({"imap_password": PASSWORD}))


def with_a_failing_disk(config, place, job, *arguments):
    """Do *job* in a process in which the disk fails at *place*, and ever after."""
    db.session.remove()
    code = warm.outcome(environment(config), _fail, place, job, arguments)
    db.session.remove()
    return code


def _fail(place, job, arguments):
    owner, name, first = PLACES[place]
    done, numbers = getattr(owner, name), count(1)

    def failing(*given):
        if next(numbers) >= first:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return done(*given)

    with product():
        setattr(owner, name, failing)
        job(*arguments)


def files(config):
    """Whatever lies in the store, under whatever name."""
    return [path for path in config.blobs.rglob("*") if path.is_file()]


def with_a_file(known):
    raw = eml(sender=f"c-{known}@customer.test")
    head, _, _ = raw.partition(b"MIME-Version")
    body = f"--b\r\nContent-Type: text/plain\r\n\r\n{known}\r\n--b\r\nContent-Type: application/pdf\r\n\
Content-Disposition: attachment; filename=a.pdf\r\n\r\n{known * 9}\r\n--b--\r\n"
    return head + b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + body.encode()


def half_a_minute_later():
    with pretend(now() + timedelta(seconds=31)):
        intake.file_waiting()


def test_a_mail_that_the_disk_did_not_take_is_said_left_unflagged_and_read_again(config, account, channel, place):
    channel_id, known, oracle = channel.id, str(uuid.uuid4()), Oracle(config)
    account.append(eml(text=f"{known}\n{LARGE}"))
    assert with_a_failing_disk(config, place, mailboxes.read, channel_id) == 0
    assert "Input/output error" in db.session.scalar(select(Channel.error))
    assert (oracle.fates(), files(config)) == ({}, [])
    assert all(b"\\Seen" not in flags for flags in account.flags().values())
    mailboxes.read(channel_id)
    assert (oracle.fates(), list(oracle.wrong_files())) == ({known: ["received"]}, [])
    assert db.session.scalar(select(Channel.error).execution_options(populate_existing=True)) == ""
    assert all(b"\\Seen" in flags for flags in account.flags().values())


def test_a_file_that_the_disk_did_not_take_is_filed_later_and_holds_up_no_other_mail(config, team, place):
    mailbox, oracle = make_mailbox(team, settings={"acknowledge": False}), Oracle(config)
    ill, well = str(uuid.uuid4()), str(uuid.uuid4())
    arrive(mailbox, with_a_file(ill))
    arrive(mailbox, eml(text=well))
    assert with_a_failing_disk(config, place, intake.file_waiting) == 0
    assert (oracle.fates(), files(config)) == ({ill: ["received"], well: ["message"]}, [])
    half_a_minute_later()
    assert (oracle.fates(), list(oracle.problems())) == ({ill: ["message"], well: ["message"]}, [])


@pytest.mark.once
def test_a_disk_that_fails_for_long_makes_no_mail_unreadable(config, team):
    arrive(make_mailbox(team), with_a_file(str(uuid.uuid4())))
    assert with_a_failing_disk(config, "the name", _file_minute_after_minute) == 0
    assert db.session.execute(select(Inbox.state, Inbox.attempts)).all() == [("received", 0)]


def _file_minute_after_minute():
    for minutes in range(intake.TRIES + 1):
        with pretend(now() + timedelta(minutes=minutes)):
            assert intake.file_waiting() == 1


@pytest.mark.once
def test_an_answer_whose_file_the_disk_did_not_take_is_not_given_and_can_be_given_again(config, team, place):
    ana, oracle = make_staff(teams=[team]), Oracle(config)
    arrive(make_mailbox(team, settings={"acknowledge": False}), eml(text=str(uuid.uuid4())))
    intake.file_waiting()
    ana_id = ana.id
    assert with_a_failing_disk(config, place, _answer, ana_id) != 0
    assert (oracle.rows("SELECT id FROM message WHERE direction = 'out'"), files(config)) == ([], [])
    _answer(ana_id)
    assert oracle.one("SELECT count(*) FROM message WHERE direction = 'out'") == 1
    assert list(oracle.problems()) == []


def _answer(person_id):
    file = File("a.txt", "text/plain", b"what was asked for")
    desk.reply(1, text="See the file.", by=db.session.get(Person, person_id), files=[file])
