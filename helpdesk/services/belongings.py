"""Tickets that perhaps belong to another one: a mail bore a token that is old, somebody else's, or not rightly signed."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select, text
from sqlalchemy.orm import joinedload, selectinload

from helpdesk.errors import Conflict, NotFound
from helpdesk.orm import Json
from helpdesk.people.models import Person
from helpdesk.services import deadlines, following, lookup
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import ticket_for, touched, transaction, visible
from helpdesk.services.waking import heard_at, wake
from helpdesk.tickets import actions, belonging, voiding, withdrawing
from helpdesk.tickets.actions import Said
from helpdesk.tickets.belonging import Belonging
from helpdesk.tickets.models import Attachment, Delivery, Event, Message, Ticket

MOVED = ("received", "reply", "note", "forward", "call")
OFFERED = text("belonging.state = 'offered'")


def suggest(ticket: Ticket, other: Ticket, why: str, *, at: datetime) -> None:
    """Say on both tickets that the new one perhaps belongs to the other."""
    db.session.add(Belonging(ticket=ticket, other=other, why=why, offered_at=at))
    touched(other.number, other.team_id)


def suggestions(ticket: Ticket, *, by: Person) -> Sequence[Belonging]:
    """What they have not decided yet, of this ticket and of others that perhaps belong to it."""
    query = offers(by).where(concerning(ticket.id))
    loaded = (joinedload(Belonging.ticket), joinedload(Belonging.other))
    return db.session.scalars(query.options(*loaded).order_by(Belonging.id)).all()


def concerning(ticket_id: Any) -> ColumnElement[bool]:
    """The condition that a ticket is one of the two."""
    return or_(Belonging.ticket_id == ticket_id, Belonging.other_id == ticket_id)


def offers(by: Person) -> Select[Belonging]:
    """What can be decided by somebody who sees both tickets; of a foreign one not even the subject is told.

    A closed ticket belongs nowhere any more, and nothing belongs to one that does not count.
    """
    seen, counts = visible(by), Ticket.voided_at.is_(None)
    here = Belonging.ticket.has(and_(seen, counts, Ticket.status != "closed"))
    return select(Belonging).select_from(Belonging).where(OFFERED, here, Belonging.other.has(and_(seen, counts)))


def join(number: int, *, by: Person) -> Ticket:
    """Move what was said in this ticket to the one it belongs to, which is returned, and close this one."""
    with transaction():
        ticket, other, found = _offered(number, by)
        belonging.confirm(found, by=by, at=now())
        bring(ticket, other, by=by)
    return other


def bring(ticket: Ticket, other: Ticket, *, by: Person) -> None:
    """Move what was said in a ticket to the other one within a transaction that has both, and close it.

    How the other one was before is kept, so that they can be parted again.
    """
    _all_has_left(ticket)
    before = withdrawing.state_before(other)
    if other.status == "closed":
        actions.reopen(other, by=by, at=now())
    copies = copied(_said(ticket), other)
    voiding.join(ticket, into=other.number, by=by, at=now())
    following.bring(ticket, other)
    ticket.voided = {**ticket.voided, "there": {**before, "last": other.event_count}}
    deadlines.refresh_all([ticket, other])
    lookup.put(lookup.words([(copy, other.subject) for copy in copies]))


def copied(said: Sequence[Message], other: Ticket) -> list[Message]:
    """The same words in the other ticket, in order, as if they had come there when they came."""
    outcomes = _outcomes(said)
    copies = [_moved(message, other, outcomes.get(message.seq, "")) for message in said]
    db.session.flush()
    return copies


def _outcomes(said: Sequence[Message]) -> dict[int, str]:
    """How calls among it ended, by the event that recorded them."""
    calls = [one for one in said if one.kind == "call"]
    seqs = Event.seq.in_([one.seq for one in calls])
    query = select(Event.seq, Event.kind).where(Event.ticket_id.in_({one.ticket_id for one in calls}), seqs)
    return {seq: kind for seq, kind in db.session.execute(query)}


def dismiss(number: int, *, by: Person) -> None:
    """Say that this ticket does not belong to the other."""
    with transaction():
        _, _, found = _offered(number, by)
        belonging.dismiss(found, by=by, at=now())


def _offered(number: int, by: Person) -> tuple[Ticket, Ticket, Belonging]:
    """A ticket, the one it perhaps belongs to, both locked in the order of their numbers, and what says so."""
    numbers = select(Belonging.id, Ticket.number).join(Ticket, Ticket.id == Belonging.other_id)
    mine = select(Ticket.id).where(Ticket.number == number).scalar_subquery()
    row = db.session.execute(numbers.where(Belonging.ticket_id == mine)).first()
    if row is None:
        ticket_for(by, number)
        raise NotFound("Nothing says that this ticket belongs to another one.")
    locked = {one: ticket_for(by, one, lock=True) for one in sorted((number, row.number))}
    found = db.session.get_one(Belonging, row.id, populate_existing=True)
    return locked[number], locked[row.number], found


def _all_has_left(ticket: Ticket) -> None:
    """Refuse while an answer can still be taken back: where its words were moved it could not."""
    waiting = select(Delivery.id).join(Message, Message.id == Delivery.message_id)
    waiting = waiting.where(
        Message.ticket_id == ticket.id, Message.kind.in_(withdrawing.SENT), Delivery.state == "waiting"
    )
    if db.session.scalar(waiting.limit(1)) is not None:
        raise Conflict("An answer in #{number} has not left yet; wait until it has.", number=ticket.number)


def _said(ticket: Ticket) -> Sequence[Message]:
    query = select(Message).where(Message.ticket_id == ticket.id, Message.kind.in_(MOVED))
    return db.session.scalars(query.options(selectinload(Message.attachments)).order_by(Message.id)).all()


def _moved(message: Message, other: Ticket, outcome: str) -> Message:
    author = message.author or other.customer
    said = Said(
        message.text, message.channel, quoted=message.quoted, signature=message.signature, html=message.html,
        reference=message.reference if message.kind != "forward" else None, files=tuple(file.sha256 for file in _kept(message)),
        facts={**message.facts, "moved_from": message.ticket.number},
    )  # fmt: skip
    when: Json = {"by": author, "at": message.at, "recorded_at": now()}
    if message.kind == "received":
        wake(other, **when)
    with heard_at(other, message.at):
        copy = _said_again(message.kind, other, said, outcome, when)
    copy.attachments = [_copy(file) for file in _kept(message)]
    db.session.add(copy)
    return copy


def _said_again(kind: str, other: Ticket, said: Said, outcome: str, when: Json) -> Message:
    """As it was said: the first opens a new ticket, and what only staff saw is a note there, too."""
    if other.event_count == 0:
        return actions.open_for_customer(other, said, at=when["at"], recorded_at=when["recorded_at"])
    if kind == "call":
        return actions.log_past_call(other, said, outcome, **when)
    verbs: dict[str, Callable[..., Message]] = {
        "received": actions.receive,
        "reply": actions.reply_elsewhere,
        "note": actions.note,
        "forward": actions.note,
    }
    return verbs[kind](other, said, **when)


def _kept(message: Message) -> list[Attachment]:
    return [file for file in message.attachments if file.erased_at is None]


def _copy(file: Attachment) -> Attachment:
    return Attachment(
        filename=file.filename, content_type=file.content_type, size=file.size, sha256=file.sha256, cid=file.cid,
        inline=file.inline,
    )  # fmt: skip
