"""Whatever is done to what was said behind the product's back, the history says so."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from helpdesk.channels.incoming import File
from helpdesk.channels.ledger import Inbox
from helpdesk.services import desk, intake
from helpdesk.services.database import db
from helpdesk.services.history import verify_all
from helpdesk.services.ledger import INLINE
from helpdesk.services.store import settings, transaction
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team

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
]
REPLACED = [
    f"INSERT OR REPLACE INTO event (id, ticket_id, seq, at, recorded_at, actor_id, kind, facts, hash) {COPY}",
    f"REPLACE INTO event (id, ticket_id, seq, at, recorded_at, actor_id, kind, facts, hash) {COPY.replace('id,', '999,', 1)}",
    "UPDATE OR REPLACE event SET seq = 1 WHERE ticket_id = 1 AND seq = 2",
    "REPLACE INTO ticket SELECT * FROM ticket WHERE id = 1",
]  # what only SQLite can say


def test_the_database_refuses_to_rewrite_history(story):
    for statement in FORGED + (REPLACED if db.engine.dialect.name == "sqlite" else []):
        with pytest.raises(DBAPIError, match=REFUSAL), transaction():
            db.session.execute(text(statement))
