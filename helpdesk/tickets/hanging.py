"""Tickets that hang: nobody on duty holds them, and nobody was offered them. A row for each time, told of once."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.orm import Base, Id, Instant
from helpdesk.tickets.models import Ticket

STILL = text("over_at IS NULL")


class Hanging(Base):
    """A stretch in which a ticket hung; *over_at* is when it was seen to have a holder again."""

    __tablename__ = "hanging"
    __table_args__ = (
        Index("uq_hanging_ticket_still", "ticket_id", unique=True, sqlite_where=STILL, postgresql_where=STILL),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    began_at: Mapped[datetime] = mapped_column(Instant)
    over_at: Mapped[datetime | None] = mapped_column(Instant)

    ticket: Mapped[Ticket] = relationship()
