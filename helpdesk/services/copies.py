"""The same mail in two of our mailboxes: each makes its own ticket, unless a mailbox leaves it to whichever came first."""

import hashlib

from sqlalchemy import func, select

from helpdesk.channels.incoming import Incoming
from helpdesk.channels.ledger import Inbox
from helpdesk.services.database import db
from helpdesk.tickets.contents import content_digest
from helpdesk.tickets.models import Message


def is_copy(row: Inbox, incoming: Incoming) -> bool:
    """Whether this mailbox wants no copies and another one has filed this very mail: the same Message-ID and content."""
    if row.channel.settings.get("copies") != "first" or not incoming.message_id:
        return False
    _alone_with(incoming.message_id)
    content = content_digest(incoming.text, incoming.quoted, incoming.html or None)
    query = select(Message.id).join(Inbox, Inbox.id == Message.inbox_id)
    same = query.where(Message.reference == incoming.message_id, Message.sha256 == content)
    return db.session.scalar(same.where(Inbox.channel_id != row.channel_id).limit(1)) is not None


def _alone_with(message_id: str) -> None:
    """Let another worker that files its copy end first; on SQLite whoever writes is alone."""
    if db.session.get_bind().dialect.name == "postgresql":
        number = int.from_bytes(hashlib.sha256(message_id.encode("utf-8", "replace")).digest()[:8], signed=True)
        db.session.execute(select(func.pg_advisory_xact_lock(number)))
