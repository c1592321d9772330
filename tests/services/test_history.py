"""Whatever is done to what was said behind the product's back, the history says so."""

import hashlib

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from helpdesk.channels.incoming import File
from helpdesk.channels.ledger import Inbox
from helpdesk.services import anchors, desk, intake
from helpdesk.services.database import db
from helpdesk.services.history import verify_all, verify_tonight
from helpdesk.services.instant import pretend
from helpdesk.services.ledger import INLINE
from helpdesk.services.store import settings, transaction
from helpdesk.tickets.anchors import Anchored
from helpdesk.tickets.history import GENESIS, digest
from helpdesk.tickets.models import Event, Ticket
from tests.making import MINUTE, MONDAY, arrive, eml, make_mailbox, make_policy, make_staff, make_team

FILE = File("bill.txt", "text/plain", b"100 coupons")


@pytest.fixture
def story(app):
    """A ticket with a short mail, a reply with a file, and a long mail."""
    make_policy()
    team = make_team()
    ana, mailbox = make_staff(teams=[team], name="Ana"), make_mailbox(team)
    arrive(mailbox, eml())
    intake.file_waiting()
    desk.reply(1, text="Hello.", by=ana, files=iter([FILE]))
    arrive(mailbox, eml(text="word " * INLINE, In_Reply_To="<none@here>"))
    intake.file_waiting()


def tampered(statement):
    with transaction():
        db.session.execute(text(statement))
    return [str(broken) for broken in verify_all()]


def stored(sha256):
    return settings().blobs / sha256[:2] / sha256[2:]


def test_what_nobody_touched_is_whole(story):
    assert verify_all() == []


CHANGES = {
    "UPDATE message SET text = 'Good-bye.' WHERE kind = 'reply'": "its message is not what was written",
    "UPDATE message SET quoted = 'x' WHERE ticket_id = 1 AND seq = 1": "its message is not what was written",
    "UPDATE message SET signature = 'x' WHERE ticket_id = 1 AND seq = 1": "its message is not what was written",
    "UPDATE message SET html = '<b>' WHERE ticket_id = 1 AND seq = 1": "its message is not what was written",
    "UPDATE message SET sha256 = 'x' WHERE ticket_id = 1 AND seq = 1": "its message is not what was written",
    "UPDATE message SET seq = 77 WHERE kind = 'reply'": "its message is gone",
    "DELETE FROM attachment": "the files of its message are not those it had",
    "UPDATE attachment SET sha256 = 'x'": "the files of its message are not those it had",
    "UPDATE inbox SET sha256 = 'x' WHERE raw IS NULL": "the contact as it came is not the one that was read",
}  # fmt: skip


@pytest.mark.parametrize("statement", CHANGES)
def test_a_changed_content_is_named(story, statement):
    (broken,) = tampered(statement)
    assert broken.endswith(CHANGES[statement])


def test_a_changed_raw_mail_is_named(story):
    with transaction():
        db.session.get(Inbox, 1).raw = b"From: somebody else"
    assert [broken.reason for broken in verify_all()] == ["the contact as it came is not the one that was read"]


def test_a_message_put_in_is_named(story):
    insert = (
        "INSERT INTO message (ticket_id, kind, direction, channel, seq, at, text, quoted, sha256, facts)"
        " SELECT ticket_id, kind, direction, channel, 88, at, text, quoted, sha256, facts FROM message WHERE id = 1"
    )
    assert tampered(insert) == ["#1 event 88: a message that the history knows nothing of"]


def test_a_missing_file_is_named(story):
    stored(FILE.sha256).unlink()
    (broken,) = verify_all()
    assert str(broken).endswith(f"the stored file {FILE.sha256} is missing or changed")


def test_a_changed_file_is_named(story):
    stored(FILE.sha256).write_bytes(b"900 coupons")
    (broken,) = verify_all()
    assert FILE.sha256 in broken.reason


def test_a_missing_raw_mail_is_named(story):
    sha256 = db.session.scalar(text("SELECT sha256 FROM inbox WHERE raw IS NULL"))
    stored(sha256).unlink()
    (broken,) = verify_all()
    assert (broken.number, broken.reason) == (2, f"the stored file {sha256} is missing or changed")


REFUSAL = "history is append-only|tickets are never deleted|demo data from its first instant"
COPY = "SELECT id, ticket_id, seq, at, recorded_at, actor_id, 'forged', facts, hash FROM event WHERE id = 1"
FORGED = [
    "UPDATE event SET kind = 'forged' WHERE id = 1",
    "DELETE FROM event WHERE id = 1",
    "UPDATE ticket SET demo = TRUE",
    "DELETE FROM ticket WHERE id = 2",
    "UPDATE anchor SET digest = 'x'",
    "UPDATE anchored SET head = 'x'",
    "DELETE FROM anchored",
    "DELETE FROM anchor",
]
REPLACED = [
    f"INSERT OR REPLACE INTO event (id, ticket_id, seq, at, recorded_at, actor_id, kind, facts, hash) {COPY}",
    f"REPLACE INTO event (id, ticket_id, seq, at, recorded_at, actor_id, kind, facts, hash) {COPY.replace('id,', '999,', 1)}",
    "UPDATE OR REPLACE event SET seq = 1 WHERE ticket_id = 1 AND seq = 2",
    "REPLACE INTO ticket SELECT * FROM ticket WHERE id = 1",
    "REPLACE INTO anchor SELECT * FROM anchor",
    "REPLACE INTO anchored SELECT * FROM anchored",
]  # what only SQLite can say


def test_the_database_refuses_to_rewrite_history(story):
    anchors.anchor()
    for statement in FORGED + (REPLACED if db.engine.dialect.name == "sqlite" else []):
        with pytest.raises(DBAPIError, match=REFUSAL), transaction():
            db.session.execute(text(statement))


def unguarded(*statements):
    """What somebody does who may switch the database's guards off."""
    if db.engine.dialect.name == "sqlite":
        triggers = db.session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all()
        before = [f"DROP TRIGGER {name}" for name in triggers]
    else:
        before = ["SET LOCAL session_replication_role = replica"]
    with transaction():
        for statement in [*before, *statements]:
            db.session.execute(text(statement) if isinstance(statement, str) else statement)


def test_each_anchor_writes_down_the_heads_that_moved(story):
    first = anchors.anchor()
    desk.take(2, by=make_staff("administrator", teams=[db.session.get(Ticket, 2).team]))
    second = anchors.anchor()
    assert (first.moved, second.moved) == (2, 1)
    ticket = db.session.scalar(select(Ticket).where(Ticket.number == 2))
    heads = db.session.execute(select(Anchored.seq, Anchored.head).where(Anchored.anchor_id == second.id)).all()
    assert heads == [(ticket.event_count, ticket.head)]
    assert verify_all() == []


def test_a_history_rewritten_with_all_its_hashes_is_not_what_was_anchored(story):
    anchors.anchor()
    event = db.session.scalar(select(Event).where(Event.ticket_id == 2).order_by(Event.seq.desc()).limit(1))
    before = db.session.scalar(select(Event.hash).where(Event.ticket_id == 2, Event.seq == event.seq - 1)) or GENESIS
    event.at = event.at - MINUTE
    forged = digest(before, 2, event)
    change = update(Event).where(Event.id == event.id).values(at=event.at, hash=forged)
    db.session.rollback()
    unguarded(change, f"UPDATE ticket SET head = '{forged}' WHERE id = 2")
    told = [str(broken) for broken in verify_all()]
    assert told[-1] == f"#2 event {event.seq}: event {event.seq} is not the one that was anchored"


def test_a_ticket_that_is_gone_with_all_its_rows_was_anchored(story):
    anchors.anchor()
    tables = ("delivery", "clock", "stint", "event", "message")
    unguarded(
        "PRAGMA defer_foreign_keys = ON" if db.engine.dialect.name == "sqlite" else "SELECT 1",
        *[f"DELETE FROM {table} WHERE ticket_id = 2" for table in tables],
        "DELETE FROM ticket WHERE id = 2",
    )
    assert [broken.number for broken in verify_all()] == [2]


def test_a_forged_anchor_is_named(story):
    with pretend(MONDAY):
        anchors.anchor()
    unguarded("UPDATE anchored SET head = 'x' WHERE number = 1")
    assert str(verify_all()[0]) == "the anchor of 2026-09-14 09:00:00Z is not what was written"


def test_an_export_is_enough_to_compute_each_digest_anew(story):
    anchors.anchor()
    make_staff()
    anchors.anchor()
    previous = GENESIS
    for line in anchors.exported():
        heads = "".join(f"\n{number} {seq} {head}" for number, seq, head in line["heads"])
        previous = hashlib.sha256(f"{previous}{heads}".encode()).hexdigest()
        assert line["digest"] == previous


def test_the_nightly_check_anchors(story):
    verify_tonight()
    assert [len(line["heads"]) for line in anchors.exported()] == [2]
