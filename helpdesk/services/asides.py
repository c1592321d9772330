"""What is answered to a forward: an internal note, whoever writes it, and never the customer's words."""

from datetime import datetime

from sqlalchemy import func, select

from helpdesk.channels.incoming import Incoming
from helpdesk.people.contacts import normal
from helpdesk.people.models import Person
from helpdesk.services import duty
from helpdesk.services.batch import Batch
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.notices import Tellers
from helpdesk.services.traces import Trace
from helpdesk.services.waking import put_to_rest_since
from helpdesk.services.whom import Whom
from helpdesk.tickets import actions, snoozing
from helpdesk.tickets.actions import Said
from helpdesk.tickets.models import Delivery, Message, Status, Ticket

ASIDE = "aside"  # a fact of what is held for approval


def answers_forward(
    ticket: Ticket, found: list[Trace], incoming: Incoming, sender: Person | None, batch: Batch
) -> bool:
    """Whether a mail answers a forward: the last of our mails that it refers to was one.

    When it refers to none, it goes on from a note, or its sender, by a token *found* in it, got this ticket's mail by
    forwards alone. To its customer nothing is an aside.
    """
    if sender == ticket.customer:
        return False
    answered = batch.answered(incoming)
    if answered is not None:
        return answered == "forward"
    if any(one.kind == "note" for one in batch.said(incoming)):
        return True
    return any(trace.bound for trace in found) and _only_forwarded_to(incoming, ticket)


def _only_forwarded_to(incoming: Incoming, ticket: Ticket) -> bool:
    to = func.lower(Delivery.recipient) == normal(incoming.sender.kind, incoming.sender.address)
    query = select(Delivery.kind).where(Delivery.ticket_id == ticket.id, to, Delivery.kind != "notice")
    return set(db.session.scalars(query.where(Delivery.state != "withdrawn").distinct())) == {"forward"}


def keep(ticket: Ticket, said: Said, *, by: Person, at: datetime, recorded_at: datetime) -> Message:
    """Keep it where staff alone see it."""
    message = actions.note_from_outside(ticket, said, by=by, at=at, recorded_at=recorded_at)
    _go_on(ticket, by, at, recorded_at)
    return message


def approve(ticket: Ticket, message: Message, *, by: Person) -> None:
    """The same of what was held, because it came from another address than the forward went to."""
    actions.approve_aside(ticket, message, by=by, at=now())
    _go_on(ticket, message.author or by, now(), now())


def _go_on(ticket: Ticket, by: Person, at: datetime, recorded_at: datetime) -> None:
    """What waited for them goes on, from when it waited if they wrote before; whoever has it is told."""
    if ticket.status == Status.ON_HOLD:
        at = put_to_rest_since(ticket, at) or at
        with duty.nobody_absent(ticket):
            snoozing.wake(ticket, "forward", by=by, at=at, recorded_at=recorded_at)
            actions.resume(ticket, by=by, at=at, recorded_at=recorded_at)
    with Tellers(now()) as tellers:
        for person in [ticket.owner] if ticket.owner else Whom(now()).stand_ins(ticket):
            tellers.notify(person, ticket, "forward_answered", {"name": by.name}, mailed=False)
