"""A ticket about two matters: what belongs to the second one opens a ticket of its own."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from helpdesk.errors import Conflict, NotFound
from helpdesk.people.models import Person
from helpdesk.services import deadlines, desk, lookup, policies
from helpdesk.services.belongings import MOVED, copied
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.numbers import next_number
from helpdesk.services.store import again, ticket_for, transaction
from helpdesk.tickets.models import Message, Ticket


def parts(number: int, *, by: Person) -> tuple[Ticket, Sequence[Message]]:
    """A ticket with what can be taken out of it, oldest first."""
    ticket = ticket_for(by, number)
    return ticket, _said(ticket)


def _said(ticket: Ticket) -> Sequence[Message]:
    query = select(Message).where(Message.ticket_id == ticket.id, Message.kind.in_(MOVED))
    return db.session.scalars(query.options(selectinload(Message.attachments)).order_by(Message.at, Message.id)).all()


@again
def split(number: int, ids: Collection[int], *, subject: str, by: Person, version: int | None = None) -> Ticket:
    """Open a ticket with these messages, whose clocks begin with the customer's first one among them.

    They stay here as well, for here they were said; a note is a note there, too.
    """
    with transaction():
        ticket = ticket_for(by, number, lock=True, version=version)
        chosen = _chosen(ticket, ids)
        made = _opened(ticket, subject, chosen[0])
        copies = copied(chosen, made)
        made.record("split_from", by=by, at=now(), other=ticket.number)
        ticket.record("split", by=by, at=now(), other=made.number, messages=[one.seq for one in chosen])
        db.session.flush()
        deadlines.refresh_all([ticket, made])
        lookup.put(lookup.words([(copy, made.subject) for copy in copies]))
    return made


def _chosen(ticket: Ticket, ids: Collection[int]) -> list[Message]:
    """The messages of these ids, the customer's first one before all others."""
    found = [one for one in _said(ticket) if one.id in ids]
    if len(found) < len(set(ids)):
        raise NotFound("There is no such message.")
    asked = next((one for one in found if one.kind == "received"), None)
    if asked is None:
        raise Conflict("Choose a message of the customer; the new ticket begins with it.")
    return [asked, *(one for one in found if one is not asked)]


def _opened(ticket: Ticket, subject: str, asked: Message) -> Ticket:
    return desk.new_ticket(
        number=next_number("ticket"), promises=policies.active(), customer=ticket.customer, team=ticket.team,
        subject=subject or ticket.subject, channel=ticket.channel, channel_id=ticket.channel_id, at=asked.at,
        priority=ticket.priority, language=ticket.language, demo=ticket.demo,
    )  # fmt: skip
