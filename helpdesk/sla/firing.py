"""When a clock warns: the instants at which fractions of its target are used up, and the steps after the breach."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from .clock import MISSED, PAUSED, RUNNING, ClockState

FRACTIONS = (0.5, 0.75, 0.9, 1.0)
BREACH = "100%"


@dataclass(frozen=True, slots=True)
class Firing:
    """A threshold ("75%", "100%", "+900" seconds after the breach) and the instant at which it is reached."""

    threshold: str
    at: datetime


def fire_times(clock: ClockState, fractions: Iterable[float] = FRACTIONS, steps: Iterable[int] = ()) -> list[Firing]:
    """Every threshold of a clock with its instant, past ones included, in order; the caller leaves out what has fired.

    A stopped clock is quiet: paused, met, waived, closed unanswered and void ones have none; but of a paused one whose
    new target was used up already the breach is due at the change. One that ended missed keeps its breach, told even
    if nobody looked in time. *steps*: seconds of the clock's own calendar after due.
    A target made smaller than the time already used fires at the instant of the change, never before it.
    """
    if clock.state not in (RUNNING, PAUSED, MISSED) or not clock.due_at:
        return []
    breach = Firing(BREACH, clock.due_at)
    if not clock.open:
        return [breach]
    warnings = [Firing(f"{fraction:.0%}", _used_up(clock, fraction)) for fraction in fractions if 0 < fraction < 1]
    later = [Firing(f"+{step}", clock.calendar.due_at(clock.due_at, timedelta(seconds=step))) for step in steps]
    return sorted([*warnings, breach, *later], key=lambda firing: firing.at)


def _used_up(clock: ClockState, fraction: float) -> datetime:
    """When that much of the target was used up: not before the target was set, not after it was all used."""
    at = _reached(clock, clock.target * fraction)
    return min(max(at, clock.retargeted_at or at), clock.due_at or at)


def _reached(clock: ClockState, left: timedelta) -> datetime:
    for part in clock.segments:
        if part.pause:
            continue
        counted = part.calendar.elapsed(part.start, part.end)
        if counted >= left:
            return part.calendar.due_at(part.start, left)
        left -= counted
    last = clock.segments[-1].end if clock.segments else clock.started_at
    return clock.calendar.due_at(last, left)
