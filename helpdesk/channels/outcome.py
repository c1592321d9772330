"""What became of an attempt to send one thing to one recipient."""

from dataclasses import dataclass


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
