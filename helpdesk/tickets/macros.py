"""Answers and acts that are kept ready: a macro changes a ticket and writes words, a snippet is only words."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.orm import Base, Facts, Id, Instant, Json
from helpdesk.people.models import Team

STATUSES, OWNERS = ("pend", "hold", "solve"), ("me", "nobody")


class Macro(Base):
    """One that is kept ready. *actions* may name status, priority, tags, owner, reason and snooze; it is sent only if it *replies*."""

    __tablename__ = "macro"
    __table_args__ = (Index(None, "kind", "active", "name"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(5), default="")
    body: Mapped[str] = mapped_column(Text, default="")
    actions: Mapped[Json] = mapped_column(Facts, default=dict)
    replies: Mapped[bool] = mapped_column(default=False)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    review_on: Mapped[date | None] = mapped_column(Date)
    used: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
    active: Mapped[bool] = mapped_column(default=True)

    team: Mapped[Team | None] = relationship()
