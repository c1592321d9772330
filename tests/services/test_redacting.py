"""What must not be kept is nowhere to be read, the history says why and stays whole, and the original lies sealed."""

from base64 import b64decode

import pytest
from sqlalchemy import select, text, update

from helpdesk.channels.incoming import File
from helpdesk.channels.ledger import Inbox
from helpdesk.errors import Conflict, NotAllowed, NotFound
from helpdesk.services import desk, history, intake, lookup, merging, redacting
from helpdesk.services.database import db
from helpdesk.services.secrets import open_
from helpdesk.tickets.models import Event, Message, Ticket
from helpdesk.tickets.redacting import Redaction
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team
from tests.oracle import Oracle

CARD = "4111111111111111"


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def lead(team):
    return make_staff("supervisor", teams=[team])


@pytest.fixture
def message(team):
    arrive(make_mailbox(team, settings={"acknowledge": False}), with_card())
    intake.file_waiting()
    return db.session.scalar(select(Message))


def with_card():
    return eml(text=f"My card {CARD} failed.\n\n> {CARD} quoted")


def with_file():
    text = (
        "--b\nContent-Type: text/plain\n\nSee the file.\n"
        f'--b\nContent-Type: text/plain; name="a.txt"\nContent-Disposition: attachment; filename="a.txt"\n\n{CARD}\n--b--'
    )
    return eml(text=text).replace(b"text/plain; charset=utf-8", b'multipart/mixed; boundary="b"', 1)


def redact(message, by, **more):
    wanted = {"reason": "Card number", **more}
    return redacting.redact(message.ticket.number, message.id, by=by, **wanted)


def stored(config):
    """Whatever lies in the tables and files in clear."""
    db.session.rollback()
    tables = ("ticket", "message", "event", "inbox", "delivery")
    rows = [repr(db.session.execute(text(f"SELECT * FROM {name}")).all()) for name in tables]
    return rows + [str(path.read_bytes()) for path in config.blobs.rglob("*") if path.is_file()]


@pytest.mark.parametrize("words", [CARD, ""])
def test_the_words_are_nowhere_and_the_history_is_whole(message, lead, config, words):
    redact(message, lead, words=words)
    assert not any(CARD in part for part in stored(config))
    assert lookup.search(CARD, by=lead).found == []
    assert (Oracle(config).problems(), history.verify_all()) == ([], [])
    said = db.session.scalar(select(Event).where(Event.kind == "redacted"))
    assert (said.actor_id, said.facts["reason"]) == (lead.id, "Card number")


def test_the_original_lies_sealed(message, lead):
    redact(message, lead)
    kept = open_(db.session.scalar(select(Redaction.sealed)))
    assert kept["text"] == f"My card {CARD} failed."
    assert CARD.encode() in b64decode(kept["raw"])


def test_what_remains_cannot_be_changed_unseen(message, lead):
    redact(message, lead, words=CARD)
    db.session.execute(update(Message).values(text="My card failed."))
    db.session.commit()
    assert [broken.reason for broken in history.verify_all()] == ["its message is not what was written"]


def test_a_copy_in_another_ticket_goes_with_it(team, lead, message, config):
    arrive(make_mailbox(team, "b@helpdesk.test", settings={"acknowledge": False}), with_card())
    intake.file_waiting()
    merging.merge(1, 2, by=lead)
    second = db.session.scalar(select(Message).join(Ticket).where(Ticket.number == 2))
    assert redact(second, lead, words=CARD) == 2
    redact(message, lead, words=CARD)
    assert not any(CARD in part for part in stored(config))
    assert history.verify_all() == []


def test_a_file_goes_from_the_disk_and_the_words_stay(team, lead, config):
    arrive(make_mailbox(team, settings={"acknowledge": False}), with_file())
    intake.file_waiting()
    message = db.session.scalar(select(Message))
    redact(message, lead, files=[message.attachments[0].id])
    assert not any(CARD in part for part in stored(config))
    assert (message.text, Oracle(config).problems(), history.verify_all()) == ("See the file.", [], [])


@pytest.mark.once
def test_a_file_that_something_else_has_stays_for_it(message, lead, config):
    files = [File("a.txt", "text/plain", b"shared")]
    notes = [desk.note(message.ticket.number, text=name, by=lead, files=files) for name in ("one", "two")]
    redact(notes[0], lead, files=[notes[0].attachments[0].id])
    assert history.verify_all() == []


@pytest.mark.once
def test_deleting_from_the_disk_is_made_up_for(message, lead, monkeypatch):
    db.session.execute(update(Inbox).values(raw=Inbox.raw))
    redact(message, lead)
    db.session.execute(update(Redaction).values(pending=True))
    db.session.commit()
    redacting.erase_pending()
    assert db.session.scalars(select(Redaction.pending)).all() == [False]


@pytest.mark.once
def test_only_a_lead_may_and_only_with_a_reason(message, lead, team):
    with pytest.raises(NotAllowed):
        redact(message, make_staff(teams=[team]))
    with pytest.raises(Conflict, match="why"):
        redact(message, lead, reason=" ")
    with pytest.raises(Conflict, match="do not stand"):
        redact(message, lead, words="elsewhere")
    with pytest.raises(NotFound):
        redact(message, lead, files=[10**9])
    assert CARD in message.text
