"""The same mail twice: in two of our mailboxes each makes its own ticket, unless one leaves it to whichever came first."""

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import select, text

from helpdesk.channels.incoming import Incoming
from helpdesk.channels.ledger import Inbox
from helpdesk.channels.models import Channel
from helpdesk.services.database import db
from helpdesk.tickets.contents import content_digest
from helpdesk.tickets.models import Attachment, Message

LOCK = text("SELECT pg_advisory_xact_lock(number) FROM unnest(CAST(:numbers AS bigint[])) AS number")


class Mail(NamedTuple):
    """What is the same in a mail that came twice, whatever its headers are: Message-ID, words and files by sha256."""

    message_id: str
    words: str
    files: frozenset[str]


def mail_of(incoming: Incoming) -> Mail:
    """What came."""
    words = content_digest(incoming.text, incoming.quoted, incoming.html or None)
    return Mail(incoming.message_id, words, frozenset(file.sha256 for file in incoming.attachments))


def kept(message_ids: Iterable[str]) -> set[tuple[int | None, Mail]]:
    """The mails of these Message-IDs that are there, with the channels by which they came."""
    wanted, found = {one for one in message_ids if one}, dict[int, tuple[int | None, str, str, set[str]]]()
    query = select(Message.id, Inbox.channel_id, Message.reference, Message.sha256, Attachment.sha256)
    query = query.outerjoin(Inbox, Inbox.id == Message.inbox_id).outerjoin(Attachment)
    with db.session.no_autoflush:
        rows = db.session.execute(query.where(Message.reference.in_(wanted))).all() if wanted else ()
    for number, channel, message_id, words, file in rows:
        files = found.setdefault(number, (channel, str(message_id), words, set()))[3]
        files |= {file} if file else set()
    return {(channel, Mail(known, words, frozenset(files))) for channel, known, words, files in found.values()}


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
