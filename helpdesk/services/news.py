"""What was said while somebody wrote an answer: they should read it before it is answered."""

from sqlalchemy import select

from helpdesk.errors import Conflict
from helpdesk.services.database import db
from helpdesk.tickets.models import Message, Ticket
from helpdesk.tickets.scheduling import Scheduled

GUARDED = ("received", "reply", "call", "unapproved")


class News(Conflict):
    """Something was said that the writer has not read."""


def guard(ticket: Ticket, seen: int | None, heard: int | None = None) -> None:
    """Refuse an answer with News when something was said after the message *seen*, or after the event *heard*."""
    if (seen is not None and _written_since(ticket, seen)) or (heard is not None and _said_since(ticket, heard)):
        raise News("Something new was said while you were writing; read it, then send or change your answer.")


def _written_since(ticket: Ticket, seen: int) -> bool:
    query = select(Message.id).where(Message.ticket_id == ticket.id, Message.id > seen, Message.kind.in_(GUARDED))
    return db.session.scalar(query.limit(1)) is not None


def _said_since(ticket: Ticket, heard: int) -> bool:
    """Whether an answer was said that had been written before, to be said later."""
    query = select(Message).join(Scheduled, Scheduled.message_id == Message.id)
    said = query.where(Scheduled.ticket_id == ticket.id, Message.kind == "reply")
    return any(one.said_seq > heard for one in db.session.scalars(said))
