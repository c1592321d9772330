"""A ticket that perhaps belongs to another one: shown on both, and decided by staff."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.errors import Conflict
from helpdesk.orm import Base, Id, Instant
from helpdesk.people.models import Person
from helpdesk.tickets.models import Ticket

OFFERED = text("state = 'offered'")


class Belonging(Base):
    """*ticket* perhaps belongs to *other*. *why* is closed, old, foreign or broken; *state* offered, joined or dismissed."""

    __tablename__ = "belonging"
    __table_args__ = (
        Index("ix_belonging_offered", "id", sqlite_where=OFFERED, postgresql_where=OFFERED),
        Index(None, "other_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), unique=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    why: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10), default="offered")
    offered_at: Mapped[datetime] = mapped_column(Instant)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)

    ticket: Mapped[Ticket] = relationship(foreign_keys=[ticket_id])
    other: Mapped[Ticket] = relationship(foreign_keys=[other_id])
    decided_by: Mapped[Person | None] = relationship()


def confirm(belonging: Belonging, *, by: Person, at: datetime) -> None:
    """It does belong there."""
    _decide(belonging, "joined", by=by, at=at)


def dismiss(belonging: Belonging, *, by: Person, at: datetime) -> None:
    """It does not belong there."""
    _decide(belonging, "dismissed", by=by, at=at)
    belonging.ticket.record("belonging_dismissed", by=by, at=at, other=belonging.other.number)


def _decide(belonging: Belonging, state: str, *, by: Person, at: datetime) -> None:
    if belonging.state != "offered":
        raise Conflict("Somebody has decided this meanwhile; look at the ticket again.")
    belonging.state, belonging.decided_by_id, belonging.decided_at = state, by.id, at
