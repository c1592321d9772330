"""What is heard of late, when its ticket was put to rest since: it was never right to rest."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import exists, func, select

from helpdesk.people.models import Person
from helpdesk.services.database import db
from helpdesk.tickets import actions
from helpdesk.tickets.models import Event, Message, Status, Ticket


def wake(ticket: Ticket, *, by: Person, at: datetime, recorded_at: datetime) -> None:
    """End a pause or a solution that began after what is heard only now, at the instant at which it began."""
    since = put_to_rest_since(ticket, at)
    if since is not None:
        end = actions.resume if ticket.open else actions.reopen
        end(ticket, by=by, at=since, recorded_at=recorded_at)


@contextmanager
def heard_at(ticket: Ticket, at: datetime) -> Iterator[None]:
    """Within it something of the instant *at* is written down: what was said and answered since still stands."""
    before, answered = ticket.waiting_since, ticket.changed_at > at and answered_since(ticket, at)
    yield
    if answered or (before is not None and before > at):
        ticket.waiting_since = before


def answered_since(ticket: Ticket, at: datetime) -> bool:
    """Whether staff spoke to the customer after *at* and did not take it back, written or to be written."""
    fresh = (event for event in db.session.new if isinstance(event, Event) and event.ticket is ticket)
    if any(event.kind in actions.ANSWERS and event.at > at for event in fresh):
        return True
    spoke = select(Event.id).where(Event.ticket_id == ticket.id, Event.kind.in_(actions.ANSWERS), Event.at > at)
    taken_back = exists().where(
        Message.ticket_id == Event.ticket_id, Message.seq == Event.seq, Message.kind == "withdrawn"
    )
    with db.session.no_autoflush:
        return db.session.scalar(spoke.where(~taken_back).limit(1)) is not None


def put_to_rest_since(ticket: Ticket, at: datetime) -> datetime | None:
    """When the ticket was paused or solved, if that was after *at* and it still is."""
    if ticket.status not in (Status.PENDING, Status.ON_HOLD, Status.SOLVED):
        return None
    began = select(func.max(Event.at)).where(Event.ticket_id == ticket.id, Event.kind.in_(("pended", "held", "solved")))
    with db.session.no_autoflush:  # filing puts nothing to rest itself, so the batch need not be written for this
        since: datetime | None = db.session.scalar(began)
    return since if since is not None and since > at else None
