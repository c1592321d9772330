"""What was said before, quoted under an answer: only what its recipients wrote or were written, never a note."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from sqlalchemy import select

from helpdesk.channels.mail.headers import clean
from helpdesk.channels.models import Channel
from helpdesk.people.contacts import normal
from helpdesk.services.database import db
from helpdesk.services.identity import sender_name
from helpdesk.services.store import settings
from helpdesk.tickets.models import Message

NONE, LAST, THREAD = "none", "last", "thread"
QUOTES = (NONE, LAST, THREAD)
SHOWN = ("received", "reply")  # to whoever wrote it or was written to, and nothing else ever
MOST = {NONE: 0, LAST: 1, THREAD: 20}
LOOKED_AT = 200  # messages back, to find those that may be quoted
LONGEST = 100_000
FORWARDED = "forwarded"
HEADS = {
    "ru": ("Пересылаемое сообщение", "От", "Дата", "Тема"),
    "en": ("Forwarded message", "From", "Date", "Subject"),
}


def quoted(message: Message, how_much: str, channel: Channel) -> str:
    """The quotation under this answer, newest first; empty when nothing is to be quoted or nothing was said."""
    before = islice(_before(message, SHOWN[:1] if how_much == LAST else SHOWN), MOST[how_much])
    return "\n\n".join(f"{_line(one, channel)}\n{_marked(one.text)}" for one in before)[:LONGEST]


def _before(message: Message, kinds: Iterable[str]) -> Iterator[Message]:
    """What was said before between us and somebody whom this answer openly goes to."""
    query = select(Message).where(Message.ticket_id == message.ticket_id, Message.kind.in_(kinds))
    rows = db.session.scalars(query.order_by(Message.id.desc()).limit(LOOKED_AT))
    earlier = (one for one in rows if one.said_seq < message.said_seq)
    readers, customers = _addressed(message), _customers(message)
    for one in sorted(earlier, key=lambda one: one.said_seq, reverse=True):
        if readers & (_addressed(one) if one.kind == "reply" else _writers(one)) or (
            readers & customers and _is_with_the_customer(one)
        ):
            yield one


def _addressed(reply: Message) -> set[str]:
    """Whom everybody sees that an answer went to."""
    return {normal("email", str(one)) for name in ("to", "cc") for one in reply.facts.get(name) or ()}


def _writers(received: Message) -> set[str]:
    return {normal("email", str(received.facts.get("sender") or ""))}


def _customers(message: Message) -> set[str]:
    return {point.value for point in message.ticket.customer.contacts if point.kind == "email"}


def _is_with_the_customer(one: Message) -> bool:
    if one.kind == "reply":
        return not one.facts.get("to")
    return one.author_id == one.ticket.customer_id


def _line(one: Message, channel: Channel) -> str:
    theirs = clean(one.author.name) if one.author and one.direction == "in" else ""
    return f"{local(one.at)}, {theirs or sender_name(channel, one.author)}:"


def local(at: datetime) -> str:
    return f"{at.astimezone(ZoneInfo(settings().time_zone)):%d.%m.%Y %H:%M}"


def passed_on(message: Message, channel: Channel) -> str:
    """What a forward passes on: who said it, when and under which subject, and the words as they are now."""
    one = db.session.get_one(Message, message.facts[FORWARDED]["message"])
    title, *names = HEADS.get(message.author.locale if message.author else "", HEADS["en"])
    ours = one.direction == "out"
    name = sender_name(channel, one.author) if ours else clean(one.author.name if one.author else "")
    sender = channel.address if ours else clean(str(one.facts.get("sender") or ""))
    values = (f"{name} <{sender}>" if sender else name, local(one.at), clean(one.ticket.subject))
    head = "\n".join(f"{what}: {value}" for what, value in zip(names, values, strict=True))
    signed = f"\n\n-- \n{one.signature}" if one.signature else ""
    return f"---------- {title} ----------\n{head}\n\n{one.text}{signed}"[:LONGEST]


def _marked(text: str) -> str:
    return "\n".join(_quotation(text.strip().split("\n")))


def _quotation(lines: Iterable[str]) -> Iterable[str]:
    return (f"> {line}".rstrip() for line in lines)
