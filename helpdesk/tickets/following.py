"""Who wants to hear of a ticket that is not theirs."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.orm import Base, Id, Instant
from helpdesk.people.models import Person
from helpdesk.tickets.models import Ticket


class Following(Base):
    """One person follows one ticket; they have been told of its events up to *told_seq*."""

    __tablename__ = "following"
    __table_args__ = (UniqueConstraint("person_id", "ticket_id"), Index(None, "ticket_id"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    since: Mapped[datetime] = mapped_column(Instant)
    told_seq: Mapped[int]

    person: Mapped[Person] = relationship()
    ticket: Mapped[Ticket] = relationship()
