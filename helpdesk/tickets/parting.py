"""What was brought into a ticket goes back where it was said: the history keeps both, and clocks are counted without it."""

from collections.abc import Sequence
from datetime import datetime

from helpdesk.orm import Json
from helpdesk.people.models import Person
from helpdesk.tickets.models import Event, Message, Ticket
from helpdesk.tickets.withdrawing import MACHINES, PARTED, put_back_status, waited_since

WOKE = ("resumed", "reopened")


def part(
    ticket: Ticket,
    copies: Sequence[Message],
    *,
    of: int,
    before: Json,
    events: Sequence[Event],
    by: Person,
    at: datetime,
) -> None:
    """Take what came from the ticket *of* out of this one, and what coming woke, unless more was done since.

    *events* are this ticket's since it was in the state *before*; up to its *last* they are of the joining.
    """
    own = [event for event in events if event.seq <= before["last"]]
    since = [event for event in events if event.seq > before["last"] and event.kind not in MACHINES]
    undone = [copy.seq for copy in copies] + [event.seq for event in own if event.kind in WOKE and not since]
    for copy in copies:
        copy.kind, copy.reference, copy.facts = "withdrawn", None, {**copy.facts, "returned_to": of}
    if not since:
        ticket.waiting_since = waited_since(before)
    status = "" if since else put_back_status(ticket, before)
    ticket.record(PARTED, by=by, at=at, other=of, undone=undone, status=status or None)
