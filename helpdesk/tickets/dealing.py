"""A ticket is dealt to somebody by the machine, and the history says why to them."""

from collections.abc import Sequence
from datetime import datetime

from helpdesk.people.models import Person
from helpdesk.tickets.actions import own, watch
from helpdesk.tickets.models import Ticket


def deal(
    ticket: Ticket, *, to: Person, at: datetime, why: str, language: str | None, skills: Sequence[str], held: int,
    most: int | None,
) -> None:  # fmt: skip
    """Make *to* the owner: by "turns", by "load" or as the "last" who dealt with its customer; they *held* so many of *most*."""
    own(
        ticket, to, "assigned", by=None, at=at, why=why, language=language, skills=list(skills) or None, held=held,
        most=most,
    )  # fmt: skip
    watch(ticket, at=at)
