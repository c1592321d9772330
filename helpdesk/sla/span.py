"""A stretch of time, the unit in which hours, pauses and shares are counted."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time between two aware instants: start included, end not."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        """Physical seconds from start to end."""
        return (self.end - self.start).total_seconds()

    def minus(self, other: "Span") -> list["Span"]:
        """What is left of this span without *other*: no, one or two pieces."""
        before = Span(self.start, min(self.end, other.start))
        after = Span(max(self.start, other.end), self.end)
        return [piece for piece in (before, after) if piece.start < piece.end]

    def common(self, other: "Span") -> "Span | None":
        """The part that both cover, None when they do not meet."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Span(start, end) if start < end else None
