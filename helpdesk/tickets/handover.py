"""Handover with acceptance: an owner offers, the receiver accepts or refuses; until then nothing changes hands."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.errors import Conflict
from helpdesk.orm import Base, Id, Instant
from helpdesk.people.models import Person
from helpdesk.tickets.actions import assign
from helpdesk.tickets.models import Ticket
from helpdesk.tickets.teams import of_team

OFFERED = text("state = 'offered'")
UNTAKEN = text("state IN ('offered', 'refused', 'lapsed')")


class Offer(Base):
    """A ticket offered from one owner to the next, who accepts or refuses, or lets it lapse at *answer_by*.

    *turn* counts those asked one after the other; it is the first one's when somebody chose the receiver.
    """

    __tablename__ = "offer"
    __table_args__ = (
        Index("uq_offer_ticket_waiting", "ticket_id", unique=True, sqlite_where=OFFERED, postgresql_where=OFFERED),
        Index("ix_offer_untaken", "ticket_id", "state", sqlite_where=UNTAKEN, postgresql_where=UNTAKEN),
        Index("ix_offer_answer_by", "answer_by", sqlite_where=OFFERED, postgresql_where=OFFERED),
        Index(None, "to_id", "state"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    from_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    to_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    note: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(20))
    offered_at: Mapped[datetime] = mapped_column(Instant)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(Text, default="")
    answer_by: Mapped[datetime | None] = mapped_column(Instant)
    turn: Mapped[int] = mapped_column(default=1, server_default=text("1"))

    ticket: Mapped[Ticket] = relationship()
    giver: Mapped[Person | None] = relationship(foreign_keys=[from_id])
    receiver: Mapped[Person | None] = relationship(foreign_keys=[to_id])


def offer(
    ticket: Ticket, *, to: Person | None, note: str, by: Person | None, at: datetime, why: str = "asked",
    answer_by: datetime | None = None, turn: int = 1,
) -> Offer:  # fmt: skip
    """Offer the ticket to *to* of its team; with nobody to offer it to, it waits on the supervisor's page.

    Unanswered until *answer_by* it lapses; *turn* counts those who were asked one after the other.
    """
    if not ticket.open:
        raise Conflict(
            "#{number} is {status}; there is nothing to hand over.", number=ticket.number, status=ticket.status
        )
    if to is not None:
        _to_another(ticket, to)
    giver = ticket.owner
    _offered(ticket, giver, to, by=by, at=at, why=why)
    return Offer(
        ticket=ticket, giver=giver, receiver=to, note=note, state="offered", offered_at=at, reason="",
        answer_by=answer_by, turn=turn,
    )  # fmt: skip


def offer_again(wanted: Offer, *, by: Person, at: datetime) -> None:
    """Let an offer stand as before: the answer by which it was settled otherwise was taken back."""
    wanted.state, wanted.decided_at = "offered", None
    _offered(wanted.ticket, wanted.giver, wanted.receiver, by=by, at=at, why="answer taken back")


def _offered(
    ticket: Ticket, giver: Person | None, to: Person | None, *, by: Person | None, at: datetime, why: str
) -> None:
    ticket.record(
        "handover_offered", by=by, at=at, old_id=giver.id if giver else None, new_id=to.id if to else None,
        old=giver.name if giver else None, new=to.name if to else None, why=why,
    )  # fmt: skip


def _to_another(ticket: Ticket, to: Person) -> None:
    if ticket.owner == to:
        raise Conflict("#{number} already belongs to {name}.", number=ticket.number, name=to.name)
    of_team(ticket, to)


def accept(wanted: Offer, *, by: Person, at: datetime) -> None:
    """Become the owner of what was offered; the clocks go on."""
    _decide(wanted, "accepted", at=at)
    wanted.receiver = by
    wanted.ticket.record("handover_accepted", by=by, at=at, new_id=by.id, new=by.name)
    assign(wanted.ticket, to=by, by=by, at=at, why="handover")


def refuse(wanted: Offer, *, reason: str, by: Person, at: datetime) -> None:
    """Say no, and why: the ticket stays where it is and shows on the supervisor's page."""
    _decide(wanted, "refused", at=at)
    wanted.reason = reason
    wanted.ticket.record("handover_refused", by=by, at=at, reason=reason)


def lapse(wanted: Offer, *, at: datetime) -> None:
    """Nobody answered in time: it is no longer offered."""
    _decide(wanted, "lapsed", at=at)
    name = wanted.receiver.name if wanted.receiver else None
    wanted.ticket.record("handover_lapsed", by=None, at=at, name=name)


def stands(wanted: Offer) -> bool:
    """Whether it still makes sense: the ticket is open, with the same owner, and the receiver is in its team."""
    ticket, receiver = wanted.ticket, wanted.receiver
    in_team = receiver is None or (receiver.works and ticket.team.id in receiver.team_ids)
    return ticket.open and wanted.giver == ticket.owner and in_team


def withdraw(wanted: Offer, *, by: Person | None, at: datetime, why: str) -> None:
    """Take an offer back because the matter went another way."""
    _decide(wanted, "withdrawn", at=at)
    wanted.ticket.record("handover_withdrawn", by=by, at=at, why=why)


def _decide(wanted: Offer, state: str, *, at: datetime) -> None:
    if wanted.state != "offered":
        raise Conflict(
            "The handover of #{number} was already {state}.", number=wanted.ticket.number, state=wanted.state
        )
    wanted.state, wanted.decided_at = state, at
