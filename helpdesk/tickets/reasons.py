"""Why customers turn to the desk: a list of two levels, kept by administrators. A ticket has one reason of it at most."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, String, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.errors import Conflict
from helpdesk.orm import Base, Id
from helpdesk.people.models import Person

if TYPE_CHECKING:
    from helpdesk.tickets.models import Ticket

PARTED = " › "


class Reason(Base):
    """One reason; with a *parent_id* it lies under that one. One that is not *active* stays where it was given."""

    __tablename__ = "reason"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("reason.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    position: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)
    demo: Mapped[bool] = mapped_column(default=False, server_default=false())

    parent: Mapped["Reason | None"] = relationship(remote_side=id)

    @property
    def names(self) -> list[str]:
        """Its own name, and that of the reason that it lies under: both are what a ticket is about."""
        return [one.name for one in (self, self.parent) if one is not None]


class ReasonWanted(Conflict):
    """The team solves nothing without a reason."""


def change_reason(ticket: "Ticket", *, to: Reason | None, by: Person, at: datetime) -> None:
    """Say what the ticket is about."""
    old = ticket.reason
    if old == to:
        return
    ticket.reason, ticket.reason_id = to, to.id if to else None
    ticket.record(
        "reason_changed", by=by, at=at, old_id=old.id if old else None, new_id=ticket.reason_id,
        old=old.name if old else None, new=to.name if to else None,
    )  # fmt: skip


def need_reason(ticket: "Ticket") -> None:
    """Refuse to solve without a reason where the team wants one. What closes by itself, as junk or by a merge, asks for none."""
    if ticket.team.reason_required and ticket.reason_id is None:
        raise ReasonWanted("#{number} is not solved without a reason; choose one.", number=ticket.number)


def ordered(reasons: Iterable[Any]) -> list[tuple[Any, list[Any]]]:
    """Reasons of the first level in their order, each with those under it."""
    known = sorted(reasons, key=lambda one: (one.position, one.id))
    return [(top, [one for one in known if one.parent_id == top.id]) for top in known if top.parent_id is None]


def titles(reasons: Iterable[Any]) -> dict[int, str]:
    """What each is called in full, by id."""
    found: dict[int, str] = {}
    for top, below in ordered(reasons):
        found[top.id] = top.name
        found |= {one.id: f"{top.name}{PARTED}{one.name}" for one in below}
    return found


def offered(reasons: Iterable[Any]) -> list[Any]:
    """Those that can be given, in order: the active ones, and of the first level only what has none under it."""
    found = []
    for top, below in ordered(reasons):
        active = [one for one in below if one.active]
        found += (active or [top]) if top.active else []
    return found
