"""Which ticket a contact answers, and how it may: as the customer's words, as a note, after approval, or not at all."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from helpdesk.channels.incoming import Incoming
from helpdesk.channels.ledger import Inbox
from helpdesk.channels.mail.authentication import verdict_of
from helpdesk.channels.mail.machines import is_machine
from helpdesk.people.contacts import normal
from helpdesk.people.models import Person
from helpdesk.people.roles import may
from helpdesk.services.asides import answers_forward
from helpdesk.services.batch import Batch, Traced
from helpdesk.services.database import db
from helpdesk.services.participants import takes_part
from helpdesk.services.traces import REFERENCES, Trace
from helpdesk.tickets.models import Delivery, Message, Status, Ticket
from helpdesk.tickets.tokens import unproved_in

WINDOW = timedelta(days=14)  # how long after solving a new message reopens the ticket
JOINS = ("accepted", "automatic", "machine", "approval", "note", "aside")


@dataclass(frozen=True)
class Thread:
    """A *ticket* that a contact answers.

    *manner*: accepted, automatic, machine, approval, note or aside when it goes in there; outsider when a colleague may not
    write in it; closed, old, foreign or broken when it opens a ticket of its own that perhaps belongs to this one. An
    *aside* answers a forward, proved or not.
    """

    ticket: Ticket
    manner: str
    aside: bool = False

    @property
    def joins(self) -> bool:
        """Whether the contact goes into the ticket."""
        return self.manner in JOINS


def thread_of(row: Inbox, incoming: Incoming, at: datetime, batch: Batch) -> Thread | None:
    """The ticket that this contact of the instant *at* answers."""
    sender = batch.customers.at(incoming.sender)
    traces = batch.by_token(row) or _by_notice(incoming, sender)
    ticket = (
        traces.ticket if traces else _by_reference(incoming, sender, batch) or _by_conversation(row, incoming, sender)
    )
    if ticket is None:
        perhaps = _perhaps(incoming, batch)
        return Thread(_where_it_went(perhaps.ticket), perhaps.manner) if perhaps else None
    found = traces.found if traces else []
    aside = answers_forward(ticket, found, incoming, sender, batch)
    ticket = _where_it_went(ticket)
    return Thread(ticket, _manner(ticket, found, incoming, sender, at, aside), aside)


def _where_it_went(ticket: Ticket) -> Ticket:
    """The ticket itself, or the one to which its words were moved, also when they were moved on."""
    while ticket.voided_at is not None and "into" in ticket.voided:
        with db.session.no_autoflush:
            into = db.session.scalars(select(Ticket.id).where(Ticket.number == ticket.voided["into"])).one()
        ticket = locked(into) or ticket
    return ticket


def _manner(
    ticket: Ticket, found: list[Trace], incoming: Incoming, sender: Person | None, at: datetime, aside: bool
) -> str:
    proved = any(trace.bound for trace in found) and verdict_of(incoming) != "fail"
    if aside and proved and not incoming.automatic:
        return "aside"
    if sender is not None and not incoming.automatic and _is_colleague(sender, ticket, found, incoming):
        may_write = sender.active and may(sender.role, "work", sender.team_ids, ticket.team_id)
        return "note" if may_write else "outsider"
    if not _may_join(ticket, at):
        return "closed"
    if incoming.automatic:
        return "automatic"
    if not aside and _accepted(ticket, found, incoming, sender):
        return "accepted"
    direct = any(trace.direct for trace in found)
    if direct and is_machine(incoming):
        return "machine"
    if found and all(trace.old for trace in found):
        return "old"
    return "approval" if not found or direct else "foreign"


def _may_join(ticket: Ticket, at: datetime) -> bool:
    if ticket.status == Status.CLOSED:
        return False
    return ticket.solved_at is None or at <= ticket.solved_at + WINDOW


def _is_colleague(sender: Person, ticket: Ticket, found: list[Trace], incoming: Incoming) -> bool:
    """Whether it is proved that one of us writes: by a token that was sent to them, or by our own mail server."""
    if not sender.staff or sender == ticket.customer or verdict_of(incoming) == "fail":
        return False
    return any(trace.bound for trace in found) or verdict_of(incoming) == "pass"


def _accepted(ticket: Ticket, found: list[Trace], incoming: Incoming, sender: Person | None) -> bool:
    """Whether the sender is the customer, was written to by us, was let in, or was heard in the ticket before.

    Nobody is whom our own server says they are not.
    """
    if verdict_of(incoming) == "fail":
        return False
    if (sender is not None and sender == ticket.customer) or any(trace.bound for trace in found):
        return True
    return takes_part(incoming.sender, ticket) or (sender is not None and _heard(sender, ticket))


def _heard(sender: Person, ticket: Ticket) -> bool:
    """Whether this person's words were accepted in the ticket before."""
    query = select(Message.id).where(
        Message.ticket_id == ticket.id, Message.author_id == sender.id, Message.kind == "received"
    )
    return db.session.scalar(query.limit(1)) is not None


def _by_notice(incoming: Incoming, sender: Person | None) -> Traced | None:
    """By the Message-ID of a notice that was sent to this very colleague."""
    known = list(incoming.references[-REFERENCES:])
    if not known or sender is None or not sender.staff:
        return None
    query = select(Delivery.ticket_id).where(Delivery.key.in_(known), Delivery.kind == "notice")
    to = func.lower(Delivery.recipient) == normal("email", incoming.sender.address)
    ticket_id = db.session.scalar(query.where(to).order_by(Delivery.id.desc()).limit(1))
    ticket = locked(ticket_id) if ticket_id else None
    return Traced(ticket, [Trace(ticket.secret, direct=True, bound=True, old=False)]) if ticket else None


def _perhaps(incoming: Incoming, batch: Batch) -> Thread | None:
    """By a token that is cut or not rightly signed, or by the Message-ID of somebody else's mail: nothing to go by."""
    if incoming.channel != "mail":
        return None
    texts = (*incoming.recipients[:REFERENCES], *incoming.references[-REFERENCES:])
    broken = {secret for text in texts for secret in unproved_in(text)}
    with db.session.no_autoflush:  # of what the batch has opened nobody knows a token yet
        ticket = db.session.scalar(select(Ticket).where(Ticket.secret.in_(broken)).limit(1)) if broken else None
        if ticket is not None:
            return Thread(ticket, "broken")
        spoken = next(iter(batch.said(incoming)), None)
        return Thread(spoken.ticket or db.session.get_one(Ticket, spoken.ticket_id), "foreign") if spoken else None


def _by_reference(incoming: Incoming, sender: Person | None, batch: Batch) -> Ticket | None:
    """By the Message-ID of a mail that this very sender sent before."""
    if sender is None:
        return None
    theirs = (one for one in batch.said(incoming) if one.author_id == sender.id and one.direction == "in")
    spoken = next(theirs, None)
    return (spoken.ticket or locked(spoken.ticket_id)) if spoken else None


def _by_conversation(row: Inbox, incoming: Incoming, sender: Person | None) -> Ticket | None:
    """A chat goes on in the sender's newest ticket of the same channel."""
    if incoming.channel == "mail" or sender is None:
        return None
    query = select(Ticket.id).where(Ticket.customer_id == sender.id, Ticket.channel_id == row.channel_id)
    ticket_id = db.session.scalar(query.order_by(Ticket.id.desc()).limit(1))
    return locked(ticket_id) if ticket_id else None


def locked(ticket_id: int) -> Ticket | None:
    """The ticket as it is now, and nobody else's until the end of this transaction."""
    known: Ticket | None = db.session.identity_map.get(db.session.identity_key(Ticket, ticket_id))
    if known is not None and db.session.is_modified(known):  # by this batch, which has locked it
        return known
    query = select(Ticket).where(Ticket.id == ticket_id).with_for_update(of=Ticket)
    with db.session.no_autoflush:
        return db.session.scalar(query.execution_options(populate_existing=True))
