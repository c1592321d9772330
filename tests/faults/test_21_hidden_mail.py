"""Row 21: the server counts a mail that it does not hand out; at the second look administrators and the doctor know."""

import pytest
from sqlalchemy import select

from helpdesk.channels.ledger import Inbox
from helpdesk.services import alarms, health, mailboxes, secrets
from helpdesk.services.database import db
from helpdesk.tickets.models import Notice
from tests.faults.test_15_hanging_server import ANSWERS, answering
from tests.making import eml, make_mailbox, make_staff, make_team

MAIL = eml()
FETCHED = b"* 1 FETCH (UID 8 BODY[] {%d}\r\n" % len(MAIL) + MAIL + b")\r\n%s OK done\r\n"


def hides_one(known):
    """Two are said to be there, one is listed."""
    return {
        **known,
        "SELECT": known["SELECT"].replace(b"1 EXISTS", b"2 EXISTS"),
        "BODY": FETCHED,
        "LOGOUT": b"%s OK\r\n",
    }


@pytest.fixture
def channel(app):
    make_staff("administrator")
    with answering(hides_one(dict(ANSWERS)), connections=3) as port:
        known = {"imap_host": "127.0.0.1", "imap_port": port, "imap_security": "none", "imap_user": "x"}
        yield make_mailbox(make_team(), "x@helpdesk.test", known, secrets=secrets.seal({"imap_password": "x"}))


def state_of(channel):
    return {finding.part: finding.state for finding in health.examine()}[f"mailbox {channel.name}"]


def test_mail_that_the_server_hides_is_told_of_at_the_second_look(channel):
    watch, seen = alarms.Watch(), []
    for _ in range(3):
        mailboxes.read(channel.id)
        watch.look()
        seen.append((state_of(channel), len(db.session.scalars(select(Notice)).all())))
    assert seen == [("warn", 0), ("bad", 1), ("bad", 1)]
    assert len(db.session.scalars(select(Inbox)).all()) == 1
