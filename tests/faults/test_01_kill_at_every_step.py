"""Row 1: kill -9 at every step from the mailbox to the ticket: each mail is one message, no more and no less."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import delete

from helpdesk.orm import Lease
from helpdesk.services import intake, mailboxes, secrets
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from tests.dovecot import PASSWORD
from tests.dying import killed
from tests.making import eml, make_mailbox, make_policy, make_team
from tests.oracle import UUID, Oracle

READING = [
    ("helpdesk.channels.mail.imap.fetch", "after"),
    ("helpdesk.blobs._write", "before"),
    ("helpdesk.blobs._sync", "before"),
    ("helpdesk.blobs._sync", "after"),
    ("helpdesk.services.ledger.accept_all", "before"),
    ("helpdesk.services.ledger.accept_all", "after"),
    ("helpdesk.services.store.save", "before"),
    ("helpdesk.services.bell.wake", "before"),
    ("helpdesk.services.collecting._flag_or_move", "before"),
    ("helpdesk.services.collecting._flag_or_move", "after"),
]
MOVING = READING[-3:]  # until then moving is what marking as read is
FILING = [
    ("helpdesk.services.intake._claim", "after"),
    ("helpdesk.services.intake._file", "before"),
    ("helpdesk.services.filing._keep", "before"),
    ("helpdesk.services.filing._keep", "after"),
    ("helpdesk.services.deadlines.lay_all", "after"),
    ("helpdesk.services.intake._file", "after"),
]


@pytest.fixture
def account(dovecot):
    found = dovecot.user()
    with found.client() as client:
        client.create_folder("Done")
    return found


@pytest.fixture
def channel(app, account, after_read):
    make_policy()
    known = account.settings(after_read=after_read, move_to="Done", acknowledge=False)
    return make_mailbox(make_team(), account.name, known, secrets=secrets.seal({"imap_password": PASSWORD}))


def mails():
    """A small one, and a large one with a file."""
    small, big = str(uuid.uuid4()), str(uuid.uuid4())
    return [small, big], [eml(sender=f"c-{small}@customer.test", text=small), large(big)]


def large(name):
    raw = eml(sender=f"c-{name}@customer.test")
    head, _, _ = raw.partition(b"MIME-Version")
    body = f"--b\r\nContent-Type: text/plain\r\n\r\n{name}\r\n--b\r\nContent-Type: application/pdf\r\n\
Content-Disposition: attachment; filename=a.pdf\r\n\r\n{name * 3000}\r\n--b--\r\n"
    return head + b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + body.encode()


def the_dead_let_go():
    """Their leases run out; other claims are waited for by the clock."""
    db.session.rollback()  # what was read before they died is not what is there now
    db.session.execute(delete(Lease))
    db.session.commit()


def handled(account, after_read):
    """The UUIDs of the mails that the server has as read, or in the other folder."""
    with account.client() as client:
        if after_read == "move":
            client.select_folder("Done", readonly=True)
        raws = client.fetch(client.search("ALL" if after_read == "move" else "SEEN"), ["BODY.PEEK[]"])
    return {uuid.decode() for found in raws.values() for uuid in UUID.findall(found[b"BODY[]"])}


@pytest.mark.parametrize(("after_read", "reading", "filing"), [("seen", READING, FILING), ("move", MOVING, [])])
def test_a_worker_killed_at_any_step_loses_and_doubles_nothing(config, channel, account, after_read, reading, filing):
    sent, oracle = [], Oracle(config)
    for job, places in (("mailboxes.read", reading), ("intake.file_waiting", filing)):
        for place, when in places:
            known, raw = mails()
            account.append(*raw)
            sent += known
            if job == "intake.file_waiting":
                mailboxes.read(channel.id)
            arguments = (channel.id,) if job == "mailboxes.read" else ()
            assert killed(config, f"helpdesk.services.{job}", place, when, *arguments), f"{place} was never reached"
            assert handled(account, after_read) <= oracle.fates().keys()
            the_dead_let_go()
            mailboxes.read(channel.id)
            with pretend(now() + timedelta(seconds=31)):
                intake.file_waiting()
    assert oracle.fates() == {one: ["message"] for one in sent}
    assert oracle.problems() == []
    assert handled(account, after_read) == set(sent)
