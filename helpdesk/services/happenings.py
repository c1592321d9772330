"""What of a ticket's history moves its clocks, and the clocks that follow from it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from helpdesk.services.database import db
from helpdesk.services.policies import NOTHING_PROMISED, Rules, pinned
from helpdesk.sla.clock import Happening
from helpdesk.sla.models import RECOMPUTE
from helpdesk.sla.replay import Replay, replay
from helpdesk.tickets.models import Event
from helpdesk.tickets.withdrawing import PARTED, UNDONE, WITHDRAWN, standing

HAPPENINGS = {
    "opened": "opened",
    "received": "customer_message",
    "replied": "staff_message",
    "call_in_answered": "call_in_answered",
    "call_in_missed": "call_in_missed",
    "call_out_answered": "call_out_answered",
    "call_out_unanswered": "call_out_unanswered",
    "pended": "pending",
    "held": "on_hold",
    "resumed": "resumed",
    "solved": "solved",
    "reopened": "reopened",
    "answer_waived": "no_answer_needed",
    "junked": "void",
    "unjunked": "unvoid",
    "joined": "void",
    "unjoined": "unvoid",
}
MOVING = (
    *HAPPENINGS, "priority_changed", "policy_applied", "ladder_stopped", "import_ended", WITHDRAWN, UNDONE, PARTED,
)  # fmt: skip


def histories_of(tickets: Iterable[Any]) -> dict[int, list[Any]]:
    """What of the history of these tickets their clocks follow from, in order."""
    query = select(
        Event.ticket_id, Event.seq, Event.at, Event.recorded_at, Event.actor_id, Event.kind, Event.facts
    ).where(Event.ticket_id.in_([ticket.id for ticket in tickets]), Event.kind.in_(MOVING))
    found: dict[int, list[Any]] = {}
    for row in db.session.execute(query.order_by(Event.ticket_id, Event.seq)):
        found.setdefault(row.ticket_id, []).append(row)
    return {ticket_id: standing(history) for ticket_id, history in found.items()}


def states(ticket: Any, history: Sequence[Any], until: datetime) -> Replay:
    """The clocks as they follow from a history, by the policy versions that it names."""
    return counted(history, began(history, ticket.policy_version_id), until, str(ticket.priority))


def began(history: Sequence[Any], version_id: int | None) -> Rules:
    """The rules under which a history began; *version_id* is the policy version that its ticket is bound to today."""
    change = next((event.facts for event in history if event.kind == "policy_applied"), None)
    first = version_id if change is None else change.get("old")
    return pinned(first) if first else NOTHING_PROMISED


def counted(
    history: Sequence[Any], rules: Rules, until: datetime, priority: str, later: Iterable[Happening] = ()
) -> Replay:
    """The clocks of a history that began under these rules, and of what might come *later*.

    *priority* is that of a history which does not say its own.
    """
    first = str(history[0].facts.get("priority", priority))
    found = [*happenings(history, rules, first), *later]
    return replay(
        found,
        rules.policy.targets_for(first),
        rules.policy.pauses,
        rules.calendar(first),
        until,
        max((one.at for one in found), default=None),
    )


def happenings(events: Iterable[Any], rules: Rules, priority: str) -> Iterable[Happening]:
    """What of a history moves clocks; a policy applied later holds from there on."""
    for event in events:
        if event.kind == "priority_changed":
            priority = str(event.facts["new"])
            yield from _retargeted(event, rules, str(event.facts["old"]))
        elif event.kind == "policy_applied":
            rules = pinned(event.facts["new"])
            yield from applied(event.at, rules, priority, event.facts["treatment"], event.seq)
        elif event.kind == "import_ended":
            yield from _taken_over(event)
        elif event.kind in HAPPENINGS and event.facts.get("origin") != "imported":
            by = event.facts.get("origin") or (str(event.actor_id) if event.actor_id else None)
            yield Happening(event.at, HAPPENINGS[event.kind], by=by, ref=event.seq, recorded_at=event.recorded_at)


def _taken_over(event: Any) -> Iterable[Happening]:
    """What was done before an import was done elsewhere: for the clocks the ticket begins here, solved or waiting."""
    waits = ["reopened", *(["customer_message"] if event.facts.get("waiting") else [])]
    for kind in ("opened", *(waits if event.facts["new"] == "open" else ["solved"])):
        yield Happening(event.at, kind, by="imported", ref=event.seq, recorded_at=event.recorded_at)


def _retargeted(event: Any, rules: Rules, old: str) -> Iterable[Happening]:
    new = str(event.facts["new"])
    if rules.calendar(old) != rules.calendar(new):
        yield Happening(event.at, "calendar", facts={"calendar": rules.calendar(new)}, ref=event.seq)
    yield Happening(event.at, "targets", facts={"targets": rules.policy.targets_for(new)}, ref=event.seq)


def applied(at: datetime, rules: Rules, priority: str, treatment: str, seq: int | None = None) -> Iterable[Happening]:
    """Rules that hold from now on, or for the whole life of what is still open."""
    facts = {
        "calendar": rules.calendar(priority),
        "pauses": rules.policy.pauses,
        "targets": rules.policy.targets_for(priority),
    }
    for kind in ("recomputed",) if treatment == RECOMPUTE else facts:
        yield Happening(at, kind, facts=facts, ref=seq)
