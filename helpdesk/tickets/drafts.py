"""What somebody has begun to write in a ticket, kept until it is sent or thrown away."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.orm import Base, Facts, Id, Instant, Json
from helpdesk.tickets.models import Ticket


class Draft(Base):
    """The reply or note that a person writes in a ticket; nobody else ever reads it.

    *mark* is which window wrote it last, and the how manieth time: a window that knows another mark overwrites nothing.
    *way* is how the answer is to go: to, cc, bcc, quote, and *again*, files of what was taken back.
    """

    __tablename__ = "draft"
    __table_args__ = (UniqueConstraint("person_id", "ticket_id", "kind"), Index(None, "ticket_id"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    kind: Mapped[str] = mapped_column(String(5))
    text: Mapped[str] = mapped_column(Text)
    way: Mapped[Json] = mapped_column(Facts, default=dict)
    mark: Mapped[str] = mapped_column(String(60))
    saved_at: Mapped[datetime] = mapped_column(Instant)

    ticket: Mapped[Ticket] = relationship()
