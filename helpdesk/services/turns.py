"""Whose turn it is to be filed: channels take turns, so that neither a burst nor one huge contact of one starves another."""

import random
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select, union_all

from helpdesk.channels.ledger import RECEIVED, Inbox
from helpdesk.services.database import db

CHANNELS = 50  # that share a batch; of more than that, chance picks
LOOKED_AT = 200  # rows, about, among which a batch is chosen

Waiting = Row[tuple[int, int, int, int, datetime]]


def due(most: int, at: datetime) -> Sequence[Waiting]:
    """The first rows of each channel that are due, locked: id, channel_id, attempts, size and next_try_at of each."""
    channels = db.session.scalars(WAITING).all()
    if len(channels) > CHANNELS:
        channels = random.sample(channels, CHANNELS)
    if not channels:
        return []
    each = min(most, LOOKED_AT // len(channels) + 1)
    return db.session.execute(union_all(*[_of(channel_id, each, at) for channel_id in channels])).all()


def together(waiting: Sequence[Waiting], sizes: Sequence[int], room: int) -> list[int]:
    """The rows that may share a transaction: the oldest, and others that were tried as often, the fewer the oftener.

    *sizes* says how many, and *room* how many bytes the others may have. A channel's rows stay in their order.
    """
    if not waiting:
        return []
    oldest = min(waiting, key=lambda row: (row.next_try_at, row.id))
    ids, shut = [oldest.id], set()
    for row in _in_turns([row for row in waiting if row is not oldest]):
        if len(ids) == sizes[min(oldest.attempts, len(sizes) - 1)]:
            break
        if row.attempts != oldest.attempts or row.size > room:
            shut.add(row.channel_id)
        if row.channel_id not in shut:
            ids.append(row.id)
            room -= row.size
    return ids


def _in_turns(rows: Sequence[Waiting]) -> list[Waiting]:
    """The first of each channel, then the second of each; the small ones of a turn before the large ones."""
    served: dict[int, int] = {}
    turns = []
    for row in sorted(rows, key=lambda row: (row.next_try_at, row.id)):
        served[row.channel_id] = served.get(row.channel_id, 0) + 1
        turns.append((served[row.channel_id], row.size, row.id, row))
    return [row for *_, row in sorted(turns, key=lambda turn: turn[:3])]


def _waiting() -> Select[int]:
    """The channels for which something waits, found by leaping from one to the next in the index."""
    first = select(func.min(Inbox.channel_id).label("channel_id")).where(RECEIVED)
    known = first.cte("known", recursive=True)
    after = select(func.min(Inbox.channel_id)).where(RECEIVED, Inbox.channel_id > known.c.channel_id)
    known = known.union_all(select(after.scalar_subquery()).where(known.c.channel_id.is_not(None)))
    return select(known.c.channel_id).where(known.c.channel_id.is_not(None))


def _of(channel_id: int, most: int, at: datetime) -> Select[Any]:
    first = select(Inbox.id, Inbox.channel_id, Inbox.attempts, Inbox.size, Inbox.next_try_at)
    first = first.where(Inbox.channel_id == channel_id, RECEIVED, Inbox.next_try_at <= at)
    first = first.order_by(Inbox.next_try_at, Inbox.id).limit(most).with_for_update(skip_locked=True)
    return select(first.subquery())


WAITING = _waiting()
