"""Answers that are said later: at their instant, unless something came in between; then somebody is told and decides."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from helpdesk.channels.incoming import File
from helpdesk.errors import Conflict
from helpdesk.people.models import Person
from helpdesk.people.roles import may
from helpdesk.services import deadlines, desk, drafts, sending
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.news import News, guard
from helpdesk.services.notices import Tellers
from helpdesk.services.sending import USUAL, Manner
from helpdesk.services.store import settings, ticket_for, transaction
from helpdesk.services.timeline import message_of
from helpdesk.services.whom import Whom
from helpdesk.tickets import scheduling
from helpdesk.tickets.models import Message, Ticket
from helpdesk.tickets.scheduling import Scheduled

FARTHEST = timedelta(days=366)
PRESETS = ("hour", "morning")


def zone_of(person: Person) -> ZoneInfo:
    """By which a person's hours are meant."""
    return ZoneInfo(person.time_zone or settings().time_zone)


def instant_of(wanted: str, local: str, by: Person) -> datetime:
    """When "hour" or "morning" is, or the *local* date and time that were typed, in the writer's zone."""
    at, zone = now(), zone_of(by)
    if wanted == "hour":
        return at + timedelta(hours=1)
    if wanted == "morning":
        tomorrow = at.astimezone(zone).date() + timedelta(days=1)
        return datetime.combine(tomorrow, time(9), zone)
    try:
        chosen = datetime.fromisoformat(local).replace(tzinfo=zone)
    except ValueError as error:
        raise Conflict("Choose a date and a time at which it is to leave.") from error
    if chosen > at + FARTHEST:
        raise Conflict("This is more than a year ahead; choose an earlier time.")
    return chosen


def schedule(
    number: int, *, text: str, by: Person, say_at: datetime, seen: int | None, heard: int | None = None,
    files: Iterable[File] = (), manner: Manner = USUAL,
) -> Message:  # fmt: skip
    """Write an answer that is said later. *seen* is the last message the writer had read, *heard* the last event."""
    with transaction():
        ticket = ticket_for(by, number, lock=True)
        guard(ticket, seen, heard)
        sending.check(ticket, manner)
        files = tuple(files)
        said = desk.said_with(text, ticket.channel, files)
        message = scheduling.schedule(ticket, said, by=by, at=now(), say_at=say_at)
        message.facts = {**message.facts, "manner": manner.facts}
        desk.keep_message(ticket, message, files)
        last = seen if seen is not None else message.id
        db.session.add(Scheduled(ticket=ticket, message=message, seen=last, say_at=say_at))
        drafts.forget(ticket, "reply", by)
    return message


def say_due() -> int:
    """Say what is due, or hold it back; how many were dealt with."""
    dealt = 0
    while True:
        due = select(Scheduled.id, Scheduled.ticket_id).where(Scheduled.say_at <= now())
        row = db.session.execute(due.order_by(Scheduled.say_at, Scheduled.id).limit(1)).first()
        db.session.rollback()
        if row is None:
            return dealt
        with transaction():
            _deal_with(*row)
        dealt += 1


def _deal_with(scheduled_id: int, ticket_id: int) -> None:
    ticket = db.session.scalar(select(Ticket).where(Ticket.id == ticket_id).with_for_update(of=Ticket))
    found = db.session.get_one(Scheduled, scheduled_id, populate_existing=True)
    if ticket is None or found.say_at is None or found.say_at > now():
        return
    found.say_at = None
    message = db.session.get_one(Message, found.message_id, populate_existing=True)
    why = _objection(ticket, message, found.seen)
    if why:
        _hold_back(ticket, message, why)
    else:
        _say(ticket, message)


def _objection(ticket: Ticket, message: Message, seen: int) -> str:
    """Why it must not be said by itself: a word for it."""
    author = message.author
    if author is None or not author.active or not may(author.role, "work", author.team_ids, ticket.team_id):
        return "author"
    if not ticket.open:
        return "ended"
    try:
        guard(ticket, seen)
        sending.check(ticket, _manner(message))
    except News:
        return "news"
    except Conflict:
        return "address"
    return ""


def _say(ticket: Ticket, message: Message) -> None:
    assert message.author is not None, "an answer has a writer"
    _say_by(ticket, message, message.author)


def _say_by(ticket: Ticket, message: Message, by: Person) -> None:
    """It leaves at once: it was written long enough ago."""
    scheduling.say(ticket, message, by=by, at=now())
    for delivery in sending.promise_reply(ticket, message, _manner(message)):
        delivery.next_try_at = delivery.promised_at
    deadlines.refresh(ticket)


def _manner(message: Message) -> Manner:
    return Manner(**message.facts.get("manner", {}))


def _hold_back(ticket: Ticket, message: Message, why: str) -> None:
    scheduling.hold_back(ticket, message, why=why, at=now())
    with Tellers(now()) as tellers:
        for person in _who_decides(ticket, message):
            tellers.notify(person, ticket, "reply_held", mailed=False)


def _who_decides(ticket: Ticket, message: Message) -> list[Person]:
    """The owner or else the writer, if they work here still; otherwise who leads the team."""
    here = [one for one in (ticket.owner, message.author) if one is not None and one.active]
    return here[:1] or Whom(now()).stand_ins(ticket)


def say_now(number: int, message_id: int, *, by: Person) -> Message:
    """Say it at once, whatever came in between."""
    with transaction():
        ticket, message = _waiting(number, message_id, by)
        _say_by(ticket, message, by)
    return message


def cancel(number: int, message_id: int, *, by: Person) -> Message:
    """Never say it."""
    with transaction():
        ticket, message = _waiting(number, message_id, by)
        scheduling.cancel(ticket, message, by=by, at=now())
        drafts.give_back(message, by)
        deadlines.refresh(ticket)
    return message


def _waiting(number: int, message_id: int, by: Person) -> tuple[Ticket, Message]:
    """An answer that is still to be said, taken from the tick."""
    ticket = ticket_for(by, number, lock=True)
    message = message_of(number, message_id, by=by)
    found = db.session.scalar(
        select(Scheduled).where(Scheduled.message_id == message.id).execution_options(populate_existing=True)
    )
    db.session.refresh(message)
    if found is None or message.kind != "scheduled":
        raise Conflict("This answer waits no more: it was sent or cancelled.")
    found.say_at = None
    return ticket, message
