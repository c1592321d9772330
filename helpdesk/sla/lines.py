"""The JSONL programs: a question on each line, an answer on each line, a sentence for a line that cannot be read."""

import json
import math
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import IO, Any

from .calendar import FIRST_YEAR, LAST_YEAR, Calendar
from .clock import CLOCKS, PAUSES, ClockState, Happening, seconds
from .replay import KINDS, replay

LONGEST_LINE = 4_000_000
MOST_SECONDS = (LAST_YEAR - FIRST_YEAR) * 366 * 86_400
Answer = dict[str, Any]


class LineError(ValueError):
    """The line cannot be answered; the message names what is wrong with it."""


def answer_lines(stdin: IO[bytes], stdout: IO[bytes], function: Callable[[str], Answer]) -> None:
    """Answer each line of *stdin* with one line of JSON on *stdout*, at once and in order. Both are binary streams."""
    for raw in stdin:
        answer = function(raw.decode("utf-8", "replace"))
        stdout.write(json.dumps(answer).encode() + b"\n")
        stdout.flush()


def time_line(line: str) -> Answer:
    """Answer {"op", "calendar", …}: deadline, elapsed, is_open, next_open, next_close; {"error": …} for a bad line.

    Instants are ISO 8601 with an offset, lengths seconds; {"at"}, {"seconds"} or {"open"} comes back.
    """
    return _answered(line, _time)


def replay_line(line: str) -> Answer:
    """Answer {"calendar", "targets", "pauses", "happenings", "until"} with {"clocks", "next_due_at"} or {"error"}."""
    return _answered(line, _replay)


def _answered(line: str, function: Callable[[Mapping[str, Any]], Answer]) -> Answer:
    try:
        return function(_read(line))
    except RecursionError:
        return {"error": "The line is nested too deeply."}
    except (ValueError, OverflowError) as wrong:
        return {"error": str(wrong) or "The line cannot be read."}


def _read(line: str) -> Mapping[str, Any]:
    if len(line) > LONGEST_LINE:
        raise LineError(f"The line is longer than {LONGEST_LINE} characters.")
    try:
        row = json.loads(line, parse_constant=_refuse)
    except json.JSONDecodeError as wrong:
        raise LineError(f"The line is not JSON: {wrong}.") from None
    if not isinstance(row, dict):
        raise LineError("A line must be a JSON object.")
    return row


def _refuse(constant: str) -> float:
    raise LineError(f"{constant} is not a number.")


def _time(row: Mapping[str, Any]) -> Answer:
    operation = row.get("op")
    if not isinstance(operation, str) or operation not in OPERATIONS:
        raise LineError(f"{operation!r:.60} is not an operation; use {', '.join(OPERATIONS)}.")
    return OPERATIONS[operation](Calendar.from_definition(_field(row, "calendar")), row)


def _deadline(calendar: Calendar, row: Mapping[str, Any]) -> Answer:
    return {"at": _text(calendar.due_at(_instant(row, "start"), _length(_field(row, "seconds"), "seconds")))}


def _elapsed(calendar: Calendar, row: Mapping[str, Any]) -> Answer:
    return {"seconds": seconds(calendar.elapsed(_instant(row, "start"), _instant(row, "end")))}


def _is_open(calendar: Calendar, row: Mapping[str, Any]) -> Answer:
    return {"open": calendar.is_open(_instant(row, "at"))}


def _next_open(calendar: Calendar, row: Mapping[str, Any]) -> Answer:
    return {"at": _text(calendar.next_open(_instant(row, "at")))}


def _next_close(calendar: Calendar, row: Mapping[str, Any]) -> Answer:
    return {"at": _text(calendar.next_close(_instant(row, "at")))}


OPERATIONS: Mapping[str, Callable[[Calendar, Mapping[str, Any]], Answer]] = {
    "deadline": _deadline,
    "elapsed": _elapsed,
    "is_open": _is_open,
    "next_open": _next_open,
    "next_close": _next_close,
}


def _replay(row: Mapping[str, Any]) -> Answer:
    done = replay(
        [_happening(raw) for raw in _list(row, "happenings")],
        _targets(_field(row, "targets")),
        _pauses(_list(row, "pauses")),
        Calendar.from_definition(_field(row, "calendar")),
        _instant(row, "until"),
    )
    return {"clocks": [_clock(clock) for clock in done.clocks], "next_due_at": _text(done.next_due_at)}


def _clock(clock: ClockState) -> Answer:
    return {
        "clock": clock.clock,
        "turn": clock.turn,
        "state": clock.state,
        "started_at": _text(clock.started_at),
        "due_at": _text(clock.due_at),
        "ended_at": _text(clock.ended_at),
        "used_seconds": clock.used_seconds,
        "target_seconds": clock.target_seconds,
        "known_late": clock.known_late,
    }


def _happening(raw: Any) -> Happening:
    if not isinstance(raw, dict):
        raise LineError(f"A happening must be an object, not {raw!r:.60}.")
    kind = _field(raw, "kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise LineError(f"{kind!r:.60} is not a happening; use {', '.join(KINDS)}.")
    by = raw.get("by")
    if kind == "opened" and by not in ("customer", "staff"):
        raise LineError(f'A ticket is opened by "customer" or "staff", not {by!r:.60}.')
    learned = _instant(raw, "recorded_at") if raw.get("recorded_at") is not None else None
    return Happening(_instant(raw, "at"), kind, by if isinstance(by, str) else None, _facts(kind, raw), None, learned)


def _facts(kind: str, raw: Mapping[str, Any]) -> Mapping[str, Any]:
    if kind == "targets":
        return {"targets": _targets(_field(raw, "targets"))}
    if kind == "calendar":
        return {"calendar": Calendar.from_definition(_field(raw, "calendar"))}
    if kind == "pauses":
        return {"pauses": _pauses(_list(raw, "pauses"))}
    if kind == "recomputed":
        return {**_facts("targets", raw), **_facts("calendar", raw), **_facts("pauses", raw)}
    if kind in ("merged", "unmerged"):
        since = {"since": _instant(raw, "since")} if kind == "merged" else {}
        return {"ticket": raw.get("ticket"), **since}
    return {}


def _targets(raw: Any) -> dict[str, float | None]:
    if not isinstance(raw, dict):
        raise LineError(f"targets must be an object of clocks and seconds, not {raw!r:.60}.")
    for clock in raw:
        if clock not in CLOCKS:
            raise LineError(f"{clock!r:.60} is not a clock; use {', '.join(CLOCKS)}.")
    return {clock: None if value is None else _number(value, clock) for clock, value in raw.items()}


def _pauses(raw: Iterable[Any]) -> list[str]:
    for status in raw:
        if status not in PAUSES:
            raise LineError(f"{status!r:.60} is not a status that pauses; use {', '.join(PAUSES)}.")
    return list(raw)


def _field(row: Mapping[str, Any], name: str) -> Any:
    if name not in row:
        raise LineError(f"The field {name} is missing.")
    return row[name]


def _list(row: Mapping[str, Any], name: str) -> list[Any]:
    value = _field(row, name)
    if not isinstance(value, list):
        raise LineError(f"{name} must be a list, not {value!r:.60}.")
    return value


def _number(value: Any, name: str) -> float:
    wrong = isinstance(value, bool) or not isinstance(value, int | float)
    if wrong or not 0 <= value <= MOST_SECONDS or not math.isfinite(value):
        raise LineError(f"{name} must be a number of seconds from 0 to {MOST_SECONDS}, not {value!r:.60}.")
    return value  # type: ignore[no-any-return]


def _length(value: Any, name: str) -> timedelta:
    return timedelta(seconds=_number(value, name))


def _instant(row: Mapping[str, Any], name: str) -> datetime:
    value = _field(row, name)
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise LineError(f"{name} must be an instant such as 2026-02-02T10:00:00+03:00, not {value!r:.60}.") from None
    if at.tzinfo is None:
        raise LineError(f"{name} needs an offset, such as +03:00 or Z at its end.")
    if not FIRST_YEAR < at.year < LAST_YEAR:
        raise LineError(f"{name} must lie between the years {FIRST_YEAR} and {LAST_YEAR}, not in {at.year}.")
    return at.astimezone(UTC)


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
