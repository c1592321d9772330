"""What was said before, quoted under an answer: only what the customer wrote or was written, never a note."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from helpdesk.channels.mail.headers import clean
from helpdesk.services.database import db
from helpdesk.services.store import settings
from helpdesk.tickets.models import Message

NONE, LAST, THREAD = "none", "last", "thread"
QUOTES = (NONE, LAST, THREAD)
SHOWN = ("received", "reply")  # to the customer, and nothing else ever
MOST = {NONE: 0, LAST: 1, THREAD: 20}
LONGEST = 100_000


def quoted(message: Message, how_much: str) -> str:
    """The quotation under this answer, newest first; empty when nothing is to be quoted or nothing was said."""
    text = "\n\n".join(f"{_line(one)}\n{_marked(one.text)}" for one in _before(message, MOST[how_much]))
    return text[:LONGEST]


def _before(message: Message, most: int) -> Sequence[Message]:
    if not most:
        return ()
    kinds = SHOWN[:1] if most == MOST[LAST] else SHOWN
    earlier = select(Message).where(
        Message.ticket_id == message.ticket_id, Message.id < message.id, Message.kind.in_(kinds)
    )
    return db.session.scalars(earlier.order_by(Message.id.desc()).limit(most)).all()


def _line(one: Message) -> str:
    return f"{_local(one.at)}, {clean(one.author.name) if one.author else settings().name}:"


def _local(at: datetime) -> str:
    return f"{at.astimezone(ZoneInfo(settings().time_zone)):%d.%m.%Y %H:%M}"


def _marked(text: str) -> str:
    return "\n".join(_quotation(text.strip().split("\n")))


def _quotation(lines: Iterable[str]) -> Iterable[str]:
    return (f"> {line}".rstrip() for line in lines)
