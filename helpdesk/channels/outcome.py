"""One thing to send to one recipient, and what became of the attempt."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What a channel posts. *key* is fixed, so that the other side can tell a second copy from a second message.

    *content* of an answer is {text, conversation, ticket, author}.
    """

    kind: str
    recipient: str
    key: str
    content: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """*state* is sent, later (try again), failed (never will be) or unknown: the other side may or may not have it."""

    state: str
    reason: str = ""


def sent(reason: str = "") -> Outcome:
    """The other side has it."""
    return Outcome("sent", reason)


def later(reason: str) -> Outcome:
    """The other side does not have it and may take it another time."""
    return Outcome("later", reason)


def failed(reason: str) -> Outcome:
    """The other side does not have it and will not take it."""
    return Outcome("failed", reason)


def unknown(reason: str) -> Outcome:
    """It was handed over, and no answer came."""
    return Outcome("unknown", reason)
