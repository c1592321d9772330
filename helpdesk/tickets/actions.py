"""The verbs: each changes a ticket and records one event. State and event change together; twice is once."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from helpdesk.errors import Conflict
from helpdesk.orm import Json
from helpdesk.people.models import Person, Team
from helpdesk.tickets.contents import content_digest, signature_digest
from helpdesk.tickets.models import Message, Priority, Status, Ticket
from helpdesk.tickets.reasons import need_reason
from helpdesk.tickets.snoozing import wake
from helpdesk.tickets.teams import of_team


@dataclass(frozen=True)
class Said:
    """What somebody said, before it is a message of a ticket. *files* and *raw* are sha256 of what came along with it."""

    text: str
    channel: str
    quoted: str = ""
    signature: str = ""
    html: str | None = None
    reference: str | None = None
    inbox_id: int | None = None
    facts: Json = field(default_factory=dict)
    files: tuple[str, ...] = ()
    raw: str | None = None

    @cached_property
    def sha256(self) -> str:
        """What the history keeps of it."""
        return content_digest(self.text, self.quoted, self.html)

    @property
    def signed(self) -> str | None:
        """The same of its signature, when it has one."""
        return signature_digest(self.signature)


def open_for_customer(ticket: Ticket, said: Said, *, at: datetime, recorded_at: datetime | None = None) -> Message:
    """Open a ticket with the customer's first contact, which starts the clocks at its own instant."""
    return _say(ticket, said, "opened", "received", ticket.customer, "in", at, recorded_at, origin="customer")


def open_by_staff(ticket: Ticket, said: Said, *, by: Person, at: datetime) -> Message:
    """Open a ticket for a customer with a note of what they want; no first response is owed."""
    return _say(ticket, said, "opened", "note", by, "out", at, None, origin="staff")


def receive(ticket: Ticket, said: Said, *, by: Person, at: datetime, recorded_at: datetime | None = None) -> Message:
    """Take in what the customer wrote: it ends a pause and reopens what was solved."""
    _hear(ticket, by=by, at=at, recorded_at=recorded_at)
    return _say(ticket, said, "received", "received", by, "in", at, recorded_at)


def _hear(ticket: Ticket, *, by: Person, at: datetime, recorded_at: datetime | None = None) -> None:
    """The customer is heard: what waited or slept goes on, what was solved is open again, what is closed stays closed."""
    if ticket.status == Status.CLOSED:
        raise Conflict("#{number} is closed; a new contact opens a new ticket.", number=ticket.number)
    wake(ticket, "customer", by=by, at=at, recorded_at=recorded_at)
    if ticket.status == Status.SOLVED:
        reopen(ticket, by=by, at=at, recorded_at=recorded_at)
    elif ticket.status in (Status.PENDING, Status.ON_HOLD):
        resume(ticket, by=by, at=at, recorded_at=recorded_at)


def receive_automatic(ticket: Ticket, said: Said, *, by: Person, at: datetime) -> Message:
    """Keep a machine's message: it moves no clock, ends no pause, reopens nothing."""
    return _say(ticket, said, "received_automatic", "automatic", by, "in", at, None)


def hold_for_approval(ticket: Ticket, said: Said, *, by: Person, at: datetime) -> Message:
    """Keep a stranger's follow-up where staff see it: it moves nothing until somebody approves it."""
    return _say(ticket, said, "approval_needed", "unapproved", by, "in", at, None)


def approve(ticket: Ticket, message: Message, *, by: Person, at: datetime) -> None:
    """Let what a stranger wrote count as the customer's message, from now on: it ends a pause and reopens."""
    _hear(ticket, by=by, at=at)
    message.kind = "received"
    ticket.record("received", by=by, at=at, approved=message.seq, sha256=message.sha256)
    ticket.waiting_since = ticket.waiting_since or at


def reply(ticket: Ticket, said: Said, *, by: Person, at: datetime) -> Message:
    """Answer the customer. Whoever of its team answers an unowned ticket owns it."""
    _is_here(ticket)
    if ticket.status == Status.CLOSED:
        raise Conflict("#{number} is closed; reopen it first.", number=ticket.number)
    if ticket.owner is None and ticket.team.id in by.team_ids:
        take(ticket, by=by, at=at)
    if ticket.status == Status.NEW:
        ticket.status = Status.OPEN
    return _say(ticket, said, "replied", "reply", by, "out", at, None)


def reply_elsewhere(ticket: Ticket, said: Said, *, by: Person, at: datetime, recorded_at: datetime) -> Message:
    """Keep an answer that was given in a ticket whose words are moved here: it counts from when it was given."""
    if ticket.status == Status.NEW:
        ticket.status = Status.OPEN
    return _say(ticket, said, "replied", "reply", by, "out", at, recorded_at)


def note(
    ticket: Ticket, said: Said, *, by: Person | None, at: datetime, recorded_at: datetime | None = None
) -> Message:
    """Write what only staff see."""
    _is_here(ticket)
    return _say(ticket, said, "noted", "note", by, "out", at, recorded_at)


def note_from_outside(ticket: Ticket, said: Said, *, by: Person, at: datetime, recorded_at: datetime) -> Message:
    """Keep what somebody answers to a forward: only staff see it."""
    return _say(ticket, said, "noted", "note", by, "in", at, recorded_at)


def approve_aside(ticket: Ticket, message: Message, *, by: Person, at: datetime) -> None:
    """Let what was held be such an answer."""
    message.kind = "note"
    ticket.record("noted", by=by, at=at, approved=message.seq, sha256=message.sha256)


def forward(ticket: Ticket, said: Said, *, by: Person, at: datetime) -> Message:
    """Pass on what was said to somebody outside of the talk: it is no answer and moves no clock."""
    _is_here(ticket)
    if ticket.voided_at is not None:
        raise Conflict("#{number} does not count; what is junk must be taken back first.", number=ticket.number)
    return _say(ticket, said, "forwarded", "forward", by, "out", at, None)


def _is_here(ticket: Ticket) -> None:
    """Refuse to write where nobody looks any more."""
    if ticket.voided.get("why") == "joined":
        into = ticket.voided["into"]
        raise Conflict("#{number} was brought into #{into}; write it there.", number=ticket.number, into=into)


def acknowledge(ticket: Ticket, said: Said, *, at: datetime) -> Message:
    """Promise the automatic acknowledgement; it is no answer and moves no clock."""
    return _say(ticket, said, "acknowledged", "acknowledgement", None, "out", at, None)


def open_for_call(
    ticket: Ticket, said: Said, outcome: str, *, began_at: datetime, by: Person, at: datetime, recorded_at: datetime
) -> Message:
    """Open a ticket with a call: its clocks start when it rang, and an answered one ends the first response."""
    origin = "customer" if outcome.startswith("call_in") else "staff"
    ticket.record(
        "opened", by=by, at=began_at, recorded_at=recorded_at, origin=origin, channel=said.channel,
        policy_version=ticket.policy_version_id, team=ticket.team.name, priority=ticket.priority,
    )  # fmt: skip
    return log_call(ticket, said, outcome, by=by, at=at, recorded_at=recorded_at)


def log_call(
    ticket: Ticket, said: Said, outcome: str, *, by: Person, at: datetime, recorded_at: datetime | None = None
) -> Message:
    """Log a call: *outcome* is call_in_answered, call_in_missed, call_out_answered or call_out_unanswered.

    *at* is the instant at which it was answered, or began when nobody answered. A customer who calls is heard like one
    who writes.
    """
    if outcome.startswith("call_in"):
        _hear(ticket, by=by, at=at, recorded_at=recorded_at)
    return log_past_call(ticket, said, outcome, by=by, at=at, recorded_at=recorded_at)


def log_past_call(
    ticket: Ticket, said: Said, outcome: str, *, by: Person, at: datetime, recorded_at: datetime | None = None
) -> Message:
    """Log a call that is learned of when the ticket was put to rest since: it changes no status."""
    direction = "in" if outcome.startswith("call_in") else "out"
    return _say(ticket, said, outcome, "call", by, direction, at, recorded_at)


def _say(
    ticket: Ticket, said: Said, event: str, kind: str, author: Person | None, direction: str, at: datetime,
    recorded_at: datetime | None, origin: str | None = None,
) -> Message:  # fmt: skip
    written = ticket.record(
        event, by=author, at=at, recorded_at=recorded_at, origin=origin, channel=said.channel, sha256=said.sha256,
        signature=said.signed, files=list(said.files) or None, raw=said.raw,
        policy_version=ticket.policy_version_id if origin else None, team=ticket.team.name if origin else None,
        priority=ticket.priority if origin else None, **said.facts.get("history", {}),
    )  # fmt: skip
    _mark(ticket, event, said, at)
    return Message(
        ticket=ticket, kind=kind, direction=direction, channel=said.channel, author_id=author.id if author else None,
        seq=written.seq, inbox_id=said.inbox_id, reference=said.reference, at=at, text=said.text, quoted=said.quoted,
        signature=said.signature, html=said.html, sha256=said.sha256,
        facts={name: value for name, value in said.facts.items() if name != "history"},
    )  # fmt: skip


ASKS, ANSWERS = ("opened", "received", "call_in_missed"), ("replied", "call_in_answered", "call_out_answered")


def _mark(ticket: Ticket, event: str, said: Said, at: datetime) -> None:
    """Keep what a queue row shows: since when the customer waits, and their last words."""
    if event in ASKS:
        ticket.waiting_since = ticket.waiting_since or at
        ticket.preview = " ".join(said.text.split())[:300]
    elif event in ANSWERS:
        ticket.waiting_since = None


def take(ticket: Ticket, *, by: Person, at: datetime) -> None:
    """Make oneself the owner. Taking one's own ticket changes nothing."""
    own(ticket, by, "taken", by=by, at=at)


def assign(ticket: Ticket, *, to: Person | None, by: Person | None, at: datetime, why: str | None = None) -> None:
    """Make *to* the owner, or nobody: then the ticket lies in its team's queue."""
    own(ticket, to, "assigned", by=by, at=at, why=why)


def own(ticket: Ticket, to: Person | None, event: str, *, by: Person | None, at: datetime, **more: Any) -> None:
    """Change the owner, by being taken or assigned; what is taken goes back to its team when nothing comes of it."""
    if ticket.status == Status.CLOSED:
        raise Conflict("#{number} is closed; reopen it first.", number=ticket.number)
    if ticket.owner == to:
        return
    if to is not None:
        of_team(ticket, to)
    before, ticket.owner, ticket.idle_at = ticket.owner, to, None
    if ticket.status == Status.NEW and to:
        ticket.status = Status.OPEN
    ticket.record(
        event, by=by, at=at, old_id=before.id if before else None, new_id=to.id if to else None,
        old=before.name if before else None, new=to.name if to else None, **more,
    )  # fmt: skip
    if event == "taken":
        watch(ticket, at=at)
    wake(ticket, "owner", by=by, at=at)


def watch(ticket: Ticket, *, at: datetime) -> None:
    """Let it go back to its team some minutes from now, unless its owner does something first."""
    if ticket.open and ticket.team.idle_minutes:
        ticket.idle_at = at + timedelta(minutes=ticket.team.idle_minutes)


def pend(ticket: Ticket, *, by: Person | None, at: datetime) -> None:
    """Wait for the customer."""
    _pause(ticket, Status.PENDING, "pended", by=by, at=at)


def hold(ticket: Ticket, *, by: Person | None, at: datetime) -> None:
    """Wait for a third party."""
    _pause(ticket, Status.ON_HOLD, "held", by=by, at=at)


def _pause(ticket: Ticket, status: Status, event: str, *, by: Person | None, at: datetime) -> None:
    if not ticket.open:
        raise Conflict("#{number} is {status}; reopen it first.", number=ticket.number, status=ticket.status)
    if ticket.status != status:
        before, ticket.status = ticket.status, status
        ticket.record(event, by=by, at=at, old=before)


def resume(ticket: Ticket, *, by: Person | None, at: datetime, recorded_at: datetime | None = None) -> None:
    """Go on with a ticket that was waiting."""
    if not ticket.open:
        raise Conflict("#{number} is {status}; reopen it first.", number=ticket.number, status=ticket.status)
    if ticket.status in (Status.PENDING, Status.ON_HOLD):
        before, ticket.status = ticket.status, Status.OPEN
        ticket.record("resumed", by=by, at=at, recorded_at=recorded_at, old=before)


def solve(ticket: Ticket, *, by: Person | None, at: datetime) -> None:
    """Say that the matter is solved; the customer may still reopen it."""
    if ticket.open:
        need_reason(ticket)
        before, ticket.status, ticket.open = ticket.status, Status.SOLVED, False
        ticket.solved_at, ticket.waiting_since = at, None
        ticket.record("solved", by=by, at=at, old=before)
        wake(ticket, "ended", by=by, at=at)


def reopen(ticket: Ticket, *, by: Person, at: datetime, recorded_at: datetime | None = None) -> None:
    """Take a solved or closed ticket up again."""
    if ticket.voided_at is not None:
        raise Conflict("#{number} does not count; what is junk must be taken back first.", number=ticket.number)
    if not ticket.open:
        before, ticket.status, ticket.open = ticket.status, Status.OPEN, True
        ticket.solved_at = None
        ticket.record("reopened", by=by, at=at, recorded_at=recorded_at, old=before)


def close(ticket: Ticket, *, by: Person | None, at: datetime) -> None:
    """Close for good: a new contact opens a new ticket."""
    if ticket.open:
        solve(ticket, by=by, at=at)
    if ticket.status != Status.CLOSED:
        before, ticket.status = ticket.status, Status.CLOSED
        ticket.record("closed", by=by, at=at, old=before)


def change_priority(ticket: Ticket, *, to: Priority, by: Person | None, at: datetime) -> None:
    """Make it more or less urgent: the target changes, the time already used is kept."""
    _change(ticket, "priority", Priority(to).value, by=by, at=at)


def change_subject(ticket: Ticket, *, to: str, by: Person, at: datetime) -> None:
    """Give it a better name."""
    _change(ticket, "subject", to, by=by, at=at)


def change_tags(ticket: Ticket, *, to: list[str], by: Person | None, at: datetime) -> None:
    """Replace its tags."""
    _change(ticket, "tags", sorted(set(to)), by=by, at=at)


def _change(ticket: Ticket, what: str, new: object, *, by: Person | None, at: datetime) -> None:
    old = getattr(ticket, what)
    if old != new:
        setattr(ticket, what, new)
        ticket.record(f"{what}_changed", by=by, at=at, old=old, new=new)


def change_team(ticket: Ticket, *, to: Team, by: Person | None, at: datetime) -> None:
    """Hand it to another team's queue; an owner who is not in that team lets go of it."""
    if ticket.team == to:
        return
    leaves = ticket.owner is not None and to.id not in ticket.owner.team_ids
    if leaves and ticket.status == Status.CLOSED:
        raise Conflict("#{number} is closed; reopen it first.", number=ticket.number)
    before, ticket.team = ticket.team, to
    ticket.record("team_changed", by=by, at=at, old=before.name, new=to.name, old_id=before.id, new_id=to.id)
    if leaves:
        assign(ticket, to=None, by=by, at=at, why="not in the new team")


def waive_answer(ticket: Ticket, *, by: Person, at: datetime) -> None:
    """Say that the customer's last message wants no answer."""
    if ticket.waiting_since is not None:
        ticket.waiting_since = None
        ticket.record("answer_waived", by=by, at=at)
