"""What is heard of late, when its ticket was put to rest since: it was never right to rest."""

from datetime import datetime

from sqlalchemy import func, select

from helpdesk.people.models import Person
from helpdesk.services.database import db
from helpdesk.tickets import actions
from helpdesk.tickets.models import Event, Status, Ticket


def wake(ticket: Ticket, *, by: Person, at: datetime, recorded_at: datetime) -> None:
    """End a pause or a solution that began after what is heard only now, at the instant at which it began."""
    since = put_to_rest_since(ticket, at)
    if since is not None:
        end = actions.resume if ticket.open else actions.reopen
        end(ticket, by=by, at=since, recorded_at=recorded_at)


def put_to_rest_since(ticket: Ticket, at: datetime) -> datetime | None:
    """When the ticket was paused or solved, if that was after *at* and it still is."""
    if ticket.status not in (Status.PENDING, Status.ON_HOLD, Status.SOLVED):
        return None
    began = select(func.max(Event.at)).where(Event.ticket_id == ticket.id, Event.kind.in_(("pended", "held", "solved")))
    with db.session.no_autoflush:  # filing puts nothing to rest itself, so the batch need not be written for this
        since: datetime | None = db.session.scalar(began)
    return since if since is not None and since > at else None
