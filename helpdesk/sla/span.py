"""A stretch of time, the unit in which hours, pauses and shares are counted."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time between two aware instants: start included, end not."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        """Physical time from start to end."""
        return self.end - self.start
