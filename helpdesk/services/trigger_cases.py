"""What a ticket has at the moment of an event, as the conditions of a rule ask for it: nothing is looked up unasked."""

from collections.abc import Callable, Collection
from datetime import datetime
from functools import cached_property

from sqlalchemy import select

from helpdesk.people.models import ContactPoint
from helpdesk.services import duty
from helpdesk.services.database import db
from helpdesk.services.policies import working
from helpdesk.sla.models import CalendarVersion
from helpdesk.tickets.models import Event, Message, Ticket

OWNERS = ("nobody", "on_duty", "away")
CUSTOMERS = ("known", "new")


class Case:
    """One event of one ticket, as the ticket is now."""

    def __init__(self, ticket: Ticket, event: Event) -> None:
        self.ticket, self.event = ticket, event

    def got(self, what: str) -> Collection[str]:
        """What it has of *what*; of "words" one text."""
        return GOT[what](self)

    @cached_property
    def words(self) -> str:
        """The subject and what was said with the event; with an event that says nothing the customer's last words."""
        seq = self.event.facts.get("approved", self.event.seq)
        query = select(Message.text).where(Message.ticket_id == self.ticket.id, Message.seq == seq)
        said = db.session.scalar(query.limit(1))
        return f"{self.ticket.subject}\n{self.ticket.preview if said is None else said}"

    @cached_property
    def domains(self) -> set[str]:
        """What stands behind the @ in the customer's addresses."""
        query = select(ContactPoint.value).where(
            ContactPoint.person_id == self.ticket.customer_id, ContactPoint.kind == "email"
        )
        return {value.rpartition("@")[2] for value in db.session.scalars(query)}

    @cached_property
    def customer(self) -> set[str]:
        """Whether the customer had a ticket before this one."""
        before = select(Ticket.id).where(Ticket.customer_id == self.ticket.customer_id, Ticket.id < self.ticket.id)
        return {"known" if db.session.scalar(before.limit(1)) is not None else "new"}

    @property
    def owner(self) -> set[str]:
        """Whether there is an owner, and one who is there."""
        if self.ticket.owner is None:
            return {"nobody"}
        return {"away" if duty.away(self.ticket.owner, self.ticket.team.id, self.event.at) else "on_duty"}

    @cached_property
    def hours(self) -> set[str]:
        """The calendars by which it was working time."""
        return open_at(self.event.at)


def open_at(at: datetime) -> set[str]:
    """The ids of the calendars that are open at an instant."""
    query = select(CalendarVersion).order_by(CalendarVersion.calendar_id, CalendarVersion.version)
    newest = {version.calendar_id: version for version in db.session.scalars(query)}
    return {str(calendar_id) for calendar_id, version in newest.items() if working(version).is_open(at)}


GOT: dict[str, Callable[[Case], Collection[str]]] = {
    "channel": lambda case: {case.ticket.channel},
    "mailbox": lambda case: {str(case.ticket.channel_id)},
    "team": lambda case: {str(case.ticket.team_id)},
    "status": lambda case: {str(case.ticket.status)},
    "priority": lambda case: {str(case.ticket.priority)},
    "tag": lambda case: case.ticket.tags,
    "language": lambda case: {case.ticket.language},
    "words": lambda case: case.words,
    "customer": lambda case: case.customer,
    "domain": lambda case: case.domains,
    "owner": lambda case: case.owner,
    "hours": lambda case: case.hours,
}
