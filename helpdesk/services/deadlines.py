"""Clocks: rows kept equal to the replay of a ticket's history."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import exists, inspect, select

from helpdesk.errors import Conflict
from helpdesk.services import handling
from helpdesk.services.database import db
from helpdesk.services.happenings import MOVING, histories_of, states
from helpdesk.services.instant import now
from helpdesk.services.policies import Rules, pinned, take_up
from helpdesk.sla.clock import ClockState
from helpdesk.sla.firing import BREACH, fire_times
from helpdesk.sla.firing import Firing as Threshold
from helpdesk.sla.models import FIRED_OF, Clock, Firing
from helpdesk.sla.replay import Replay
from helpdesk.tickets.models import Event, Ticket

FAR = datetime(9000, 1, 1, tzinfo=UTC)


def refresh(ticket: Ticket) -> None:
    """Bring the ticket's clocks, and the due instant its queue row shows, in line with its history."""
    refresh_all([ticket])


def refresh_all(tickets: Sequence[Ticket]) -> None:
    """The same for many tickets, with no more round trips than for one."""
    db.session.flush()
    lay_all(tickets)


def lay_all(tickets: Sequence[Ticket]) -> None:
    """The same; what of their history is not written yet is known from the session."""
    take_up(tickets)
    bound = [ticket for ticket in tickets if ticket.policy_version_id is not None]
    written = [ticket for ticket in bound if inspect(ticket).persistent]
    histories, rows, fired = histories_of(written), _rows(written), Fired([ticket.id for ticket in written])
    usual = handling.usual() if bound else {}
    for event in sorted(_unwritten(), key=lambda event: event.seq):
        histories.setdefault(event.ticket.id, []).append(event)
    for ticket in tickets:
        if ticket.policy_version_id is None:
            _sort_without_clocks(ticket)
        else:
            known = rows.get(ticket.id, [])
            _keep(known, lay(ticket, histories[ticket.id], known, fired, now()))
            sort(ticket, usual)


def _unwritten() -> Iterable[Event]:
    return (row for row in db.session.new if isinstance(row, Event) and row.kind in MOVING)


def _rows(tickets: Iterable[Ticket]) -> dict[int, list[Clock]]:
    found: dict[int, list[Clock]] = {}
    query = select(Clock).where(Clock.ticket_id.in_([ticket.id for ticket in tickets]))
    for row in db.session.scalars(query.execution_options(populate_existing=True)):
        found.setdefault(row.ticket_id, []).append(row)
    return found


def _keep(before: Iterable[Clock], after: Collection[Clock]) -> None:
    db.session.add_all(after)
    for gone in before:
        if gone not in after:
            db.session.delete(gone)


def replayed(ticket: Ticket, until: datetime) -> Replay:
    """The clocks at an instant as the history says: all of it, for a host whose clock ran ahead has written too."""
    return states(ticket, histories_of([ticket])[ticket.id], until)


def lay(ticket: Ticket, history: Sequence[Any], rows: Iterable[Clock], fired: "Fired", until: datetime) -> list[Clock]:
    """Write what a history says into the ticket and its clocks, made where there is none; the clocks that hold."""
    bound, known = pinned(ticket.policy_version_id or 0), {(row.kind, row.started_seq): row for row in rows}
    found, stops = states(ticket, history, until).clocks, ladder_stops(history)
    kept = []
    for state in found:
        row = known.get((state.clock, _seq(state.started_by))) or Clock(ticket_id=ticket.id, kind=state.clock)
        _write(row, state, until)
        row.ladder_stopped_at = ladder_stopped_at(state, stops)
        _arm(row, _thresholds(state, bound), fired, until)
        kept.append(row)
    _show(ticket, found, until)
    return kept


def _write(row: Clock, state: ClockState, at: datetime) -> None:
    row.state, row.turn = state.state, state.turn
    row.started_at, row.due_at, row.ended_at = state.started_at, state.due_at, state.ended_at
    row.used_seconds, row.target_seconds = int(state.used_seconds), int(state.target_seconds)
    row.late_since, row.late_seconds = _lateness(state, at)
    row.known_late = state.known_late
    row.started_seq, row.ended_seq = _seq(state.started_by), _seq(state.ended_by) if state.ended_by else None


class Stop(NamedTuple):
    """Somebody took a clock in hand: which one, the event that began it and when that was, and when they did."""

    kind: str
    started_seq: int
    started_at: datetime
    at: datetime


def ladder_stops(history: Sequence[Any]) -> list[Stop]:
    """Whose ladder was stopped. What is reopened warns again: who had it in hand was done with it."""
    reopened = max((event.seq for event in history if event.kind == "reopened"), default=0)
    stops = [event for event in history if event.kind == "ladder_stopped" and event.seq > reopened]
    began = {event.seq: event.at for event in history} if stops else {}
    clocks = [(str(event.facts["clock"]), int(event.facts["started_seq"])) for event in stops]
    return [Stop(*clock, began[clock[1]], event.at) for clock, event in zip(clocks, stops, strict=True)]


def ladder_stopped_at(state: ClockState, stops: Collection[Stop]) -> datetime | None:
    """When somebody took this clock in hand."""
    if not stops:
        return None
    row = Clock(kind=state.clock, started_seq=state.started_by, started_at=state.started_at, ended_at=state.ended_at)
    return next((stop.at for stop in stops if row.keeps(stop.kind, stop.started_seq, stop.started_at)), None)


def _lateness(state: ClockState | None, at: datetime) -> tuple[datetime | None, int | None]:
    """From when on lateness is counted, and how much there is before: pauses after the deadline are left out."""
    if state is None or not state.open or state.due_at is None:
        return None, None
    late = int(state.late.total_seconds())
    if state.pause is not None:
        return None, late
    since_due = int(state.calendar.elapsed(state.due_at, at).total_seconds())
    return (state.due_at, 0) if late == since_due else (max(at, state.due_at), late)


def _seq(ref: int | str | None) -> int:
    assert isinstance(ref, int), "every happening is an event"
    return ref


@dataclass
class Fired:
    """The thresholds of some tickets that have fired, asked for once, and only when one lies in the past."""

    tickets: Collection[int]
    known: dict[int, list[Any]] | None = None

    def has(self, row: Clock, threshold: str | None) -> bool:
        """Whether this threshold of this clock has fired."""
        if self.known is None:
            query = select(Firing.ticket_id, Firing.threshold, Firing.kind, Firing.started_seq, Firing.started_at)
            self.known = {}
            for ticket_id, *fired in db.session.execute(query.where(Firing.ticket_id.in_(self.tickets))):
                self.known.setdefault(ticket_id, []).append(fired)
        found = self.known.get(row.ticket_id, ())
        return any(name == threshold and row.keeps(kind, seq, at) for name, kind, seq, at in found)


def _arm(row: Clock, steps: Iterable[Threshold], fired: Fired, at: datetime) -> None:
    """Set what of this clock is still to fire, and when the next of it does: of a stopped ladder only the breach."""
    wanted = [step for step in steps if row.ladder_stopped_at is None or step.threshold == BREACH]
    left = [step for step in wanted if step.at > at or not fired.has(row, step.threshold)]
    row.next_fire_at, row.next_threshold = (left[0].at, left[0].threshold) if left else (None, None)
    row.steps = [[step.threshold, step.at.astimezone(UTC).isoformat()] for step in left]


def warning(ticket: Ticket, kind: str, started_seq: int) -> Clock:
    """The open clock of a ticket that was begun by this event and has called out something."""
    mine = select(Clock).where(Clock.ticket_id == ticket.id, Clock.kind == kind, Clock.started_seq == started_seq)
    found = db.session.scalar(mine.where(Clock.ended_at.is_(None), exists().where(FIRED_OF)))
    if found is None:
        raise Conflict("This deadline does not warn now; look at the ticket again.")
    return found


def _thresholds(state: ClockState, rules: Rules) -> list[Threshold]:
    """What may fire, earliest first: of a clock that ended late only its breach, of one that ended in time nothing."""
    return fire_times(state, rules.policy.fractions, rules.policy.delays)


def _show(ticket: Ticket, states: Sequence[ClockState], at: datetime) -> None:
    running = [state for state in states if state.open and state.due_at is not None]
    paused = [state for state in states if state.open and state.due_at is None]
    next_due = min(running, key=lambda state: state.due_at or FAR, default=None)
    ticket.due_at = next_due.due_at if next_due else None
    ticket.due_kind = next_due.clock if next_due else None
    ticket.due_target = int(next_due.target_seconds) if next_due else None
    ticket.late_since, ticket.late_seconds = _lateness(next_due, at)
    ticket.paused_left = min((int(state.remaining.total_seconds()) for state in paused), default=None)


def sort(ticket: Ticket, usual: handling.Usual) -> None:
    """What must be begun first comes first."""
    if ticket.due_at is None:
        _sort_without_clocks(ticket)
    else:
        ticket.sort_at = handling.start_by(ticket, ticket.due_at, usual)


def _sort_without_clocks(ticket: Ticket) -> None:
    """What has no running clock comes after all that has, oldest first."""
    ticket.sort_at = FAR + timedelta(seconds=(ticket.opened_at - datetime(2000, 1, 1, tzinfo=UTC)).total_seconds())
