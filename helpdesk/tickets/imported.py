"""The verbs by which old mail comes in: each records what happened then as known from now on, and moves no clock."""

from datetime import datetime

from helpdesk.people.models import Person
from helpdesk.tickets.actions import Said
from helpdesk.tickets.models import Event, Message, Status, Ticket

KINDS = {"in": "received", "out": "reply"}


def open_imported(
    ticket: Ticket, said: Said, *, direction: str, by: Person | None, at: datetime, recorded_at: datetime
) -> Message:
    """Open a ticket with the first mail of an old talk; nothing is promised for it."""
    ticket.imported_at = recorded_at
    event = ticket.record(
        "opened", by=by, at=at, recorded_at=recorded_at, origin="imported", channel=said.channel,
        sha256=said.sha256, signature=said.signed, files=list(said.files) or None, raw=said.raw, team=ticket.team.name,
        priority=ticket.priority,
    )  # fmt: skip
    return _message(ticket, said, event, KINDS[direction], direction)


def add_imported(
    ticket: Ticket, said: Said, *, kind: str, direction: str, by: Person | None, at: datetime, recorded_at: datetime
) -> Message:
    """Add an old mail to a ticket, which stays as it is."""
    event = ticket.record(
        "imported", by=by, at=at, recorded_at=recorded_at, direction=direction, channel=said.channel,
        sha256=said.sha256, signature=said.signed, files=list(said.files) or None, raw=said.raw,
    )  # fmt: skip
    return _message(ticket, said, event, kind, direction)


def _message(ticket: Ticket, said: Said, event: Event, kind: str, direction: str) -> Message:
    if kind == "received":
        ticket.preview = " ".join(said.text.split())[:300]
    return Message(
        ticket=ticket, kind=kind, direction=direction, channel=said.channel, author_id=event.actor_id, seq=event.seq,
        inbox_id=said.inbox_id, reference=said.reference, at=event.at, text=said.text, quoted=said.quoted,
        signature=said.signature, html=said.html, sha256=said.sha256, facts=dict(said.facts),
    )  # fmt: skip


def end_import(ticket: Ticket, status: Status, *, waiting: bool, at: datetime, recorded_at: datetime) -> None:
    """Leave an imported ticket solved or closed since its last mail, or open from now on: then its clocks begin here."""
    before, ticket.status, ticket.open = ticket.status, status, status == Status.OPEN
    ticket.solved_at = None if ticket.open else at
    ticket.waiting_since = recorded_at if ticket.open and waiting else None
    ticket.record(
        "import_ended", by=None, at=recorded_at if ticket.open else at, recorded_at=recorded_at, old=before,
        new=status.value, waiting=(ticket.open and waiting) or None,
    )  # fmt: skip
