"""What is stored of the messages of some tickets, to be held against their histories."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Select, select

from helpdesk.channels.ledger import Inbox
from helpdesk.services.database import db
from helpdesk.services.store import settings
from helpdesk.tickets.contents import Kept, content_digest, signature_digest
from helpdesk.tickets.models import Attachment, Message

Look = Callable[[Path, str], bool]
Found = dict[int, dict[int, Kept]]
WORDS = (Message.text, Message.quoted, Message.signature, Message.html)
AT_ONCE = 100  # rows: raw contacts may be large


def kept(first: int, last: int, look: Look) -> Found:
    """By ticket from *first* to *last* and by event, what is stored; *look* says whether a stored file is there."""
    found: Found = {}
    for row in _rows(_of(first, last, *WORDS, Message.sha256)):
        content = content_digest(row.text, row.quoted, row.html)
        found.setdefault(row.ticket_id, {})[row.seq] = Kept(content, row.sha256, signature_digest(row.signature))
    _add_files(found, _of(first, last, Attachment.sha256).join(Message.attachments), look)
    contacts = _of(first, last, Inbox.sha256, Inbox.raw).join(Inbox, Inbox.id == Message.inbox_id)
    _add_contacts(found, contacts, look)
    return found


def _of(first: int, last: int, *columns: Any) -> Select[Any]:
    return select(Message.ticket_id, Message.seq, *columns).where(Message.ticket_id.between(first, last))


def _rows(query: Select[Any]) -> Any:
    return db.session.execute(query.execution_options(yield_per=AT_ONCE))


def _add_files(found: Found, query: Select[Any], look: Look) -> None:
    for row in _rows(query):
        message = found[row.ticket_id][row.seq]
        message.files.append(row.sha256)
        if not look(settings().blobs, row.sha256):
            message.lost.append(row.sha256)


def _add_contacts(found: Found, query: Select[Any], look: Look) -> None:
    for row in _rows(query):
        message = found[row.ticket_id][row.seq]
        message.raw = row.sha256 if row.raw is None else hashlib.sha256(row.raw).hexdigest()
        if row.raw is None and not look(settings().blobs, row.sha256):
            message.lost.append(row.sha256)
