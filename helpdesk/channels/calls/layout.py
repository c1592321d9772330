"""How a call log is laid out: which column says what, how it writes times, and which numbers are ours."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from helpdesk.errors import HelpdeskError

FIELDS = (
    "started", "answered", "ended", "from", "to", "direction", "outcome", "id", "recording", "operator", "name",
    "ring", "talk",
)  # fmt: skip
NEEDED = ("started", "from", "to")
OPTIONS = ("columns", "format", "zone", "internal", "own", "words")
MEANINGS = ("in", "out", "internal", "answered", "missed")
ASTERISK = (
    "accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata", "start", "answer",
    "end", "duration", "billsec", "disposition", "amaflags", "uniqueid", "userfield",
)  # fmt: skip
SECONDS = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True)
class Layout:
    """The layout of one log. No *columns* means Asterisk's call detail records.

    *format* is that of strptime, or "unix"; *zone* is where the times were written; a number of at most *internal*
    digits is a colleague's, *own* are our outside numbers; *words* add to what directions and outcomes are called.
    """

    zone: ZoneInfo
    columns: Mapping[str, str] = field(default_factory=dict)
    format: str = SECONDS
    internal: int = 5
    own: frozenset[str] = frozenset()
    words: Mapping[str, str] = field(default_factory=dict)

    @property
    def asterisk(self) -> bool:
        """Whether this is Asterisk's own layout."""
        return not self.columns

    def ours(self, number: str) -> bool:
        """Whether *number* is at our end: an extension, or a line of ours."""
        bare = digits(number)
        return bool(bare) and (len(bare) <= self.internal or bare[-10:] in self.own)

    def name(self, column: str) -> str:
        """What the log calls the column that says *column*."""
        return self.columns.get(column, column)


def layout(options: Mapping[str, Any], zone: str) -> Layout:
    """The layout that *options* describe (docs: the calls page); *zone* holds when they name none."""
    unknown = sorted(set(options) - set(OPTIONS))
    if unknown:
        known = ", ".join(OPTIONS)
        raise HelpdeskError("A mapping has no “{name}”; it may have: {names}.", name=unknown[0], names=known)
    return Layout(
        zone=_zone(options.get("zone") or zone),
        columns=_columns(_texts(options, "columns")),
        format=_text(options.get("format") or SECONDS, "format"),
        internal=_internal(options.get("internal", 5)),
        own=frozenset(digits(number)[-10:] for number in _list(options.get("own", []))),
        words={word.casefold(): _meaning(meaning) for word, meaning in _texts(options, "words").items()},
    )


def digits(number: str) -> str:
    """The bare digits of *number*."""
    return re.sub(r"\D", "", number)


def _zone(name: object) -> ZoneInfo:
    try:
        return ZoneInfo(_text(name, "zone"))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise HelpdeskError("There is no time zone “{name}”; write one like Asia/Almaty.", name=name) from error


def _columns(columns: dict[str, str]) -> dict[str, str]:
    unknown = sorted(set(columns) - set(FIELDS))
    if unknown:
        raise HelpdeskError("A call has no “{name}”; it may have: {names}.", name=unknown[0], names=", ".join(FIELDS))
    missing = [name for name in NEEDED if not columns.get(name)]
    if columns and missing:
        raise HelpdeskError("Say which column holds “{name}”.", name=missing[0])
    return {name: column for name, column in columns.items() if column}


def _internal(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 9:
        raise HelpdeskError("“internal” is the number of digits of an extension, from 0 to 9.")
    return value


def _meaning(meaning: str) -> str:
    if meaning not in MEANINGS:
        known = ", ".join(MEANINGS)
        raise HelpdeskError("A word cannot mean “{name}”; it may mean: {names}.", name=meaning, names=known)
    return meaning


def _texts(options: Mapping[str, Any], name: str) -> dict[str, str]:
    value = options.get(name, {})
    if not isinstance(value, dict):
        raise HelpdeskError("“{name}” must be an object of strings.", name=name)
    return {key.strip(): _text(text, name).strip() for key, text in value.items()}


def _list(value: object) -> Sequence[str]:
    if not isinstance(value, list):
        raise HelpdeskError("“own” must be a list of numbers.")
    return [_text(number, "own") for number in value]


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise HelpdeskError("“{name}” must be a string.", name=name)
    return value
