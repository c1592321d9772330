"""A ticket that leaves its owner's list for a while. No clock stands still by it: that is what waiting for the customer is for."""

from datetime import datetime

from helpdesk.errors import Conflict
from helpdesk.people.models import Person
from helpdesk.tickets.models import Ticket

WAITS_FOR = ("time", "reply", "no_reply")


def snooze(ticket: Ticket, *, until: datetime, waits_for: str, reminder: str, by: Person, at: datetime) -> None:
    """Set it aside until an instant; what *waits_for* a reply comes back with it, and at that instant without one."""
    if not ticket.open:
        raise Conflict("#{number} is {status}; reopen it first.", number=ticket.number, status=ticket.status)
    if until <= at:
        raise Conflict("This time has passed; choose a later one.")
    ticket.snoozed_at, ticket.wakes_at = at, until
    ticket.snooze = {"waits_for": waits_for, "reminder": reminder}
    ticket.record(
        "snoozed", by=by, at=at, until=until.isoformat(), waits_for=waits_for, reminder=reminder or None,
    )  # fmt: skip


def wake(ticket: Ticket, why: str, *, by: Person | None, at: datetime, recorded_at: datetime | None = None) -> None:
    """Bring it back, and say why: time, no_reply, customer, owner, ended, asked or forward. What is awake stays so."""
    if ticket.snoozed_at is not None:
        reminder = ticket.snooze.get("reminder")
        ticket.snoozed_at, ticket.wakes_at, ticket.snooze = None, None, {}
        ticket.record("woken", by=by, at=at, recorded_at=recorded_at, why=why, reminder=reminder or None)
