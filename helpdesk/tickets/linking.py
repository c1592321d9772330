"""Tickets that have to do with each other: alike, the same asked twice, or part of a larger one."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.errors import Conflict
from helpdesk.orm import Base, Id
from helpdesk.people.models import Person
from helpdesk.tickets.models import Ticket

KINDS = ("related", "duplicate", "child")


class Link(Base):
    """*ticket* is related to, a duplicate of or a child of *other*; two tickets have one link at most."""

    __tablename__ = "link"
    __table_args__ = (UniqueConstraint("ticket_id", "other_id"), Index(None, "other_id"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    other_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    kind: Mapped[str] = mapped_column(String(10))

    ticket: Mapped[Ticket] = relationship(foreign_keys=[ticket_id])
    other: Mapped[Ticket] = relationship(foreign_keys=[other_id])


def link(ticket: Ticket, other: Ticket, kind: str, *, by: Person, at: datetime) -> Link:
    """Say on both what they have to do with each other."""
    if ticket is other:
        raise Conflict("These are one ticket; give the number of another one.")
    ticket.record("linked", by=by, at=at, how=kind, other=other.number)
    other.record("linked", by=by, at=at, how=f"{kind}_of", other=ticket.number)
    return Link(ticket=ticket, other=other, kind=kind)


def unlink(found: Link, *, by: Person, at: datetime) -> None:
    """Say on both that they have nothing to do with each other."""
    found.ticket.record("unlinked", by=by, at=at, other=found.other.number)
    found.other.record("unlinked", by=by, at=at, other=found.ticket.number)
