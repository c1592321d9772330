"""Which mail is the same as another: in one mailbox it is a duplicate, in two of them a setting says what becomes of it."""

import pytest
from sqlalchemy import select, text

from helpdesk.channels.blocks import Block
from helpdesk.channels.ledger import Inbox
from helpdesk.services import copies, intake
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import transaction
from tests.channels.mail.mails import multipart
from tests.making import arrive, eml, make, make_mailbox, make_policy, make_staff, make_team

FREE = {"sqlite": "SELECT :number IS NOT NULL", "postgresql": "SELECT pg_try_advisory_xact_lock(:number)"}


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


def test_a_mail_whose_signature_was_kept_with_its_quotation_is_the_same_mail(team):
    """So it was before signatures had a place of their own."""
    mailbox, said = make_mailbox(team), "Hello.\n\n-- \nMarat\n\n> Good day."
    raw, again = (eml(text=said, Message_ID="<1@x.test>", Received=hop) for hop in "ab")
    assert outcomes((mailbox, raw)) == ["filed"]
    with transaction():
        db.session.execute(text("UPDATE message SET quoted = signature || '\n\n' || quoted, signature = ''"))
    assert outcomes((mailbox, again)) == ["filed", "duplicate"]


def test_what_another_mailbox_refused_in_the_same_batch_is_filed_in_this_one(team):
    blocking, there = make_mailbox(team), make_mailbox(team, "sales@helpdesk.test", settings={"copies": "first"})
    make(Block(value="client.example", channel_id=blocking.id, by_id=make_staff().id, at=now()))
    arrive(blocking, scan("%PDF-1"))
    assert outcomes((there, scan("%PDF-1"))) == ["blocked", "filed"]


def test_in_one_batch_the_first_is_filed_and_the_other_is_a_copy(team):
    here, there = make_mailbox(team), make_mailbox(team, "sales@helpdesk.test", settings={"copies": "first"})
    arrive(here, scan("%PDF-1"))
    assert outcomes((there, scan("%PDF-1"))) == ["filed", "copy"]


def test_while_a_worker_files_a_mail_no_other_files_a_copy_into_whichever_mailbox(app, team):
    """On SQLite whoever writes is alone anyway, and nothing is locked beside that."""
    make_mailbox(team, settings={"copies": "first"})
    copies.alone_with(["b", "a"])
    with app.app_context():
        free = text(FREE[db.engine.dialect.name])
        locks = [db.session.scalar(free, {"number": copies._number(one)}) for one in "abc"]
    db.session.rollback()
    assert locks == [db.engine.dialect.name == "sqlite"] * 2 + [True]


def test_another_file_is_no_copy_of_what_the_other_mailbox_has(team):
    here, there = make_mailbox(team), make_mailbox(team, "sales@helpdesk.test", settings={"copies": "first"})
    assert outcomes((here, scan("%PDF-1")), (there, scan("%PDF-2")), (there, scan("%PDF-1"))) == [
        "filed",
        "filed",
        "copy",
    ]
