"""What happens to a ticket, and the promises that follow from it: the values that a replay takes and gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from .calendar import Calendar

CLOCKS = ("first_response", "answer", "update", "resolution")
PAUSABLE = ("answer", "update", "resolution")
PAUSES = ("pending", "on_hold")
RUNNING, PAUSED, MET, MISSED = "running", "paused", "met", "missed"
WAIVED, CLOSED_UNANSWERED, VOID = "waived", "closed_unanswered", "void"


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened to a ticket at its own instant.

    *by*: who did it ("customer" or "staff" for opened). *facts*: {"targets"} for targets, {"calendar"} for calendar,
    {"pauses"} for pauses, all three for recomputed, {"since", "ticket"} for merged. *ref*: the caller's name for it,
    such as an event number.
    *recorded_at*: when it was learned, if later than *at*.
    """

    at: datetime
    kind: str
    by: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    ref: int | str | None = None
    recorded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """The status that stopped a clock ("pending", "on_hold", "solved"), and who set it in which happening."""

    status: str
    by: str | None = None
    ref: int | str | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a clock's life under one calendar: counted, or stopped by a pause."""

    start: datetime
    end: datetime
    calendar: Calendar
    pause: Pause | None = None


@dataclass(frozen=True, slots=True)
class ClockState:
    """One promise as it stands: a customer's turn, met or missed or still open.

    *due_at* is None while paused (unless missed), and for void clocks that had not ended. *used* is open time without
    pauses. *retargeted_at*: when the target last changed. *segments* cover started_at to the end, or to the replay's.
    """

    clock: str
    turn: int
    state: str
    started_at: datetime
    due_at: datetime | None
    ended_at: datetime | None
    used: timedelta
    target: timedelta
    calendar: Calendar
    started_by: int | str | None = None
    ended_by: int | str | None = None
    pause: Pause | None = None
    known_late: bool = False
    waived_at: datetime | None = None
    waived_by: str | None = None
    retargeted_at: datetime | None = None
    segments: tuple[Segment, ...] = ()

    @property
    def remaining(self) -> timedelta:
        """Target not yet used; negative once more than the target is used."""
        return self.target - self.used

    @property
    def used_seconds(self) -> int | float:
        """Used time in seconds, whole ones as int."""
        return seconds(self.used)

    @property
    def target_seconds(self) -> int | float:
        """The target in seconds, whole ones as int."""
        return seconds(self.target)

    @property
    def late(self) -> timedelta:
        """Open time after *due_at*, pauses left out: not the time beyond the target when that became shorter."""
        due = self.due_at
        parts = [part for part in self.segments if due is not None and not part.pause and part.end > due]
        return sum((part.calendar.elapsed(max(part.start, due or part.start), part.end) for part in parts), timedelta())

    @property
    def open(self) -> bool:
        """Whether something still has to happen for it to end."""
        return self.ended_at is None and self.state != VOID


def seconds(length: timedelta) -> int | float:
    """A length in seconds, an int when it is whole."""
    exact = length.total_seconds()
    return int(exact) if exact.is_integer() else exact
