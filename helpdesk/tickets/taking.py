"""Taking what is next, and putting it back with a reason."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.errors import Conflict
from helpdesk.orm import Base, Id, Instant
from helpdesk.people.models import Person
from helpdesk.tickets.actions import own
from helpdesk.tickets.models import Ticket


class Skip(Base):
    """Who put which ticket back, and why; for a while it is not given to them again."""

    __tablename__ = "skip"
    __table_args__ = (Index(None, "person_id", "at"), Index(None, "at"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(String(1000))
    at: Mapped[datetime] = mapped_column(Instant)

    ticket: Mapped[Ticket] = relationship()
    person: Mapped[Person] = relationship()


def take_next(ticket: Ticket, *, by: Person, at: datetime, language: str | None, skills: Sequence[str]) -> None:
    """Make oneself the owner of what was next; the history says which *language* and *skills* made it fit."""
    own(ticket, by, "taken", by=by, at=at, why="next", language=language, skills=list(skills) or None)


def skip(ticket: Ticket, *, reason: str, by: Person, at: datetime) -> Skip:
    """Give one's own ticket back to its team, for somebody else."""
    if ticket.owner != by or not ticket.open:
        raise Conflict(
            "#{number} is not yours to put back: only its owner can, while it is open.", number=ticket.number
        )
    put_back(ticket, by=by, at=at, why="skipped", reason=reason)
    return Skip(ticket=ticket, person=by, reason=reason, at=at)


def put_back(ticket: Ticket, *, by: Person | None, at: datetime, why: str, **more: Any) -> None:
    """Let the team's queue have it; the history says why."""
    own(ticket, None, "assigned", by=by, at=at, why=why, **more)
