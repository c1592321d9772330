"""kill -9 at every step from the mailbox to the ticket: each mail is one message, no more and no less."""

import hashlib
import re
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from helpdesk import blobs
from helpdesk.channels.ledger import Inbox
from helpdesk.orm import Lease
from helpdesk.services import intake, mailboxes, secrets
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.services.store import settings
from helpdesk.tickets.models import Attachment, Message
from tests.dovecot import PASSWORD
from tests.dying import killed
from tests.making import eml, make_mailbox, make_policy, make_team

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
FILING = [
    ("helpdesk.services.intake._file", "before"),
    ("helpdesk.services.filing._keep", "before"),
    ("helpdesk.services.filing._keep", "after"),
    ("helpdesk.services.intake._file", "after"),
]


@pytest.fixture(params=["seen", "move"])
def after_read(request):
    return request.param


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


def mails(count=3):
    """Small ones, and a large one with a file."""
    known = [f"{uuid.uuid4()}" for _ in range(count)]
    small = [eml(sender=f"c-{one}@customer.test", subject=one) for one in known[1:]]
    return known, [large(known[0]), *small]


def large(name):
    raw = eml(sender=f"c-{name}@customer.test", subject=name, text="x")
    head, _, _ = raw.partition(b"MIME-Version")
    body = f"--b\r\nContent-Type: text/plain\r\n\r\nsee file\r\n--b\r\nContent-Type: application/pdf\r\n\
Content-Disposition: attachment; filename=a.pdf\r\n\r\n{name * 3000}\r\n--b--\r\n"
    return head + b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + body.encode()


def the_dead_let_go():
    """Their leases run out; other claims are waited for by the clock."""
    db.session.execute(delete(Lease))
    db.session.commit()


def test_a_worker_killed_at_any_step_loses_and_doubles_nothing(config, channel, account):
    sent = []
    for job, places in (
        ("helpdesk.services.mailboxes.read", READING),
        ("helpdesk.services.intake.file_waiting", FILING),
    ):
        for place, when in places:
            known, raw = mails()
            account.append(*raw)
            sent += known
            if job.endswith("file_waiting"):
                mailboxes.read(channel.id)
            arguments = (channel.id,) if job.endswith("read") else ()
            assert killed(config, job, place, when, *arguments), f"{place} was never reached"
            nothing_is_flagged_before_it_is_written(account)
            the_dead_let_go()
            mailboxes.read(channel.id)
            with pretend(now() + timedelta(seconds=31)):
                intake.file_waiting()
    everything_is_there_once(sent)


def nothing_is_flagged_before_it_is_written(account):
    db.session.rollback()
    written = {row.key.partition(":")[2] for row in db.session.scalars(select(Inbox))}
    flagged = {str(uid) for uid, flags in account.flags().items() if b"\\Seen" in flags}
    with account.client() as client:
        moved = client.folder_status("Done", ["MESSAGES"])[b"MESSAGES"]
    assert flagged <= written
    assert moved <= len(written)


def everything_is_there_once(sent):
    db.session.rollback()
    subjects = [
        message.ticket.subject for message in db.session.scalars(select(Message).where(Message.direction == "in"))
    ]
    assert sorted(subjects) == sorted(sent)
    assert {row.state for row in db.session.scalars(select(Inbox))} == {"filed"}
    for row in db.session.scalars(select(Attachment)):
        assert hashlib.sha256(blobs.get(settings().blobs, row.sha256)).hexdigest() == row.sha256
    whole = [path for path in settings().blobs.rglob("*") if re.fullmatch(r"[0-9a-f]{62}", path.name)]
    assert all(hashlib.sha256(path.read_bytes()).hexdigest() == path.parent.name + path.name for path in whole)
