"""Who held a ticket, one after the other, as its page tells it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from helpdesk.tickets.models import Ticket
from helpdesk.tickets.stints import OWNING, derived


@dataclass(frozen=True)
class Held:
    """A stretch with one owner, or with none (*name* is empty) in the team's queue, and the word for what began it."""

    name: str
    team: str
    began_at: datetime
    ended_at: datetime | None
    why: str


def owners(ticket: Ticket, happened: Sequence[Any]) -> list[Held]:
    """The stretches of a history, newest first, without those that took no time; asks the database nothing."""
    people, teams = _names(happened, OWNING), {ticket.team_id: ticket.team.name, **_names(happened, ("team_changed",))}
    return [
        Held(people.get(one.owner_id or 0, ""), teams.get(one.team_id, ""), one.began_at, one.ended_at, one.why)
        for one in reversed(derived(happened, ticket.team_id)) if one.began_at != one.ended_at
    ]  # fmt: skip


def _names(happened: Sequence[Any], kinds: tuple[str, ...]) -> dict[int, str]:
    facts = [event.facts for event in happened if event.kind in kinds]
    return {one[f"{side}_id"]: one[side] for one in facts for side in ("old", "new") if one.get(f"{side}_id")}
