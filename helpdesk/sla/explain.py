"""Why a clock says what it says: every stretch of its life, counted or not and for what reason, and in whose hands."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .clock import ClockState, Segment, seconds
from .span import Span


@dataclass(frozen=True, slots=True)
class Holding:
    """Somebody held the ticket: *kind* is "owner", "team" or "shift", *holder* its name; *end* None is until now."""

    kind: str
    holder: str
    start: datetime
    end: datetime | None = None


def explain(clock: ClockState, holdings: Sequence[Holding] = ()) -> dict[str, Any]:
    """One clock in JSON-ready words: the verdict, "stretches" in order, and "shares" of used time by kind of holder.

    A stretch is {"from", "to", "seconds", "counted", "reason"}; reason is open, closed, break, holiday (with "name")
    or paused (with "status", "by", "ref"). Instants are ISO 8601 in UTC. Shares add up to the used time when no two
    holders of a kind overlap; what nobody held has "holder": None.
    """
    return {
        "clock": clock.clock,
        "turn": clock.turn,
        "state": clock.state,
        "started_at": clock.started_at.isoformat(),
        "started_by": clock.started_by,
        "due_at": _text(clock.due_at),
        "ended_at": _text(clock.ended_at),
        "ended_by": clock.ended_by,
        "used_seconds": clock.used_seconds,
        "target_seconds": clock.target_seconds,
        "known_late": clock.known_late,
        "waived_at": _text(clock.waived_at),
        "waived_by": clock.waived_by,
        "stretches": list(_joined(row for part in clock.segments for row in _rows(part))),
        "shares": {kind: _shares(clock, kind, holdings) for kind in dict.fromkeys(held.kind for held in holdings)},
    }


def _rows(part: Segment) -> Iterator[dict[str, Any]]:
    if part.pause:
        pause = {"status": part.pause.status, "by": part.pause.by, "ref": part.pause.ref}
        yield _row(Span(part.start, part.end), False, "paused", **pause)
        return
    for stretch in part.calendar.stretches(part.start, part.end):
        yield _row(stretch.span, stretch.open, stretch.reason, **({"name": stretch.name} if stretch.name else {}))


def _row(span: Span, counted: bool, reason: str, **more: Any) -> dict[str, Any]:
    return {
        "from": span.start.isoformat(),
        "to": span.end.isoformat(),
        "seconds": seconds(span.length),
        "counted": counted,
        "reason": reason,
        **more,
    }


def _joined(rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Neighbours that differ in nothing but their times as one row."""
    last: dict[str, Any] | None = None
    for row in rows:
        if last and last | {"from": 0, "to": 0, "seconds": 0} == row | {"from": 0, "to": 0, "seconds": 0}:
            last |= {"to": row["to"], "seconds": last["seconds"] + row["seconds"]}
            continue
        if last:
            yield last
        last = row
    if last:
        yield last


def _shares(clock: ClockState, kind: str, holdings: Sequence[Holding]) -> list[dict[str, Any]]:
    used: dict[str | None, timedelta] = {}
    for held in holdings:
        if held.kind == kind:
            used[held.holder] = used.get(held.holder, timedelta()) + _counted(clock, held)
    nobody = clock.used - sum(used.values(), timedelta())
    if nobody:
        used[None] = nobody
    return [{"holder": holder, "seconds": seconds(length)} for holder, length in used.items() if length]


def _counted(clock: ClockState, held: Holding) -> timedelta:
    """Used time of the clock while this holder had it."""
    running = [part for part in clock.segments if not part.pause]
    return sum(
        (part.calendar.elapsed(max(part.start, held.start), min(part.end, held.end or part.end)) for part in running),
        timedelta(),
    )


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
