"""Who beside the customer takes part in a ticket: named by a mail's Cc or To, and let in or kept out by staff."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.orm import Base, Id, Instant
from helpdesk.people.models import Person
from helpdesk.tickets.models import Message, Ticket

PENDING = text("state = 'pending'")


class Participant(Base):
    """An address that a mail named in a ticket. *state* is pending, approved or refused; only approved ones take part."""

    __tablename__ = "participant"
    __table_args__ = (
        UniqueConstraint("ticket_id", "address"),
        Index("ix_participant_pending", "id", sqlite_where=PENDING, postgresql_where=PENDING),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"))
    address: Mapped[str] = mapped_column(String(400))
    name: Mapped[str] = mapped_column(String(200), default="")
    state: Mapped[str] = mapped_column(String(10), default="pending")
    named_at: Mapped[datetime] = mapped_column(Instant)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)

    ticket: Mapped[Ticket] = relationship()
    message: Mapped[Message] = relationship()
    decided_by: Mapped[Person | None] = relationship()


def let_in(participant: Participant, *, by: Person, at: datetime) -> None:
    """Let this address take part: what it writes counts, and answers may go to it, too."""
    _decide(participant, "approved", by=by, at=at)


def keep_out(participant: Participant, *, by: Person, at: datetime) -> None:
    """Keep this address out: nothing goes to it, and what it writes waits for approval."""
    _decide(participant, "refused", by=by, at=at)


def put_back(participant: Participant, *, was: str, by: Person, at: datetime) -> None:
    """Let this address be what it *was*: the answer that let it in was taken back."""
    decided = was != "pending"
    participant.state = was
    participant.decided_by_id, participant.decided_at = (by.id, at) if decided else (None, None)
    participant.ticket.record("participant_withdrawn", by=by, at=at, address=participant.address)


def decline(ticket: Ticket, message: Message, *, by: Person, at: datetime) -> None:
    """Let what a stranger wrote not count: it stays to be seen, and moves nothing."""
    message.kind = "declined"
    ticket.record("approval_refused", by=by, at=at, message=message.seq)


def _decide(participant: Participant, state: str, *, by: Person, at: datetime) -> None:
    if participant.state != state:
        participant.state, participant.decided_by_id, participant.decided_at = state, by.id, at
        participant.ticket.record(f"participant_{state}", by=by, at=at, address=participant.address)
