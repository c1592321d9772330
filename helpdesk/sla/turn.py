"""One clock while its ticket's history is replayed: counts open time, stops, aims at its due instant, ends."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from .calendar import Calendar
from .clock import MISSED, PAUSED, RUNNING, VOID, WAIVED, ClockState, Happening, Pause, Segment

NOTHING = timedelta()


class Turn:
    """A promise being counted. A turn without a target is counted as well, for a target may come later."""

    def __init__(
        self, clock: str, begun: Happening, target: timedelta | None, calendar: Calendar, pause: Pause | None
    ) -> None:
        self.clock, self.begun, self.target, self.calendar, self.pause = clock, begun, target, calendar, pause
        self.number = 0
        self.started_at = self.counted_to = begun.at
        self.used = NOTHING
        self.due_at: datetime | None = None
        self.missed = False
        self.ended: Happening | None = None
        self.verdict = ""
        self.waived: Happening | None = None
        self.retargeted_at: datetime | None = None
        self.segments: list[Segment] = []
        self._aim()

    def pause_with(self, pause: Pause | None, at: datetime) -> None:
        """Stop for a pause, or go on without one."""
        self._count_to(at)
        self.pause = pause
        self._aim()

    def retarget(self, target: timedelta | None, at: datetime) -> None:
        """Promise another target, the used time kept; one already used up falls due now. A miss keeps its target."""
        self._count_to(at)
        if self.missed or target == self.target:
            return
        self.target, self.retargeted_at = target, at
        self._aim()
        if target is not None and self.used >= target:
            self.due_at = at

    def recalendar(self, calendar: Calendar, at: datetime) -> None:
        """Count by other hours from now on."""
        self._count_to(at)
        self.calendar = calendar
        self._aim()

    def recompute(self, target: timedelta | None, calendar: Calendar, stops: Iterable[Segment], at: datetime) -> None:
        """Count again from the start by other rules, as if they had always held; a miss stays one.

        *stops*: the pauses that these rules make. A target that is used up by that falls due now, never before.
        """
        self.recalendar(calendar, at)
        if self.missed:
            return
        solved = [part for part in self.segments if part.pause and part.pause.status == "solved"]
        self.segments = _cut(self.started_at, at, calendar, sorted([*stops, *solved], key=lambda part: part.start))
        counted = (calendar.elapsed(part.start, part.end) for part in self.segments if not part.pause)
        self.used = sum(counted, NOTHING)
        self.target, self.retargeted_at, self.due_at = target, at, None
        self._aim()
        if target is not None and self.used >= target:
            self.due_at = at

    def backdate(self, since: datetime, at: datetime) -> None:
        """Count from an earlier contact of a ticket merged into this one; used up by that, it falls due now."""
        self._count_to(at)
        if since >= self.started_at:
            return
        self.used += self.calendar.elapsed(since, self.started_at)
        self.segments.insert(0, Segment(since, self.started_at, self.calendar))
        self.started_at = since
        self._aim()
        if self.target is not None and self.used >= self.target and not self.missed:
            self.due_at = at

    def end(self, happening: Happening, verdict: str) -> None:
        """End with MET, CLOSED_UNANSWERED or WAIVED, which a missed deadline overrules."""
        self._count_to(happening.at)
        self.ended, self.verdict = happening, MISSED if self.missed else verdict
        self.waived = happening if verdict == WAIVED else None
        if self.due_at is None and self.target is not None:
            self.due_at = self.calendar.due_at(happening.at, self.target - self.used)

    def reopen(self, at: datetime, target: timedelta | None, calendar: Calendar) -> None:
        """Go on after the end, which becomes a pause; today's target and calendar apply from here."""
        assert self.ended
        self.segments.append(Segment(self.ended.at, at, self.calendar, Pause("solved", self.ended.by, self.ended.ref)))
        self.ended, self.verdict, self.pause, self.counted_to = None, "", None, at
        self.calendar = calendar
        self.due_at = self.due_at if self.missed else None
        self._aim()
        self.retarget(target, at)

    def state(self, until: datetime, void: bool) -> ClockState | None:
        """How it stands at *until*; None when nothing was promised."""
        if not self.ended:
            self._count_to(until)
        if self.target is None:
            return None
        name = VOID if void else self.verdict or (MISSED if self.missed else PAUSED if self.pause else RUNNING)
        return ClockState(
            clock=self.clock,
            turn=self.number,
            state=name,
            started_at=self.started_at,
            due_at=None if void and not self.ended else self.due_at,
            ended_at=self.ended.at if self.ended else None,
            used=self.used,
            target=self.target,
            calendar=self.calendar,
            started_by=self.begun.ref,
            ended_by=self.ended.ref if self.ended else None,
            pause=None if self.ended else self.pause,
            known_late=self._known_late,
            waived_at=self.waived.at if self.waived else None,
            waived_by=self.waived.by if self.waived else None,
            retargeted_at=self.retargeted_at,
            segments=tuple(self.segments),
        )

    @property
    def _known_late(self) -> bool:
        learned = self.begun.recorded_at
        return bool(self.missed and learned and self.due_at and learned > self.due_at)

    def _count_to(self, at: datetime) -> None:
        if self.due_at and at > self.due_at:
            self.missed = True
        if at <= self.counted_to:
            return
        if not self.pause:
            self.used += self.calendar.elapsed(self.counted_to, at)
        self.segments.append(Segment(self.counted_to, at, self.calendar, self.pause))
        self.counted_to = at

    def _aim(self) -> None:
        """Set the due instant from here. A miss keeps it; a target used up before is due here; a pause hides it."""
        if self.missed:
            return
        left = None if self.target is None else self.target - self.used
        if left is None:
            self.due_at = None
        elif left < NOTHING:
            self.due_at = self.due_at or self.counted_to
        else:
            self.due_at = None if self.pause else self.calendar.due_at(self.counted_to, left)


def _cut(start: datetime, end: datetime, calendar: Calendar, stops: Iterable[Segment]) -> list[Segment]:
    """The time from *start* to *end* under one calendar, with the stops that lie in it; they do not overlap."""
    found: list[Segment] = []
    for stop in stops:
        begins, ends = max(start, stop.start), min(end, stop.end)
        if begins < ends:
            found += [Segment(start, begins, calendar)] if start < begins else []
            found.append(Segment(begins, ends, calendar, stop.pause))
            start = ends
    return [*found, Segment(start, end, calendar)] if start < end else found
