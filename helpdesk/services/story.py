"""What happened to a ticket, in one stream: each event with who did it, and what was said with it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from helpdesk.people.models import Person
from helpdesk.services.database import db
from helpdesk.services.store import permit, visible
from helpdesk.tickets.models import Event, Message, Ticket

MOST = 1000
CONTACT = ("received", "reply", "call", "unapproved", "automatic", "acknowledgement")


@dataclass(frozen=True)
class Line:
    """One event; *message* is what was said with it."""

    event: Event
    who: Person | None
    message: Message | None

    @property
    def contact(self) -> bool:
        """Whether the customer and the desk were in touch by it."""
        return self.message is not None and self.message.kind in CONTACT


def story(ticket: Ticket, *, by: Person) -> list[Line]:
    """The newest thousand events of a ticket that *by* may see, oldest first."""
    permit(by, "look_up")
    query = select(Event).join(Ticket, Ticket.id == Event.ticket_id).where(Event.ticket_id == ticket.id, visible(by))
    newest = query.options(selectinload(Event.actor)).order_by(Event.seq.desc()).limit(MOST)
    events = db.session.scalars(newest).all()[::-1]
    said = {message.seq: message for message in _messages(ticket)}
    return [Line(event, event.actor, said.get(event.seq)) for event in sorted(events, key=lambda event: event.at)]


def _messages(ticket: Ticket) -> Sequence[Message]:
    query = select(Message).where(Message.ticket_id == ticket.id).order_by(Message.id.desc()).limit(MOST)
    return db.session.scalars(query.options(selectinload(Message.attachments), selectinload(Message.deliveries))).all()
