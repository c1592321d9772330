"""Answers that are written now and said later: the verbs, and the row that waits for its instant."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.errors import Conflict
from helpdesk.orm import Base, Id, Instant
from helpdesk.people.models import Person
from helpdesk.tickets.actions import Said, take
from helpdesk.tickets.models import Message, Status, Ticket

WAITS = text("say_at IS NOT NULL")


class Scheduled(Base):
    """When an answer is to be said; never when it was said, cancelled or held. *seen*: the last message its writer had read."""

    __tablename__ = "scheduled"
    __table_args__ = (Index("ix_scheduled_waiting", "say_at", "id", sqlite_where=WAITS, postgresql_where=WAITS),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), unique=True)
    seen: Mapped[int] = mapped_column(Id)
    say_at: Mapped[datetime | None] = mapped_column(Instant)

    ticket: Mapped[Ticket] = relationship()
    message: Mapped[Message] = relationship()


def schedule(ticket: Ticket, said: Said, *, by: Person, at: datetime, say_at: datetime) -> Message:
    """Write an answer that is said at *say_at*; until then nothing is said and no clock moves."""
    if ticket.status == Status.CLOSED:
        raise Conflict("#{number} is closed; reopen it first.", number=ticket.number)
    if say_at <= at:
        raise Conflict("This time has passed; choose a later one.")
    written = ticket.record(
        "reply_scheduled", by=by, at=at, channel=said.channel, sha256=said.sha256, files=list(said.files) or None,
        say_at=say_at.isoformat(),
    )  # fmt: skip
    return Message(
        ticket=ticket, kind="scheduled", direction="out", channel=said.channel, author_id=by.id, seq=written.seq, at=at,
        text=said.text, quoted="", sha256=said.sha256, facts={**said.facts, "say_at": say_at.isoformat()},
    )  # fmt: skip


def say(ticket: Ticket, message: Message, *, by: Person, at: datetime) -> None:
    """Say what was scheduled: from here on it is an answer like any other."""
    if ticket.status == Status.CLOSED:
        raise Conflict("#{number} is closed; reopen it first.", number=ticket.number)
    if ticket.owner is None and ticket.team.id in by.team_ids:
        take(ticket, by=by, at=at)
    if ticket.status == Status.NEW:
        ticket.status = Status.OPEN
    said = ticket.record("replied", by=by, at=at, channel=message.channel, scheduled=message.seq)
    ticket.waiting_since = None
    message.kind, message.at, message.facts = "reply", at, {**message.facts, "said_seq": said.seq}


def hold_back(ticket: Ticket, message: Message, *, why: str, at: datetime) -> None:
    """Do not say it yet: somebody has to look first."""
    ticket.record("reply_held", by=None, at=at, scheduled=message.seq, why=why)
    message.facts = {**message.facts, "held": why}


def cancel(ticket: Ticket, message: Message, *, by: Person, at: datetime) -> None:
    """Never say it; the words stay in the history."""
    ticket.record("schedule_cancelled", by=by, at=at, scheduled=message.seq)
    message.kind = "withdrawn"
