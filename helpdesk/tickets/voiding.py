"""Tickets that do not count: junk, and those whose messages belong to another one. Their clocks are void."""

from datetime import datetime
from typing import Any

from helpdesk.errors import Conflict
from helpdesk.people.models import Person
from helpdesk.tickets.models import Status, Ticket
from helpdesk.tickets.snoozing import wake


def junk(ticket: Ticket, *, by: Person, at: datetime) -> None:
    """Throw it away: it is closed and counts nowhere, until somebody says that it is no junk."""
    if ticket.voided.get("why") != "junked":
        _void(ticket, "junked", by=by, at=at)


def unjunk(ticket: Ticket, *, by: Person, at: datetime) -> None:
    """Take it back as it was before, as if it had never been junk."""
    if ticket.voided.get("why") != "junked":
        raise Conflict("#{number} is not junk.", number=ticket.number)
    _count_again(ticket, "unjunked", by=by, at=at)


def _count_again(ticket: Ticket, event: str, *, by: Person, at: datetime) -> None:
    before, ticket.voided, ticket.voided_at = ticket.voided, {}, None
    ticket.status, ticket.open = before["status"], before["status"] not in (Status.SOLVED, Status.CLOSED)
    ticket.solved_at, ticket.waiting_since = _instant(before["solved_at"]), _instant(before["waiting_since"])
    ticket.record(event, by=by, at=at, new=ticket.status)


def join(ticket: Ticket, *, into: int, by: Person, at: datetime) -> None:
    """Close a ticket whose messages belong to another one, and are there now."""
    _void(ticket, "joined", by=by, at=at, into=into)


def unjoin(ticket: Ticket, *, by: Person, at: datetime) -> None:
    """Let it count again as it was before its messages went into another one."""
    _count_again(ticket, "unjoined", by=by, at=at)


def _void(ticket: Ticket, why: str, *, by: Person, at: datetime, **facts: Any) -> None:
    if ticket.voided_at is not None:
        raise Conflict("#{number} does not count already.", number=ticket.number)
    old = ticket.status
    ticket.voided = {"why": why, "status": old, **facts}
    ticket.voided |= {name: _text(getattr(ticket, name)) for name in ("solved_at", "waiting_since")}
    ticket.status, ticket.open, ticket.voided_at = Status.CLOSED, False, at
    ticket.solved_at, ticket.waiting_since = ticket.solved_at or at, None
    ticket.record(why, by=by, at=at, old=old, **facts)
    wake(ticket, "ended", by=by, at=at)


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
