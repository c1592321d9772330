"""What waits for somebody's word: strangers' follow-ups, people in copy, tickets that perhaps belong to others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, text
from sqlalchemy.orm import joinedload

from helpdesk.people.models import Person
from helpdesk.services import belongings
from helpdesk.services.database import db
from helpdesk.services.store import permit, visible
from helpdesk.tickets.belonging import Belonging
from helpdesk.tickets.models import Message, Ticket
from helpdesk.tickets.participants import Participant

PAGE = 50  # of each kind
UNAPPROVED, PENDING = text("message.kind = 'unapproved'"), text("participant.state = 'pending'")


@dataclass(frozen=True)
class Waiting:
    """One decision to take. *kind* is message, participant or belonging; *thing* is that row."""

    kind: str
    at: datetime
    ticket: Ticket
    thing: Message | Participant | Belonging


def waiting(by: Person) -> list[Waiting]:
    """The newest of each kind in tickets that the person sees, newest first."""
    permit(by, "see_intake")
    messages, participants, offers = queries(by)
    with_author = messages.options(joinedload(Message.author), joinedload(Message.ticket))
    with_other = offers.options(joinedload(Belonging.ticket), joinedload(Belonging.other))
    found = [
        *(Waiting("message", one.at, one.ticket, one) for one in _newest(with_author, Message)),
        *(Waiting("participant", one.named_at, one.ticket, one) for one in _newest(participants, Participant)),
        *(Waiting("belonging", one.offered_at, one.ticket, one) for one in _newest(with_other, Belonging)),
    ]
    return sorted(found, key=lambda one: one.at, reverse=True)


def queries(by: Person) -> tuple[Select[Message], Select[Participant], Select[Belonging]]:
    """What waits of each kind; messages of tickets that are not closed, people in copy only of open ones."""
    seen = visible(by)
    return (
        select(Message).join(Ticket, Ticket.id == Message.ticket_id).where(UNAPPROVED, seen, Ticket.status != "closed"),
        select(Participant).join(Ticket, Ticket.id == Participant.ticket_id).where(PENDING, seen, Ticket.open),
        belongings.offers(by),
    )


def _newest(query: Select[Any], kind: type[Any]) -> Sequence[Any]:
    return db.session.scalars(query.order_by(kind.id.desc()).limit(PAGE)).all()
