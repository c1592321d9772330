"""Redaction: what must not be kept leaves the ticket, its copies, the search and the disk; the original lies sealed."""

from base64 import b64encode
from collections.abc import Collection, Sequence

from sqlalchemy import exists, select
from sqlalchemy.orm import selectinload

from helpdesk import blobs
from helpdesk.channels.ledger import Inbox
from helpdesk.errors import NotFound
from helpdesk.people.models import Person
from helpdesk.services import lookup
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.ledger import raw_of
from helpdesk.services.secrets import seal
from helpdesk.services.store import permit, settings, ticket_for, transaction
from helpdesk.tickets import redacting
from helpdesk.tickets.models import Attachment, Message, Ticket
from helpdesk.tickets.redacting import Redaction


def redact(
    number: int, message_id: int, *, words: str = "", files: Collection[int] = (), reason: str, by: Person
) -> int:
    """Black out a message, some words of it or some of its files, here and in its copies; how many that were."""
    permit(by, "redact", ticket_for(by, number).team_id)
    with transaction():
        first = _message(number, message_id, by)
        wanted = {file.sha256 for file in first.attachments if file.id in files}
        if {*files} - {file.id for file in first.attachments}:
            raise NotFound("There is no such file.")
        copies = _copies(first)
        for message in copies:
            _redact(message, words.strip(), wanted, reason.strip(), by)
    erase_pending()
    return len(copies)


def _message(number: int, message_id: int, by: Person) -> Message:
    ticket = ticket_for(by, number, lock=True)
    found = db.session.get(Message, message_id, populate_existing=True)
    if found is None or found.ticket_id != ticket.id:
        raise NotFound("There is no such message.")
    return found


def _copies(first: Message) -> list[Message]:
    """The message, and the same words where a merge or a split of this customer's tickets has put them."""
    query = select(Message).join(Ticket).where(
        Message.sha256 == first.sha256, Ticket.customer_id == first.ticket.customer_id, Message.id != first.id,
        Message.at == first.at,
    )  # fmt: skip
    others = db.session.scalars(query.options(selectinload(Message.attachments)).order_by(Ticket.number)).all()
    for other in others:
        db.session.execute(select(Ticket.id).where(Ticket.id == other.ticket_id).with_for_update())
        db.session.refresh(other.ticket)
    return [first, *others]


def _redact(message: Message, words: str, wanted: Collection[str], reason: str, by: Person) -> None:
    files = [file for file in message.attachments if file.sha256 in wanted or not (words or wanted)]
    raw = db.session.get(Inbox, message.inbox_id) if message.inbox_id else None
    sealed, gone = _sealed(message, files, raw), [file.sha256 for file in files]
    seq = redacting.redact(message.ticket, message, words=words, files=files, reason=reason, by=by, at=now())
    if raw is not None and raw.raw != b"":
        gone += [raw.sha256] if raw.raw is None else []
        raw.raw = b""
    db.session.add(
        Redaction(
            ticket_id=message.ticket_id,
            message_id=message.id,
            seq=seq,
            sealed=sealed,
            files=gone,
            at=now(),
            pending=True,
        )
    )
    db.session.flush()
    lookup.put_again(message)


def _sealed(message: Message, files: Sequence[Attachment], raw: Inbox | None) -> bytes:
    """The original, of which nothing can be read without the product's key."""
    folder = settings().blobs
    kept = {"text": message.text, "quoted": message.quoted, "signature": message.signature, "html": message.html or ""}
    kept |= {f"file {file.sha256}": _text(blobs.get(folder, file.sha256)) for file in files if file.erased_at is None}
    return seal(kept | ({"raw": _text(raw_of(raw))} if raw is not None and raw.raw != b"" else {}))


def _text(content: bytes) -> str:
    return b64encode(content).decode()


def erase_pending() -> None:
    """Delete the files of what was redacted from the disk, unless something else still has them. May be done twice."""
    for row in db.session.scalars(select(Redaction).where(redacting.PENDING).order_by(Redaction.id)).all():
        with transaction():
            for sha256 in row.files:
                if not _needed(sha256):
                    blobs.drop(settings().blobs, sha256)
            row.pending = False


def _needed(sha256: str) -> bool:
    attached = exists().where(Attachment.sha256 == sha256, Attachment.erased_at.is_(None))
    contact = exists().where(Inbox.sha256 == sha256, Inbox.raw.is_(None))
    return bool(db.session.scalar(select(attached | contact)))
