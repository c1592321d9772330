"""Views of the queue that people keep: a name for a view with its filters, for oneself or for a team."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.orm import Base, Facts, Id, Instant
from helpdesk.people.models import Team


class SavedView(Base):
    """What somebody calls a list; *query* is its address, name → value. With a team it is everybody's there."""

    __tablename__ = "saved_view"
    __table_args__ = (Index(None, "person_id"), Index(None, "team_id"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    name: Mapped[str] = mapped_column(String(80))
    query: Mapped[dict[str, str]] = mapped_column(Facts)
    made_at: Mapped[datetime] = mapped_column(Instant)

    team: Mapped[Team | None] = relationship()
