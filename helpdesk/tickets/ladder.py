"""Stopping the ladder of a deadline: one verb, beside those of actions.py."""

from datetime import datetime
from typing import Any, Protocol

from helpdesk.people.models import Person
from helpdesk.tickets.models import Ticket


class Ladder(Protocol):
    """A promise that warns: the part of a clock that a verb needs."""

    ladder_stopped_at: Any

    @property
    def kind(self) -> Any: ...
    @property
    def turn(self) -> Any: ...
    @property
    def started_seq(self) -> Any: ...


def stop_ladder(ticket: Ticket, *, clock: Ladder, by: Person, at: datetime) -> None:
    """Take a deadline in hand: from here on it tells nobody. Once it is in hand, nobody else's hand changes that."""
    if clock.ladder_stopped_at is None:
        clock.ladder_stopped_at = at
        ticket.record("ladder_stopped", by=by, at=at, clock=clock.kind, turn=clock.turn, started_seq=clock.started_seq)
