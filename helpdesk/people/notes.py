"""What staff should know of a customer: the newest text counts, the earlier ones are its history."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.orm import Base, Id, Instant
from helpdesk.people.models import Person


class CustomerNote(Base):
    """A text about one customer as somebody left it; an empty one says that there is nothing to know any more."""

    __tablename__ = "customer_note"
    __table_args__ = (Index(None, "person_id", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    text: Mapped[str] = mapped_column(Text)
    author_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(Instant)

    author: Mapped[Person] = relationship(foreign_keys=[author_id])
