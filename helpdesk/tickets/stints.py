"""Stints: who held an open ticket, or that its team's queue did, from when to when and why. They follow from its history."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, object_session, relationship

from helpdesk.orm import Base, Id, Instant

HELD = text("ended_at IS NULL")
ENDED = ("solved", "closed")
OWNING = ("taken", "assigned")
TAKEN_BACK = ("reply_withdrawn", "undone", "parted")
TURNS = (
    "opened", *OWNING, "team_changed", "solved", "closed", "reopened", "junked", "joined", "unjunked", "unjoined",
    "import_ended", *TAKEN_BACK,
)  # fmt: skip


class Stint(Base):
    """A stretch of a ticket's life with one owner, or with none in its team's queue. *why* is what began it.

    Those of a ticket follow each other without gap or overlap from its opening to its end, and anew when it is reopened;
    one whose instant is that of the next took no time.
    """

    __tablename__ = "stint"
    __table_args__ = (
        UniqueConstraint("ticket_id", "began_seq"),
        Index("uq_stint_ticket_held", "ticket_id", unique=True, sqlite_where=HELD, postgresql_where=HELD),
        Index(None, "owner_id", "began_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    began_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    began_seq: Mapped[int]
    ended_seq: Mapped[int | None]
    why: Mapped[str] = mapped_column(String(40))

    ticket: Mapped[Any] = relationship("Ticket", back_populates="stints")


def follow(ticket: Any, event: Any) -> None:
    """End the ticket's stint and begin the next one, when this event of it asks for that.

    What the release before has left without stints stays so until they are derived from its history, all at once.
    """
    if event.kind not in TURNS:
        return
    known = _known(ticket)
    if not known and event.kind != "opened" and ticket.imported_at is None:
        return
    begun = _turn(known, event, ticket.owner.id if ticket.owner else None, ticket.team.id)
    if begun is not None:
        known.append(begun)


def _known(ticket: Any) -> list[Stint]:
    session = object_session(ticket)
    if session is None:
        return ticket.stints  # type: ignore[no-any-return]
    with session.no_autoflush:  # nothing of a batch need be written for this
        return ticket.stints  # type: ignore[no-any-return]


def derived(events: Iterable[Any], team_id: int) -> list[Stint]:
    """The stints that a history leads to; *team_id* is the ticket's team after it."""
    events, found = list(events), list[Stint]()
    owner, team = None, _first_team(events, team_id)
    for event in events:
        if event.kind in OWNING:
            owner = event.facts.get("new_id")
        if event.kind == "team_changed":
            team = event.facts["new_id"]
        begun = _turn(found, event, owner, team) if event.kind in TURNS else None
        found += [begun] if begun else []
    return found


def _first_team(events: Sequence[Any], team_id: int) -> int:
    """An opening names its team, but for its id."""
    return next((int(event.facts["old_id"]) for event in events if event.kind == "team_changed"), team_id)


def _turn(known: Sequence[Stint], event: Any, owner_id: int | None, team_id: int) -> Stint | None:
    """End the last stint if the event does, and give the one that it begins."""
    last = known[-1] if known else None
    stands = last if last is not None and last.ended_at is None else None
    is_open = _open_after(event, was_open=stands is not None)
    if (stands is not None and is_open and (stands.owner_id, stands.team_id) == (owner_id, team_id)) or (
        stands is None and not is_open
    ):
        return None
    at = _instant(last, event)
    if stands is not None:
        stands.ended_at, stands.ended_seq = at, event.seq
    why = str(event.facts.get("why") or event.kind)[:40]
    return Stint(owner_id=owner_id, team_id=team_id, began_at=at, began_seq=event.seq, why=why) if is_open else None


def _open_after(event: Any, *, was_open: bool) -> bool:
    if event.kind == "opened":
        return bool(event.facts.get("origin") != "imported")  # what was done before an import was done elsewhere
    if event.kind == "reopened":
        return True
    if event.kind in ("solved", "closed", "junked", "joined"):
        return False
    if event.kind in ("unjunked", "unjoined", "import_ended"):
        return event.facts["new"] not in ENDED
    if event.kind in TAKEN_BACK and "status" in event.facts:
        return event.facts["status"] not in ENDED
    return was_open


def _instant(last: Stint | None, event: Any) -> datetime:
    """Never before the last one: hosts differ in their clocks. What was ended by something taken back never ended."""
    if last is None:
        return event.at  # type: ignore[no-any-return]
    if last.ended_at is not None and event.kind in TAKEN_BACK:
        return last.ended_at
    return max(event.at, last.ended_at or last.began_at)  # type: ignore[no-any-return]
