"""A whole log: its calls, each once, and the lines that could not be read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from helpdesk.channels.calls.layout import Layout
from helpdesk.channels.calls.record import Call
from helpdesk.channels.calls.row import call
from helpdesk.channels.calls.table import Problem, rows


@dataclass(frozen=True)
class Log:
    """What a log holds. *internal* counts talks between colleagues, which are no contacts."""

    rows: int
    calls: list[Call]
    problems: list[Problem]
    internal: int


def read_log(content: bytes, layout: Layout, at: datetime) -> Log:
    """The calls in *content* in its order; HelpdeskError when it is no call log at all."""
    read = [row if isinstance(row, Problem) else call(line, row, layout, at) for line, row in rows(content, layout)]
    calls = [one for one in read if isinstance(one, Call)]
    contacts = [one for one in calls if one.direction != "internal"]
    return Log(
        rows=len(read),
        calls=_once(contacts),
        problems=[one for one in read if isinstance(one, Problem)],
        internal=len(calls) - len(contacts),
    )


def _once(calls: Iterable[Call]) -> list[Call]:
    """Rows with one id are one call that rang at several phones: whoever answered and talked longest tells of it."""
    kept: dict[str, Call] = {}
    for one in calls:
        other = kept.get(one.key)
        if other is None or _weight(one) > _weight(other):
            kept[one.key] = one
    return list(kept.values())


def _weight(one: Call) -> tuple[bool, int]:
    return (one.answered is not None, one.talk_seconds or 0)
