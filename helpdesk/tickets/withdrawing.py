"""Taking an answer back that has not left yet: one verb, beside those of actions.py. The history keeps both."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from helpdesk.orm import Json
from helpdesk.people.models import Person
from helpdesk.tickets.actions import ANSWERS, assign
from helpdesk.tickets.models import Event, Message, Ticket
from helpdesk.tickets.stints import TAKEN_BACK

WITHDRAWN, UNDONE, PARTED = TAKEN_BACK
SENT = ("reply", "forward")  # what staff send by themselves, and may take back while it is held
ALONG = ("pended", "held", "solved")  # what is done with an answer, and undone with it
MACHINES = (
    "warned",
    "breached",
    "overdue",
    "handover_withdrawn",
    "handover_lapsed",
    "woken",
)  # what happens meanwhile and changes nothing
SETTLED = (*ANSWERS, "answer_waived", "solved")


def state_before(ticket: Ticket) -> Json:
    """What an answer may change of a ticket, to be put back if it is taken back."""
    return {
        "seq": ticket.event_count, "status": str(ticket.status), "owner": ticket.owner_id,
        "waiting_since": _text(ticket.waiting_since), "solved_at": _text(ticket.solved_at),
    }  # fmt: skip


def withdraw(
    ticket: Ticket, message: Message, *, before: Json, last: int, events: Sequence[Event], by: Person, at: datetime
) -> bool:
    """Take an answer back: it counts as never given. What was done with it is undone unless more was done since.

    True when nothing was.

    *events* are the ticket's after it was in the state *before*; up to *last* they are the answer's own.
    """
    own = [event for event in events if event.seq <= last]
    since = [event for event in events if event.seq > last and event.kind not in MACHINES]
    undone = [] if since else [event.seq for event in own if event.kind in ALONG]
    message.kind, message.reference = "withdrawn", None
    if not any(event.kind in SETTLED for event in since):
        ticket.waiting_since = waited_since(before) or ticket.waiting_since
    status = "" if since else put_back_status(ticket, before)
    ticket.record(WITHDRAWN, by=by, at=at, seq=message.seq, undone=undone or None, status=status or None)
    if not since and before["owner"] is None and ticket.owner == by:
        assign(ticket, to=None, by=by, at=at, why="answer taken back")
    return not since


def waited_since(before: Json) -> datetime | None:
    """Since when the customer waited in that state."""
    return instant(before["waiting_since"])


def put_back_status(ticket: Ticket, before: Json) -> str:
    """The status as it was; empty when it did not change."""
    if ticket.status == before["status"]:
        return ""
    ticket.status, ticket.open = before["status"], before["status"] not in ("solved", "closed")
    ticket.solved_at = instant(before["solved_at"])
    return str(before["status"])


def standing(history: Sequence[Any]) -> list[Any]:
    """A history as clocks see it: without answers that were taken back, and what was undone or parted again."""
    pairs = [event for event in history if event.kind in TAKEN_BACK]
    gone = {seq for pair in pairs for seq in (pair.facts.get("seq"), *pair.facts.get("undone", ()))}
    return [event for event in history if event.seq not in gone and not _about(event, gone)] if gone else list(history)


def _about(event: Any, gone: set[Any]) -> bool:
    """Whether it is about a clock that only an answer had begun which was taken back."""
    return event.kind in TAKEN_BACK or (event.kind == "ladder_stopped" and event.facts["started_seq"] in gone)


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def instant(text: str | None) -> datetime | None:
    """What state_before wrote of an instant."""
    return datetime.fromisoformat(text) if text else None
