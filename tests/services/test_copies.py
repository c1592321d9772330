"""Which mail is the same as another: in one mailbox it is a duplicate, in two of them a setting says what becomes of it."""

import pytest
from sqlalchemy import select

from helpdesk.channels.ledger import Inbox
from helpdesk.services import intake
from helpdesk.services.database import db
from tests.channels.mail.mails import multipart
from tests.making import arrive, make_mailbox, make_policy, make_team


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


def scan(content, **headers):
    """What a scanner sends: always the same Message-ID and words, and a file."""
    file = f'Content-Type: application/pdf\nContent-Disposition: attachment; filename="scan.pdf"\n\n{content}'
    return multipart("Content-Type: text/plain\n\nScanned.", file, Message_ID="<scan@printer.test>", **headers)


def outcomes(*arrivals):
    """What becomes of raw mails that come to mailboxes, one after the other."""
    for mailbox, raw in arrivals:
        arrive(mailbox, raw)
        intake.file_waiting()
    db.session.rollback()
    return [row.reason or row.state for row in db.session.scalars(select(Inbox).order_by(Inbox.id))]


def test_another_file_under_the_same_message_id_and_words_is_another_mail(team):
    mailbox = make_mailbox(team)
    mails = [scan("%PDF-1"), scan("%PDF-2"), scan("%PDF-1", Received="by hop")]
    assert outcomes(*((mailbox, raw) for raw in mails)) == ["filed", "filed", "duplicate"]


def test_another_file_is_no_copy_of_what_the_other_mailbox_has(team):
    here, there = make_mailbox(team), make_mailbox(team, "sales@helpdesk.test", settings={"copies": "first"})
    assert outcomes((here, scan("%PDF-1")), (there, scan("%PDF-2")), (there, scan("%PDF-1"))) == [
        "filed",
        "filed",
        "copy",
    ]
