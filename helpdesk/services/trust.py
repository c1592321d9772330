"""What staff have to decide about a ticket's people and messages: who takes part, and what belongs where."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from helpdesk.people.models import Person
from helpdesk.services.belongings import suggestions
from helpdesk.services.database import db
from helpdesk.tickets.belonging import Belonging
from helpdesk.tickets.models import Ticket
from helpdesk.tickets.participants import Participant


@dataclass(frozen=True)
class Trust:
    """Of one ticket: what perhaps belongs where, who waits to be let in, who takes part, and who was kept out."""

    suggestions: Sequence[Belonging]
    pending: list[Participant]
    approved: list[Participant]
    refused: list[Participant]


def of(ticket: Ticket, *, by: Person) -> Trust:
    """As it is now, and as this person may see it."""
    query = select(Participant).where(Participant.ticket_id == ticket.id)
    named = db.session.scalars(query.order_by(Participant.id)).all()
    states = ("pending", "approved", "refused")
    return Trust(suggestions(ticket, by=by), *([one for one in named if one.state == state] for state in states))
