"""The clocks as a pure function of a ticket's history: every row and corner of the happening table."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from .calendar import Calendar
from .clock import CLOCKS, CLOSED_UNANSWERED, MET, PAUSABLE, RUNNING, WAIVED, ClockState, Happening, Pause, Segment
from .turn import Turn

Targets = Mapping[str, float | None]


class ReplayError(ValueError):
    """The history cannot be replayed; the message names the happening."""


@dataclass(frozen=True)
class Replay:
    """All clocks of a ticket, by clock and turn, and the earliest due instant of those that run."""

    clocks: tuple[ClockState, ...]
    next_due_at: datetime | None


def replay(
    happenings: Iterable[Happening],
    targets: Targets,
    pauses: Iterable[str],
    calendar: Calendar,
    until: datetime,
    heard: datetime | None = None,
) -> Replay:
    """The clocks of a ticket as they stand at *until*; later happenings are left out, but for those up to *heard*.

    *targets*: seconds per clock, None or absent for no promise. *pauses*: statuses ("pending", "on_hold") that stop
    answer, update and resolution. Happenings count by their own instant, ties in the order given.
    Raises ReplayError for an unknown happening, CalendarError for a deadline that the calendar never reaches.
    """
    history = sorted((h for h in happenings if h.at <= (heard or until)), key=lambda happening: happening.at)
    counted = _in_force(history)
    ticket = _Ticket(targets, frozenset(pauses), calendar)
    for happening in counted.happenings:
        try:
            handle = HANDLERS[happening.kind]
        except KeyError:
            raise ReplayError(f"{happening.kind!r:.60} is not a happening; use {', '.join(KINDS)}.") from None
        handle(ticket, happening)
    voided = counted.voided_at
    states = [turn.state(voided or until, void=voided is not None) for turn in ticket.turns]
    clocks = sorted((state for state in states if state), key=lambda state: (CLOCKS.index(state.clock), state.turn))
    return Replay(tuple(clocks), min((c.due_at for c in clocks if c.state == RUNNING and c.due_at), default=None))


class _Counted(NamedTuple):
    happenings: list[Happening]
    voided_at: datetime | None


def _in_force(history: list[Happening]) -> _Counted:
    """The history without what was undone later, up to the instant at which the ticket became void."""
    undone: set[int] = set()
    for i, happening in enumerate(history):
        if happening.kind in ("unvoid", "unmerged"):
            undone |= {j for j in range(i) if _undoes(happening, history[j])} | {i}
    kept = [happening for i, happening in enumerate(history) if i not in undone]
    for i, happening in enumerate(kept):
        if happening.kind == "void":
            return _Counted(kept[:i], happening.at)
    return _Counted(kept, None)


def _undoes(later: Happening, earlier: Happening) -> bool:
    if later.kind == "unvoid":
        return earlier.kind == "void"
    return earlier.kind == "merged" and earlier.facts.get("ticket") == later.facts.get("ticket")


class _Ticket:
    """What the happenings so far mean: who waits for whom, which status stops the clocks, which turns are open."""

    def __init__(self, targets: Targets, pauses: frozenset[str], calendar: Calendar) -> None:
        self.targets, self.pauses, self.calendar = _lengths(targets), pauses, calendar
        self.turns: list[Turn] = []
        self.open: dict[str, Turn] = {}
        self.counts = dict.fromkeys(CLOCKS, 0)
        self.resolution: Turn | None = None
        self.status: Pause | None = None
        self.statuses: list[tuple[datetime, Pause | None]] = []
        self.opened = self.awaiting = self.solved = False

    @property
    def pause(self) -> Pause | None:
        """The status, if it is one that stops the clocks."""
        return self.status if self.status and self.status.status in self.pauses else None

    def start(self, clock: str, happening: Happening) -> None:
        if clock in self.open:
            return
        pause = self.pause if clock in PAUSABLE else None
        turn = Turn(clock, happening, self.targets[clock], self.calendar, pause)
        self.turns.append(turn)
        self.open[clock] = turn
        self.number(turn)

    def number(self, turn: Turn) -> None:
        """Count a turn once something is promised for it."""
        if turn.target is not None and not turn.number:
            self.counts[turn.clock] += 1
            turn.number = self.counts[turn.clock]

    def end(self, clock: str, happening: Happening, verdict: str) -> None:
        if turn := self.open.pop(clock, None):
            turn.end(happening, verdict)

    def begin(self, happening: Happening) -> None:
        """The first contact, by whomever."""
        self.opened = True
        self.start("resolution", happening)
        self.resolution = self.open["resolution"]

    def set_status(self, status: Pause | None, at: datetime) -> None:
        self.status = status
        self.statuses.append((at, status))
        self.stop_or_go(at)

    def stops(self, until: datetime, calendar: Calendar) -> list[Segment]:
        """The times in which a status stood that is one of the pauses."""
        parts = pairwise([*self.statuses, (until, None)])
        return [
            Segment(start, end, calendar, status)
            for (start, status), (end, _) in parts
            if status and status.status in self.pauses and start < end
        ]

    def stop_or_go(self, at: datetime) -> None:
        for clock in PAUSABLE:
            if (turn := self.open.get(clock)) and turn.pause != self.pause:
                turn.pause_with(self.pause, at)


def _lengths(targets: Targets) -> dict[str, timedelta | None]:
    given = {clock: targets.get(clock) for clock in CLOCKS}
    return {clock: None if value is None else timedelta(seconds=value) for clock, value in given.items()}


def _opened(ticket: _Ticket, happening: Happening) -> None:
    """The record of the first contact; after a contact that arrived late, the customer's opening is a message."""
    if happening.by == "customer" and not (ticket.resolution and ticket.resolution.started_at == happening.at):
        _customer_wrote(ticket, happening)
    elif not ticket.opened:
        ticket.begin(happening)


def _customer_wrote(ticket: _Ticket, happening: Happening) -> None:
    if not ticket.opened:
        ticket.awaiting = True
        ticket.start("first_response", happening)
        ticket.begin(happening)
    elif not ticket.awaiting:
        ticket.start("answer", happening)


def _staff_spoke(ticket: _Ticket, happening: Happening) -> None:
    if not ticket.opened:
        ticket.begin(happening)
    ticket.awaiting = False
    for clock in ("first_response", "answer", "update"):
        ticket.end(clock, happening, MET)
    if not ticket.solved:
        ticket.start("update", happening)


def _call_in_answered(ticket: _Ticket, happening: Happening) -> None:
    if not ticket.opened:
        _customer_wrote(ticket, happening)
    _staff_spoke(ticket, happening)


def _stopped(ticket: _Ticket, happening: Happening) -> None:
    if not ticket.solved:
        ticket.set_status(Pause(happening.kind, happening.by, happening.ref), happening.at)


def _resumed(ticket: _Ticket, happening: Happening) -> None:
    ticket.set_status(None, happening.at)


def _solved(ticket: _Ticket, happening: Happening) -> None:
    ticket.end("first_response", happening, CLOSED_UNANSWERED)
    ticket.end("answer", happening, CLOSED_UNANSWERED)
    ticket.end("update", happening, MET)
    ticket.end("resolution", happening, MET)
    ticket.solved, ticket.awaiting, ticket.status = True, False, None
    ticket.statuses.append((happening.at, None))


def _reopened(ticket: _Ticket, happening: Happening) -> None:
    if not ticket.solved:
        return
    ticket.solved = False
    if (turn := ticket.resolution) and turn.ended:
        turn.reopen(happening.at, ticket.targets["resolution"], ticket.calendar)
        ticket.open["resolution"] = turn
        ticket.number(turn)


def _no_answer_needed(ticket: _Ticket, happening: Happening) -> None:
    ticket.end("answer", happening, WAIVED)


def _targets(ticket: _Ticket, happening: Happening) -> None:
    ticket.targets = _lengths(_fact(happening, "targets"))
    for clock, turn in ticket.open.items():
        turn.retarget(ticket.targets[clock], happening.at)
        ticket.number(turn)


def _calendar(ticket: _Ticket, happening: Happening) -> None:
    ticket.calendar = _fact(happening, "calendar")
    for turn in ticket.open.values():
        turn.recalendar(ticket.calendar, happening.at)


def _pauses(ticket: _Ticket, happening: Happening) -> None:
    ticket.pauses = frozenset(_fact(happening, "pauses"))
    ticket.stop_or_go(happening.at)


def _recomputed(ticket: _Ticket, happening: Happening) -> None:
    ticket.targets, ticket.calendar = _lengths(_fact(happening, "targets")), _fact(happening, "calendar")
    ticket.pauses = frozenset(_fact(happening, "pauses"))
    ticket.stop_or_go(happening.at)
    stops = ticket.stops(happening.at, ticket.calendar)
    for clock, turn in ticket.open.items():
        turn.recompute(ticket.targets[clock], ticket.calendar, stops if clock in PAUSABLE else (), happening.at)
        ticket.number(turn)


def _merged(ticket: _Ticket, happening: Happening) -> None:
    if turn := ticket.open.get("resolution"):
        turn.backdate(_fact(happening, "since"), happening.at)


def _fact(happening: Happening, name: str) -> Any:
    try:
        return happening.facts[name]
    except KeyError:
        raise ReplayError(f"The happening {happening.kind!r} lacks its {name}.") from None


def _nothing(ticket: _Ticket, happening: Happening) -> None:
    """Recorded, but no clock moves."""


Handler = Callable[[_Ticket, Happening], None]
HANDLERS: Mapping[str, Handler] = {
    "opened": _opened,
    "customer_message": _customer_wrote,
    "staff_message": _staff_spoke,
    "internal_note": _nothing,
    "automatic_message": _nothing,
    "call_in_answered": _call_in_answered,
    "call_in_missed": _customer_wrote,
    "call_out_answered": _staff_spoke,
    "call_out_unanswered": _nothing,
    "pending": _stopped,
    "on_hold": _stopped,
    "resumed": _resumed,
    "solved": _solved,
    "reopened": _reopened,
    "no_answer_needed": _no_answer_needed,
    "targets": _targets,
    "calendar": _calendar,
    "pauses": _pauses,
    "recomputed": _recomputed,
    "merged": _merged,
}
KINDS = (*HANDLERS, "unmerged", "void", "unvoid")
