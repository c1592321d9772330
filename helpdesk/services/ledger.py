"""The inbox ledger's door: a contact is written down, once, before its source is told "yes"."""

import hashlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from helpdesk import blobs
from helpdesk.channels.ledger import Inbox
from helpdesk.orm import Json
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import promise, settings

INLINE = 64 * 1024  # bytes; a larger raw contact lies in the blob store


def accept(
    *, channel_id: int, source: str, key: str, raw: bytes, facts: Json | None = None, content_key: str = ""
) -> bool:
    """Write one contact down; False when the channel has this *key* already."""
    row = prepare(channel_id=channel_id, source=source, key=key, raw=raw, facts=facts, content_key=content_key)
    return accept_all([row]) == 1


def prepare(*, raw: bytes, **known: Any) -> Json:
    """The ledger's line for a contact; what is too large for it is in the blob store, synced, when this returns."""
    if len(raw) > INLINE:
        blobs.put(settings().blobs, raw)
    return line(raw=raw, **known)


def line(
    *, channel_id: int, source: str, key: str, raw: bytes, facts: Json | None = None, content_key: str = ""
) -> Json:
    """The same, and nothing is written anywhere."""
    at = now()
    return {
        "channel_id": channel_id,
        "source": source,
        "key": key,
        "content_key": content_key,
        "sha256": hashlib.sha256(raw).hexdigest(),
        "size": len(raw),
        "raw": None if len(raw) > INLINE else raw,
        "facts": facts or {},
        "received_at": at,
        "next_try_at": at,
        "state": "received",
        "reason": "",
        "attempts": 0,
    }


def accept_all(rows: Sequence[Json]) -> int:
    """Write prepared lines down in this transaction and say how many of them are new."""
    if not rows:
        return 0
    statement = _insert().on_conflict_do_nothing(index_elements=["channel_id", "key"]).returning(Inbox.id)
    fresh = len(db.session.connection().execute(statement, list(rows)).all())
    if fresh:
        promise("workers.intake.file")
    return fresh


def raw_of(row: Inbox) -> bytes:
    """The contact as it came, byte for byte."""
    return blobs.get(settings().blobs, row.sha256) if row.raw is None else row.raw


def _insert() -> Any:
    """An INSERT for many rows at once that is built once: to build one anew for each batch takes longer than its rows do."""
    kind = sqlite if db.engine.dialect.name == "sqlite" else postgresql
    return kind.insert(Inbox.__table__)
