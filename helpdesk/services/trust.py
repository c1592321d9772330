"""What staff have to decide about a ticket's people and messages: who takes part, and what belongs where."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from helpdesk.people.models import Person
from helpdesk.services.belongings import suggestions
from helpdesk.services.database import db
from helpdesk.tickets.belonging import Belonging
from helpdesk.tickets.models import Ticket
from helpdesk.tickets.participants import Participant

NAMED = select(Participant).where(Participant.ticket_id == bindparam("ticket")).order_by(Participant.id)


@dataclass(frozen=True)
class Trust:
    """Of one ticket: what perhaps belongs where, who waits to be let in, who takes part, and who was kept out."""

    suggestions: Sequence[Belonging]
    pending: list[Participant]
    approved: list[Participant]
    refused: list[Participant]


NOBODY = Trust((), [], [], [])


def of(ticket: Ticket, *, by: Person) -> Trust:
    """As it is now, and as this person may see it."""
    named = db.session.scalars(NAMED, {"ticket": ticket.id}).all()
    states = ("pending", "approved", "refused")
    return Trust(suggestions(ticket, by=by), *([one for one in named if one.state == state] for state in states))
