"""Blacking out what must not be kept: the history says who did it, when and why, and goes on covering what remains."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.errors import Conflict
from helpdesk.orm import Base, Facts, Id, Instant
from helpdesk.people.models import Person
from helpdesk.tickets.contents import content_digest, signature_digest
from helpdesk.tickets.models import Attachment, Message, Ticket

BLACK = "█████"
PENDING = text("pending")


class Redaction(Base):
    """One that was done. *sealed* holds the original, which opens with the product's key; *files* are still to be deleted."""

    __tablename__ = "redaction"
    __table_args__ = (Index("ix_redaction_pending", "id", sqlite_where=PENDING, postgresql_where=PENDING),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), index=True)
    seq: Mapped[int]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    files: Mapped[list[str]] = mapped_column(Facts, default=list)
    pending: Mapped[bool] = mapped_column(default=True)
    at: Mapped[datetime] = mapped_column(Instant)


def redact(
    ticket: Ticket, message: Message, *, words: str, files: Sequence[Attachment], reason: str, by: Person, at: datetime
) -> int:
    """Black out these words wherever they stand in a message, or with none and no files all of it; the event's number."""
    if not reason:
        raise Conflict("Write why it must not be kept.")
    if words and words not in _all(message):
        raise Conflict("These words do not stand in the message; copy them from it.")
    if words or not files:
        _black_out(ticket, message, words)
    for file in files:
        file.erased_at = at
    remains = content_digest(message.text, message.quoted, message.html)
    event = ticket.record(
        "redacted", by=by, at=at, message=message.seq, reason=reason, remains=remains,
        remains_signature=signature_digest(message.signature), erased=sorted({file.sha256 for file in files}) or None,
    )  # fmt: skip
    return event.seq


def _all(message: Message) -> str:
    return "\n".join([message.text, message.quoted, message.signature])


def _black_out(ticket: Ticket, message: Message, words: str) -> None:
    """Its layout goes wholly, for there words hide where nobody looks."""
    for part in ("text", "quoted", "signature"):
        said = getattr(message, part)
        setattr(message, part, said.replace(words, BLACK) if words else BLACK if said else "")
    message.html, ticket.preview = None, ""
