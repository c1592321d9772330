"""Forwarding: a message of a ticket goes to somebody outside of the talk by mail, and what they answer stays internal.

No note is ever forwarded, and a forward is no answer: it moves no clock. What goes along is not copied but read when it
leaves, so that what was blacked out meanwhile stays here.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select

from helpdesk.errors import NotFound
from helpdesk.people.models import Person
from helpdesk.services import deadlines, desk, sending, undo
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.notices import Tellers
from helpdesk.services.quoting import FORWARDED
from helpdesk.services.store import ticket_for, transaction
from helpdesk.services.whom import Whom
from helpdesk.tickets import actions, withdrawing
from helpdesk.tickets.actions import Said
from helpdesk.tickets.models import Message, Status, Ticket

PASSED_ON = ("received", "reply", "automatic")  # what was said by a customer or to one


def source(number: int, message_id: int | None, *, by: Person) -> Message:
    """The message that would be forwarded: this one, else the customer's last. NotFound when there is none of that kind."""
    ticket = ticket_for(by, number)
    query = select(Message).where(Message.ticket_id == ticket.id, Message.kind.in_(PASSED_ON))
    if message_id is not None:
        query = query.where(Message.id == message_id)
    found = db.session.scalar(query.order_by(Message.kind != "received", Message.id.desc()).limit(1))
    if found is None:
        raise NotFound("There is no message that can be forwarded; notes stay here.")
    return found


def last_said(ticket: Ticket) -> int:
    """The last message of a ticket."""
    return db.session.scalar(select(func.max(Message.id)).where(Message.ticket_id == ticket.id)) or 0


def forward(
    number: int, message_id: int, *, to: str, text: str, files: Collection[int], hold: bool, seen: int, by: Person
) -> Message:
    """Send a message with these of its files, and one's own *text* before it, to the addresses *to*; wait for them if *hold*.

    *seen* is the last message when the form was asked for: what its writer has forwarded since in the same words is not sent
    twice. Raises Conflict when no mailbox sends mail, Misaddressed when an address is none, NotFound for foreign files.
    """
    with transaction():
        ticket = ticket_for(by, number, lock=True)
        if twice := _sent_since(ticket, seen, message_id, text, by):
            return twice
        passed_on, before = source(number, message_id, by=by), withdrawing.state_before(ticket)
        attached = [file.id for file in passed_on.attachments if file.id in files and file.erased_at is None]
        if len(attached) < len(set(files)):
            raise NotFound("There is no such file.")
        told = {"forwarded": passed_on.seq, "to": sending.forward_to(ticket, to), "attached": attached or None}
        said = Said(
            text.strip(), "mail", facts={FORWARDED: {"message": passed_on.id, "files": attached}, "history": told}
        )
        message = actions.forward(ticket, said, by=by, at=now())
        desk.keep_message(ticket, message, ())
        sending.promise_forward(ticket, message, to)
        if hold:
            actions.hold(ticket, by=by, at=now())
        undo.remember(message, before)
        deadlines.refresh(ticket)
    return message


def _sent_since(ticket: Ticket, seen: int, message_id: int, text: str, by: Person) -> Message | None:
    query = select(Message).where(Message.ticket_id == ticket.id, Message.kind == "forward", Message.id > seen)
    mine = db.session.scalars(query.where(Message.author_id == by.id, Message.text == text.strip()))
    return next((one for one in mine if one.facts[FORWARDED]["message"] == message_id), None)


def answered(ticket: Ticket, said: Said, *, by: Person, at: datetime, recorded_at: datetime) -> Message:
    """Keep what somebody writes to whom it was forwarded: staff alone see it. What waited for them goes on, and its owner is told."""
    message = actions.note(ticket, said, by=by, at=at, recorded_at=recorded_at)
    if ticket.status == Status.ON_HOLD:
        actions.resume(ticket, by=by, at=at, recorded_at=recorded_at)
    with Tellers(now()) as tellers:
        for person in [ticket.owner] if ticket.owner else Whom(now()).stand_ins(ticket):
            tellers.notify(person, ticket, "forward_answered", {"name": by.name}, mailed=False)
    return message
