"""Notes on customers: written beside any of their tickets, read by whoever sees one of those."""

from collections.abc import Sequence

from sqlalchemy import bindparam, select
from sqlalchemy.orm import joinedload

from helpdesk.errors import Conflict
from helpdesk.people.models import Person
from helpdesk.people.notes import CustomerNote
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import ticket_for, touched, transaction
from helpdesk.tickets.models import Ticket

SHOWN = 20
NOTES = (
    select(CustomerNote)
    .where(CustomerNote.person_id == bindparam("customer"))
    .options(joinedload(CustomerNote.author))
    .order_by(CustomerNote.id.desc())
    .limit(SHOWN)
)


def notes(ticket: Ticket) -> Sequence[CustomerNote]:
    """What was noted on the customer, the newest first."""
    return db.session.scalars(NOTES, {"customer": ticket.customer_id}).all()


def note(number: int, text: str, *, seen: int, by: Person) -> None:
    """Leave another text on the ticket's customer; *seen* is the one that its writer had read. The same one is no news."""
    with transaction():
        ticket = ticket_for(by, number, lock=True)
        last = next(iter(notes(ticket)), None)
        if text.strip() == (last.text if last else ""):
            return
        if (last.id if last else 0) != seen:
            raise Conflict("Somebody changed the note on this customer meanwhile; look at it and write yours again.")
        known = {"person_id": ticket.customer_id, "author_id": by.id, "at": now()}
        db.session.add(CustomerNote(text=text.strip(), **known))
        touched(number, ticket.team_id)
