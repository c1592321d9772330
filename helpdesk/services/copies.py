"""The same mail twice: in two of our mailboxes each makes its own ticket, unless one leaves it to whichever came first."""

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import select, text

from helpdesk.channels.incoming import Incoming
from helpdesk.channels.ledger import Inbox
from helpdesk.channels.models import Channel
from helpdesk.services.database import db
from helpdesk.tickets.models import Attachment, Message

PARTS = (Message.text, Message.quoted, Message.signature)
LOCK = text("SELECT pg_advisory_xact_lock(number) FROM unnest(CAST(:numbers AS bigint[])) AS number")


class Mail(NamedTuple):
    """What is the same in a mail that came twice, whatever its headers are: Message-ID, words and files by sha256."""

    message_id: str
    words: str
    files: frozenset[str]


def mail_of(incoming: Incoming) -> Mail:
    """What came."""
    words = _words(incoming.html, incoming.text, incoming.quoted, incoming.signature)
    return Mail(incoming.message_id, words, frozenset(file.sha256 for file in incoming.attachments))


def _words(html: str, *parts: str) -> str:
    """The same for the same lines however they were told apart: older messages have their signature in the quotation."""
    lines = sorted(line for one in parts for line in one.split("\n") if line)
    return hashlib.sha256("\0".join([html, *lines]).encode("utf-8", "surrogatepass")).hexdigest()


def kept(message_ids: Iterable[str]) -> set[tuple[int | None, Mail]]:
    """The mails of these Message-IDs that are there, with the channels by which they came."""
    wanted = {one for one in message_ids if one}
    query = select(Message.id, Inbox.channel_id, Message.reference, Message.html, *PARTS)
    query = query.outerjoin(Inbox, Inbox.id == Message.inbox_id).where(Message.reference.in_(wanted))
    with db.session.no_autoflush:
        rows = db.session.execute(query).all() if wanted else ()
        files = _files(row.id for row in rows)
    return {
        (channel, Mail(str(message_id), _words(html or "", *parts), frozenset(files.get(number, ()))))
        for number, channel, message_id, html, *parts in rows
    }


def _files(message_ids: Iterable[int]) -> dict[int, set[str]]:
    found, wanted = dict[int, set[str]](), [*message_ids]
    query = select(Attachment.message_id, Attachment.sha256).where(Attachment.message_id.in_(wanted))
    for number, sha256 in db.session.execute(query) if wanted else ():
        found.setdefault(number, set()).add(sha256)
    return found


def alone_with(message_ids: Iterable[str]) -> None:
    """Let other workers that file mails of these Message-IDs end first, where a mailbox leaves copies to the first one.

    All are locked before anything else and in one order; on SQLite whoever writes is alone.
    """
    if db.session.get_bind().dialect.name != "postgresql":
        return
    leaves = select(Channel.id).where(Channel.settings["copies"].as_string() == "first").limit(1)
    if db.session.scalar(leaves) is not None:
        db.session.execute(LOCK, {"numbers": sorted({_number(one) for one in message_ids if one})})


def _number(message_id: str) -> int:
    digest = hashlib.sha256(message_id.encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:8], signed=True)
