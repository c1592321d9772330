"""Mail handed in by a mail server's pipe."""

import hashlib
import re

from sqlalchemy import select

from helpdesk.channels.mail.limits import RAW
from helpdesk.channels.models import Channel
from helpdesk.errors import NotFound
from helpdesk.services import ledger
from helpdesk.services.database import db
from helpdesk.services.store import transaction

LARGEST = RAW
HEADER = re.compile(rb"\A(?:From [^\n]*\n)?[!-9;-~]{1,200}[ \t]*:[^\n]*(?:\n|\Z)")


class NoMail(ValueError):
    """These bytes are no mail, now or later."""


def deliver(raw: bytes, *, recipient: str | None, name: str | None) -> bool:
    """Write one mail down; False when the very same was written down before."""
    if len(raw) > LARGEST:
        raise NoMail("The mail is larger than 25 MB.")
    if not HEADER.match(raw.lstrip(b"\r\n")):
        raise NoMail("This is no mail: it does not begin with a header.")
    with transaction():
        facts = {"recipients": [recipient]} if recipient else {}
        key = f"pipe:{hashlib.sha256(raw).hexdigest()}"
        return ledger.accept(channel_id=_channel(recipient, name), source="mail", key=key, raw=raw, facts=facts)


def _channel(recipient: str | None, name: str | None) -> int:
    """The mailbox by name or by address; without either, the first one."""
    channels = db.session.scalars(
        select(Channel).where(Channel.kind == "mail", Channel.active).order_by(Channel.id)
    ).all()
    if name is not None:
        channels = [channel for channel in channels if channel.name == name]
    elif recipient is not None:
        bare = re.sub(r"\+[^@]*(?=@)", "", recipient.strip().casefold())
        channels = [channel for channel in channels if channel.address.casefold() == bare] or channels
    own = [channel for channel in channels if not channel.demo] or channels
    if not own:
        raise NotFound("There is no such mailbox; make one under Channels, or run helpdesk init.")
    return own[0].id
