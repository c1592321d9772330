"""A delivery report lands on the ticket and the message that caused it; it never opens a ticket."""

from sqlalchemy import select

from helpdesk.channels.incoming import Bounce, Incoming, Reason
from helpdesk.errors import Refused
from helpdesk.services import deadlines
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import settings
from helpdesk.tickets.models import Delivery, Ticket
from helpdesk.tickets.tokens import secret_in


def file(incoming: Incoming) -> Ticket:
    """Mark the delivery that failed and write it into its ticket's history; unknown ones are refused as a bounce."""
    bounce = incoming.bounce or Bounce()
    delivery = _delivery(bounce)
    ticket = _ticket(delivery, incoming)
    if ticket is None:
        raise Refused(Reason.BOUNCE)
    if delivery is not None and bounce.permanent:
        delivery.state, delivery.result = "failed", incoming.text[:500]
    ticket.record(
        "delivery_failed" if bounce.permanent else "delivery_delayed",
        by=None,
        at=now(),
        delivery=delivery.id if delivery else None,
        recipients=list(bounce.permanent or bounce.temporary)[:20],
    )
    deadlines.refresh(ticket)
    return ticket


def _delivery(bounce: Bounce) -> Delivery | None:
    if not bounce.message_id:
        return None
    return db.session.scalar(select(Delivery).where(Delivery.key == bounce.message_id).limit(1))


def _ticket(delivery: Delivery | None, incoming: Incoming) -> Ticket | None:
    """By the delivery, else by a signed token in what came back."""
    if delivery is not None and delivery.ticket_id is not None:
        condition = Ticket.id == delivery.ticket_id
    else:
        texts = [
            incoming.bounce.message_id if incoming.bounce else "",
            *incoming.recipients[:50],
            *incoming.references[-50:],
        ]
        secret = next((found for found in (secret_in(text, settings().secret_key) for text in texts) if found), None)
        if secret is None:
            return None
        condition = Ticket.secret == secret
    return db.session.scalar(select(Ticket).where(condition).with_for_update(of=Ticket))
