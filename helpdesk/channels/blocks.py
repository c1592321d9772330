"""Whose mail is refused: addresses and domains, in one mailbox or in all of them."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.channels.models import Channel
from helpdesk.orm import Base, Id, Instant
from helpdesk.people.models import Person


class Block(Base):
    """An address, or a domain with all that lies under it, when there is no @ in it. Without a channel it is for all."""

    __tablename__ = "block"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    value: Mapped[str] = mapped_column(String(400), index=True)
    channel_id: Mapped[int | None] = mapped_column(ForeignKey("channel.id"))
    note: Mapped[str] = mapped_column(String(300), default="")
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(Instant)

    channel: Mapped[Channel | None] = relationship()
    by: Mapped[Person] = relationship()
