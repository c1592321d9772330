"""Events that chats post to us: verified, then written into the ledger, then told "yes"."""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from functools import cache
from types import ModuleType

from sqlalchemy import select, update

from helpdesk.channels.chat import payload, telegram, webhook
from helpdesk.channels.ledger import Inbox
from helpdesk.channels.models import Channel
from helpdesk.errors import NotAllowed, Refused
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.ledger import accept
from helpdesk.services.secrets import open_, seal
from helpdesk.services.store import settings, transaction

DOORS: dict[str, ModuleType] = {"webhook": webhook, "telegram": telegram}
SECRETS = {"webhook": "secret", "telegram": "secret_token"}


def receive(name: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Keep the event posted to the channel of this *name* or id; False when it was kept before.

    Raises NotAllowed, the same for a wrong signature and an unknown channel; Malformed or TooLarge for a body that
    breaks the contract, Differs for an id that was used for another body. Returns only after the commit.
    """
    channel = _channel(name)
    kind = channel.kind if channel else "webhook"
    DOORS[kind].verify(_secret(channel), headers, body, now())
    if channel is None:
        raise NotAllowed("The signature does not fit.")
    _check(kind, body)
    return _keep(channel, DOORS[kind].key(headers, body), body)


def _channel(name: str) -> Channel | None:
    numbered = name.isascii() and name.isdecimal() and len(name) < 10
    condition = Channel.id == int(name) if numbered else Channel.name == name[:200]
    return db.session.scalar(select(Channel).where(condition, Channel.kind.in_(DOORS), Channel.active))


def _secret(channel: Channel | None) -> str:
    """The channel's secret; when there is no channel one that nobody knows, found in the same way and time."""
    if channel is not None:
        return open_(channel.secrets).get(SECRETS[channel.kind], "")
    return open_(_decoy(settings().secret_key))["secret"]


@cache
def _decoy(_secret_key: str) -> bytes:
    return seal({"secret": webhook.PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()})


def _check(kind: str, body: bytes) -> None:
    """Tell the maker of a webhook at once what is wrong. What Telegram sends is kept however strange it is."""
    if kind == "telegram":
        payload.load(body)
        return
    try:
        webhook.read(body)
    except Refused:
        return


def _keep(channel: Channel, key: str, body: bytes) -> bool:
    with transaction():
        fresh = accept(channel_id=channel.id, source=channel.kind, key=key, raw=body)
        if fresh:
            seen = update(Channel).where(Channel.id == channel.id).values(seen_at=now())
            db.session.execute(seen)
        same = fresh or _is_the_same(channel, key, body)
        error = f"Event {key} came again with another body; the first one was kept."
        if not same:
            db.session.execute(update(Channel).where(Channel.id == channel.id).values(error=error))
    if not same and channel.kind == "webhook":  # Telegram would send it for ever
        raise payload.Differs(error)
    return fresh


def _is_the_same(channel: Channel, key: str, body: bytes) -> bool:
    query = select(Inbox.sha256).where(Inbox.channel_id == channel.id, Inbox.key == key)
    return db.session.scalar(query) == hashlib.sha256(body).hexdigest()
