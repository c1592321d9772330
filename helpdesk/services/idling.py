"""What was taken and lies still goes back to its team, and whoever had it is told."""

from sqlalchemy import select

from helpdesk.people.models import Person
from helpdesk.services import deadlines
from helpdesk.services.database import db
from helpdesk.services.desk import settle_offer
from helpdesk.services.instant import now
from helpdesk.services.notices import Tellers
from helpdesk.services.store import transaction
from helpdesk.tickets.models import Ticket
from helpdesk.tickets.taking import put_back

AT_ONCE = 100


def give_back() -> int:
    """Give back what is due, each in a transaction of its own; how many went."""
    due = select(Ticket.id).where(Ticket.idle_at <= now()).order_by(Ticket.idle_at, Ticket.id).limit(AT_ONCE)
    return sum(_give_back(ticket_id) for ticket_id in db.session.scalars(due).all())


def _give_back(ticket_id: int) -> bool:
    """Whether it went: not when its owner has done something meanwhile, or it is solved."""
    with transaction():
        query = select(Ticket).where(Ticket.id == ticket_id, Ticket.idle_at <= now()).with_for_update(of=Ticket)
        ticket = db.session.scalar(query.execution_options(populate_existing=True))
        if ticket is None:
            return False
        owner, ticket.idle_at = ticket.owner, None
        if owner is None or not ticket.open:
            return False
        _put_back(ticket, owner)
    return True


def _put_back(ticket: Ticket, owner: Person) -> None:
    put_back(ticket, by=None, at=now(), why="idle", minutes=ticket.team.idle_minutes)
    settle_offer(ticket, None)
    with Tellers(now()) as tellers:
        tellers.notify(owner, ticket, "given_back", mailed=False)
    deadlines.refresh(ticket)
