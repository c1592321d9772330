"""Clocks: rows kept equal to the replay of a ticket's history, and what fires when they run out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Row, select

from helpdesk.services import ladder, notices
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.policies import Pinned, pinned
from helpdesk.services.store import transaction
from helpdesk.sla.clock import MISSED, ClockState, Happening
from helpdesk.sla.firing import Firing as Threshold
from helpdesk.sla.firing import fire_times
from helpdesk.sla.models import Clock, Firing
from helpdesk.sla.replay import Replay, replay
from helpdesk.tickets.models import Event, Ticket

FAR = datetime(9000, 1, 1, tzinfo=UTC)
BATCH = 500

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
    "voided": "void",
}


def refresh(ticket: Ticket) -> None:
    """Bring the ticket's clocks, and the due instant its queue row shows, in line with its history."""
    db.session.flush()
    if ticket.policy_version_id is None:
        _sort_without_clocks(ticket)
        return
    states = replayed(ticket, now()).clocks
    _keep(ticket, states)
    _show(ticket, states)


def replayed(ticket: Ticket, until: datetime) -> Replay:
    """The clocks at an instant as the history says: all of it, for a host whose clock ran ahead has written too."""
    events = db.session.scalars(select(Event).where(Event.ticket_id == ticket.id).order_by(Event.seq)).all()
    bound = pinned(ticket.policy_version_id or 0)
    first = str(events[0].facts.get("priority", ticket.priority))
    return replay(
        list(happenings(events, bound)),
        bound.policy.targets_for(first),
        bound.policy.pauses,
        bound.calendar(first),
        until,
        max(event.at for event in events),
    )


def happenings(events: Iterable[Event], bound: Pinned) -> Iterable[Happening]:
    """What of a history moves clocks."""
    for event in events:
        if event.kind == "priority_changed":
            yield from _retargeted(event, bound)
        elif event.kind in HAPPENINGS:
            by = event.facts.get("origin") or (str(event.actor_id) if event.actor_id else None)
            yield Happening(event.at, HAPPENINGS[event.kind], by=by, ref=event.seq, recorded_at=event.recorded_at)


def _retargeted(event: Event, bound: Pinned) -> Iterable[Happening]:
    old, new = str(event.facts["old"]), str(event.facts["new"])
    yield Happening(event.at, "targets", facts={"targets": bound.policy.targets_for(new)}, ref=event.seq)
    if bound.calendar(old) != bound.calendar(new):
        yield Happening(event.at, "calendar", facts={"calendar": bound.calendar(new)}, ref=event.seq)


def _keep(ticket: Ticket, states: Sequence[ClockState]) -> None:
    rows = {(row.kind, row.started_seq): row for row in _rows(ticket)} if ticket.event_count > 1 else {}
    fired = _Fired(ticket)
    for state in states:
        row = rows.get((state.clock, _seq(state.started_by)))
        if row is None:
            row = Clock(ticket_id=ticket.id, kind=state.clock)
            db.session.add(row)
        _write(row, state)
        _arm(row, state, fired, ticket)
    for gone in rows.keys() - {(state.clock, _seq(state.started_by)) for state in states}:
        db.session.delete(rows[gone])


def _rows(ticket: Ticket) -> Sequence[Clock]:
    return db.session.scalars(select(Clock).where(Clock.ticket_id == ticket.id)).all()


def _write(row: Clock, state: ClockState) -> None:
    row.state, row.turn = state.state, state.turn
    row.started_at, row.due_at, row.ended_at = state.started_at, state.due_at, state.ended_at
    row.used_seconds, row.target_seconds = int(state.used_seconds), int(state.target_seconds)
    row.known_late = state.known_late
    row.started_seq, row.ended_seq = _seq(state.started_by), _seq(state.ended_by) if state.ended_by else None


def _seq(ref: int | str | None) -> int:
    assert isinstance(ref, int), "every happening is an event"
    return ref


@dataclass
class _Fired:
    """The thresholds of a ticket that have fired, asked for only when one lies in the past."""

    ticket: Ticket
    known: Sequence[Row[str, str, int, datetime]] | None = None

    def has(self, row: Clock, threshold: str) -> bool:
        """Whether this threshold of this clock has fired."""
        if self.known is None:
            query = select(Firing.threshold, Firing.kind, Firing.started_seq, Firing.started_at)
            self.known = db.session.execute(query.where(Firing.ticket_id == self.ticket.id)).all()
        return any(told == threshold and row.keeps(kind, seq, at) for told, kind, seq, at in self.known)


def _arm(row: Clock, state: ClockState, fired: _Fired, ticket: Ticket) -> None:
    """Set the next instant at which something of this clock fires."""
    bound = pinned(ticket.policy_version_id or 0)
    row.next_fire_at, row.next_threshold = None, None
    for step in _thresholds(state, bound):
        if step.at > now() or not fired.has(row, step.threshold):
            row.next_fire_at, row.next_threshold = step.at, step.threshold
            return


def _thresholds(state: ClockState, bound: Pinned) -> list[Threshold]:
    """What may fire, earliest first: of a clock that ended late only its breach, of one that ended in time nothing."""
    return fire_times(state, bound.policy.fractions, bound.policy.delays)


def _show(ticket: Ticket, states: Sequence[ClockState]) -> None:
    running = [state for state in states if state.open and state.due_at is not None]
    paused = [state for state in states if state.open and state.due_at is None]
    next_due = min(running, key=lambda state: state.due_at or FAR, default=None)
    ticket.due_at = next_due.due_at if next_due else None
    ticket.due_kind = next_due.clock if next_due else None
    ticket.due_target = int(next_due.target_seconds) if next_due else None
    ticket.paused_left = min((int(state.remaining.total_seconds()) for state in paused), default=None)
    if ticket.due_at is None:
        _sort_without_clocks(ticket)
    else:
        ticket.sort_at = ticket.due_at


def _sort_without_clocks(ticket: Ticket) -> None:
    """What has no running clock comes after all that has, oldest first."""
    ticket.sort_at = FAR + timedelta(seconds=(ticket.opened_at - datetime(2000, 1, 1, tzinfo=UTC)).total_seconds())


def fire_due() -> int:
    """Fire every threshold that is due, oldest first, and return how many; each fires once, whoever comes first."""
    total = 0
    while True:
        done = _fire_batch()
        total += done
        if done == 0:
            return total


def _fire_batch() -> int:
    with transaction():
        tickets = _due_tickets()
        tellers = notices.Tellers(now())
        fired = sum(_fire(ticket, tellers) for ticket in tickets)
        return max(fired, len(tickets))


def _due_tickets() -> Sequence[Ticket]:
    """The tickets with a due threshold, locked in one order; what another worker holds is left to it."""
    due = select(Clock.ticket_id).where(Clock.next_fire_at < now()).order_by(Clock.next_fire_at, Clock.id).limit(BATCH)
    ids = sorted(set(db.session.scalars(due)))
    query = select(Ticket).where(Ticket.id.in_(ids)).order_by(Ticket.id).with_for_update(skip_locked=True, of=Ticket)
    return db.session.scalars(query.execution_options(populate_existing=True)).all()


def _fire(ticket: Ticket, tellers: notices.Tellers) -> int:
    fired = 0
    for clock in _rows(ticket):
        if clock.next_fire_at is not None and clock.next_fire_at < now() and clock.next_threshold is not None:
            fired += _record(ticket, clock, tellers)
    refresh(ticket)
    return fired


def _record(ticket: Ticket, clock: Clock, tellers: notices.Tellers) -> int:
    """Write down that a threshold was reached, unless it was; a warning says so, the breach says so louder."""
    threshold, due_at, at = clock.next_threshold or "", clock.next_fire_at or now(), now()
    if _Fired(ticket).has(clock, threshold):
        return 0
    firing = Firing(
        ticket_id=ticket.id, kind=clock.kind, turn=clock.turn, started_seq=clock.started_seq,
        started_at=clock.started_at, threshold=threshold, due_at=due_at, detected_at=at,
    )  # fmt: skip
    db.session.add(firing)
    kind = ladder.kind_of(threshold)
    ticket.record(
        kind, by=None, at=due_at if kind == "breached" else at, recorded_at=at, clock=clock.kind, turn=clock.turn,
        threshold=threshold, due_at=clock.due_at.isoformat() if clock.due_at else None, detected_at=at.isoformat(),
    )  # fmt: skip
    if kind == "breached":
        clock.state = MISSED
    firing.facts = ladder.climb(ticket, clock, threshold, tellers)
    return 1
