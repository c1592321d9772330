"""Forwarding: a message of a ticket goes to somebody outside of the talk by mail, and what they answer stays internal.

No note is ever forwarded, and a forward is no answer: it moves no clock. What goes along is not copied but read when it
leaves, so that what was blacked out meanwhile stays here.
"""

from collections.abc import Collection

from sqlalchemy import func, select

from helpdesk.errors import Conflict, NotFound
from helpdesk.orm import Json
from helpdesk.people.models import Person
from helpdesk.services import deadlines, desk, sending, undo
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.quoting import FORWARDED
from helpdesk.services.store import ticket_for, transaction
from helpdesk.tickets import actions, withdrawing
from helpdesk.tickets.actions import Said
from helpdesk.tickets.models import Delivery, Message, Ticket

PASSED_ON = ("received", "reply", "automatic")  # no note, nor what waits for approval


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

    *seen* is the last message when the form was asked for: the same forward, sent since by the same person, is not sent twice.
    Raises Conflict when no mailbox sends mail, an answer has not left itself or a file is not there, Misaddressed when an
    address is none.
    """
    with transaction():
        ticket = ticket_for(by, number, lock=True)
        passed_on, before = source(number, message_id, by=by), withdrawing.state_before(ticket)
        _has_left(passed_on)
        what: Json = {"message": passed_on.id, "files": _chosen(passed_on, files), "hold": hold}
        channel, whom = sending.check_forward(ticket, to)
        if twice := _sent_since(ticket, seen, what, list(whom.to), text, by):
            return twice
        told = {"forwarded": passed_on.seq, "to": list(whom.to), "attached": what["files"] or None}
        said = Said(text.strip(), "mail", facts={FORWARDED: what, "history": told})
        message = actions.forward(ticket, said, by=by, at=now())
        desk.keep_message(ticket, message, ())
        sending.promise_forward(ticket, message, channel, whom)
        if hold:
            actions.hold(ticket, by=by, at=now())
        undo.remember(message, before)
        deadlines.refresh(ticket)
    return message


def _has_left(message: Message) -> None:
    """Refuse while an answer can still be taken back: nobody else is to have what its customer never got."""
    waiting = select(Delivery.id).where(Delivery.message_id == message.id, Delivery.state == "waiting")
    if message.kind == "reply" and db.session.scalar(waiting.limit(1)) is not None:
        raise Conflict("This answer has not left yet; forward it when it has.")


def _chosen(message: Message, files: Collection[int]) -> list[int]:
    found = [file.id for file in message.attachments if file.id in files and file.erased_at is None]
    if len(found) < len(set(files)):
        raise Conflict("A file that you chose is not there any more; look at the list again.")
    return found


def _sent_since(ticket: Ticket, seen: int, what: Json, whom: list[str], text: str, by: Person) -> Message | None:
    query = select(Message).where(Message.ticket_id == ticket.id, Message.kind == "forward", Message.id > seen)
    mine = db.session.scalars(query.where(Message.author_id == by.id, Message.text == text.strip()))
    return next((one for one in mine if (one.facts[FORWARDED], one.facts["to"]) == (what, whom)), None)
