"""The inbox ledger: every contact as it came, committed before its source is told "yes".

A row is received, then filed, refused (with a reason) or poison (with an error); a person may dismiss the last two.
Its *key* is unique in its source: mailbox, UIDVALIDITY and UID of a fetched mail; the provider's event id of a
webhook; the file and row of a call log.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.channels.models import Channel
from helpdesk.orm import Base, Facts, Id, Instant, Json

RECEIVED = text("state = 'received'")
TROUBLE = text("state IN ('refused', 'poison', 'dismissed')")


class Inbox(Base):
    """One contact as it came. *raw* is its bytes, or empty when they lie in the blob store under *sha256*.

    *content_key* is equal for the same mail fetched under another UID: the second one is refused as a duplicate.
    """

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("channel_id", "key"),
        Index("ix_inbox_turns", "channel_id", "next_try_at", "id", sqlite_where=RECEIVED, postgresql_where=RECEIVED),
        Index("ix_inbox_received", "next_try_at", "id", sqlite_where=RECEIVED, postgresql_where=RECEIVED),
        Index("ix_inbox_trouble", "state", "id", sqlite_where=TROUBLE, postgresql_where=TROUBLE),
        Index(None, "channel_id", "content_key"),
        Index(None, "received_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    source: Mapped[str] = mapped_column(String(20))
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"))
    key: Mapped[str] = mapped_column(String(300))
    content_key: Mapped[str] = mapped_column(String(64), default="")
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    raw: Mapped[bytes | None] = mapped_column(LargeBinary)
    facts: Mapped[Json] = mapped_column(Facts, default=dict)
    received_at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(String(10), default="received")
    reason: Mapped[str] = mapped_column(Text, default="")
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime] = mapped_column(Instant)
    filed_at: Mapped[datetime | None] = mapped_column(Instant)
    ticket_id: Mapped[int | None] = mapped_column(Id, index=True)

    channel: Mapped[Channel] = relationship()
