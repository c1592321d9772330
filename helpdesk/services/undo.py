"""Taking an answer back while it is held: exactly one of "sent" and "taken back" comes true."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select

from helpdesk import blobs
from helpdesk.channels.incoming import File
from helpdesk.errors import Conflict, NotAllowed, NotFound
from helpdesk.orm import Json
from helpdesk.people.models import Person
from helpdesk.services import deadlines, drafts
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.participants import disinvite
from helpdesk.services.store import settings, ticket_for, transaction
from helpdesk.services.timeline import message_of
from helpdesk.tickets import handover, withdrawing
from helpdesk.tickets.handover import Offer
from helpdesk.tickets.models import Attachment, Delivery, Event, Message, Ticket

BEFORE = "before"
AGAIN = ("withdrawn",)


def remember(message: Message, before: Json) -> None:
    """Note with an answer how its ticket was before, and which event was the last that came with it."""
    if settings().undo_seconds:
        message.facts = {**message.facts, BEFORE: {**before, "last": message.ticket.event_count}}


def leaves_at(message: Message, by: Person) -> datetime | None:
    """Until when this person may take the answer back; None when they may not, or no longer."""
    rows, mine = message.deliveries, message.kind in withdrawing.SENT and message.author_id == by.id
    if not mine or BEFORE not in message.facts or not rows or not all(map(_untouched, rows)):
        return None
    at = min(row.next_try_at for row in rows)
    return at if at > now() else None


def withdraw(number: int, message_id: int, *, by: Person) -> Message:
    """Take back an answer that has not begun to leave; its text is kept. Conflict when it is too late."""
    with transaction():
        ticket = ticket_for(by, number, lock=True)
        message = message_of(number, message_id, by=by)
        if message.author_id != by.id:
            raise NotAllowed("Only who wrote an answer may take it back.")
        _stop(message)
        before = message.facts[BEFORE]
        last, events = before["last"], _since(ticket, before["seq"])
        if withdrawing.withdraw(ticket, message, before=before, last=last, events=events, by=by, at=now()):
            _offer_again(ticket, [event.kind for event in events if event.seq <= last], by)
        disinvite(message, by=by)
        drafts.give_back(message, by)
        deadlines.refresh(ticket)
    return message


def _stop(message: Message) -> None:
    """Nothing of it leaves any more: every delivery is still here, and the outbox can't take it meanwhile."""
    query = select(Delivery).where(Delivery.message_id == message.id).order_by(Delivery.id)
    rows = db.session.scalars(query.with_for_update(of=Delivery).execution_options(populate_existing=True)).all()
    if (
        message.kind not in withdrawing.SENT
        or BEFORE not in message.facts
        or not rows
        or not all(map(_untouched, rows))
    ):
        raise Conflict("It is too late: the answer is on its way or has arrived already.")
    for row in rows:
        row.state, row.done_at = "withdrawn", now()


def _offer_again(ticket: Ticket, own: Sequence[str], by: Person) -> None:
    """What was offered to somebody until the answer came is offered again."""
    if "handover_withdrawn" not in own:
        return
    query = select(Offer).where(Offer.ticket_id == ticket.id, Offer.state == "withdrawn")
    offer = db.session.scalars(query.order_by(Offer.id.desc()).limit(1)).one()
    if handover.stands(offer):
        handover.offer_again(offer, by=by, at=now())


def _untouched(row: Delivery) -> bool:
    return row.state == "waiting" and not row.attempts and "sent_again" not in row.content


def _since(ticket: Ticket, seq: int) -> Sequence[Event]:
    query = select(Event).where(Event.ticket_id == ticket.id, Event.seq > seq)
    return db.session.scalars(query.order_by(Event.seq)).all()


def kept_draft(number: int, message_id: int, *, by: Person) -> Message | None:
    """What this person took back, to be written anew."""
    message = message_of(number, message_id, by=by)
    return message if message.kind in AGAIN and message.author_id == by.id else None


def files_again(number: int, ids: Iterable[int], *, by: Person) -> list[File]:
    """The files of what this person took back in this very ticket."""
    ticket, wanted, folder = ticket_for(by, number), set(ids), settings().blobs
    query = select(Attachment).join(Message).where(Attachment.id.in_(wanted), Message.ticket_id == ticket.id)
    theirs = query.where(Message.kind.in_(AGAIN), Message.author_id == by.id).order_by(Attachment.id)
    mine = db.session.scalars(theirs).all() if wanted else ()
    if len(mine) < len(wanted):
        raise NotFound("There is no such file.")
    return [
        File(row.filename, row.content_type, blobs.get(folder, row.sha256), row.cid or "", row.inline) for row in mine
    ]
