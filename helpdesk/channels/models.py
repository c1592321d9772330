"""Rows of channels: the ways in that are set up, and what is known of each."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.orm import Base, Facts, Id, Instant, Json
from helpdesk.people.models import Team


class Channel(Base):
    """One mailbox, webhook, bot or phone log. *settings* are open, *secrets* are sealed with the product's key.

    *state* is what the channel's reader knows (UIDVALIDITY, last UID, server's count); *seen_at* is its last success,
    *error* what went wrong since, *failures* how often in a row. *alarm* is the trouble that administrators were told
    of, and *alarm_at* when it was last seen.
    """

    __tablename__ = "channel"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), index=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    address: Mapped[str] = mapped_column(String(400), default="")
    settings: Mapped[Json] = mapped_column(Facts, default=dict)
    secrets: Mapped[bytes | None] = mapped_column(LargeBinary)
    active: Mapped[bool] = mapped_column(default=True)
    demo: Mapped[bool] = mapped_column(default=False)
    state: Mapped[Json] = mapped_column(Facts, default=dict)
    tried_at: Mapped[datetime | None] = mapped_column(Instant)
    seen_at: Mapped[datetime | None] = mapped_column(Instant)
    error: Mapped[str] = mapped_column(String(1000), default="")
    failures: Mapped[int] = mapped_column(default=0, server_default="0")
    alarm: Mapped[str] = mapped_column(String(20), default="", server_default="")
    alarm_at: Mapped[datetime | None] = mapped_column(Instant)

    team: Mapped[Team] = relationship()
