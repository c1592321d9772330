"""Whose turn it is to be sent: each mailbox or chat is a lane, and the lanes take turns.

One worker at a time sends in a lane, so that a server which keeps us waiting holds up its own lane only. A lane has limits,
and in it answers go before acknowledgements, and those before notices to staff.
"""

import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, exists, select, text, update
from sqlalchemy.orm import aliased

from helpdesk.channels.models import Channel
from helpdesk.orm import Id, Instant
from helpdesk.services import holders, leases
from helpdesk.services.database import db
from helpdesk.tickets.models import Delivery

Lane = int | None  # a channel; None for what leaves by any mailbox

KINDS = ("reply", "forward", "acknowledgement", "notice")
CLAIM = timedelta(seconds=120)
STUCK = timedelta(seconds=60)  # with one delivery; then another worker may try the next one
LOOK = 1.0  # seconds after which new lanes are looked for
LONGEST_WAIT = timedelta(minutes=60)
LIVE = text("delivery.state IN ('waiting', 'sending')")
SILENT = {"synchronize_session": False}
AT = bindparam("at", type_=Instant)
LANE: Any = bindparam("lane", type_=Id)


def _first() -> Select[Delivery]:
    """The first of a lane and a kind that is due and behind nothing of the same ticket and recipient."""
    earlier = aliased(Delivery)
    waits_for = exists().where(
        earlier.ticket_id == Delivery.ticket_id,
        earlier.recipient == Delivery.recipient,
        earlier.id < Delivery.id,
        earlier.state.in_(("waiting", "sending")),
    )
    due = select(Delivery).where(LIVE, Delivery.state == "waiting", Delivery.next_try_at <= AT, ~waits_for)
    return due.order_by(Delivery.next_try_at, Delivery.id).limit(1)


FIRST = _first()
DUE = select(Delivery.channel_id).where(LIVE, Delivery.state == "waiting", Delivery.next_try_at <= AT).distinct()


@dataclass
class Lanes:
    """The lanes as one worker takes them in turn."""

    waiting: deque[Lane] = field(default_factory=deque)
    looked_at: float = -LOOK

    def in_turn(self, at: datetime) -> Iterator[Lane]:
        """Every lane that may have something due, each once, who was served last at the end."""
        if not self.waiting or time.monotonic() - self.looked_at > LOOK:
            self._look(at)
        yield from list(self.waiting)

    def _look(self, at: datetime) -> None:
        self.looked_at = time.monotonic()
        due = sorted(db.session.scalars(DUE, {"at": at}), key=lambda lane: lane or 0)
        self.waiting.extend(lane for lane in due if lane not in self.waiting)

    def served(self, lane: Lane) -> None:
        """It had its turn; the others come first now."""
        self.waiting.remove(lane)
        self.waiting.append(lane)

    def empty(self, lane: Lane) -> None:
        """It has nothing, or must wait."""
        self.waiting.remove(lane)


def first_of(lane: Lane, at: datetime) -> Delivery | None:
    """What this lane may send now, locked. Other workers find the lane busy from the moment that it is claimed."""
    channel = db.session.scalar(select(Channel).where(Channel.id == lane).with_for_update(key_share=True))
    if busy(lane, at) or (channel is not None and _over_its_limit(channel, at)):
        return None
    for kind in KINDS:
        query = FIRST.where(in_lane(lane), Delivery.kind == kind).with_for_update(skip_locked=True, of=Delivery)
        found = db.session.scalar(query.execution_options(populate_existing=True), {"at": at})
        if found is not None:
            return found
    return None


def in_lane(lane: Lane) -> ColumnElement[bool]:
    """That a delivery is in this lane."""
    return Delivery.channel_id.is_(None) if lane is None else Delivery.channel_id == lane


def busy(lane: Lane, at: datetime) -> bool:
    """Whether a worker that lives has something of this lane in its hands, and not for too long."""
    hands = select(Delivery.claimed_by).where(LIVE, Delivery.state == "sending", in_lane(lane))
    fresh = hands.where(Delivery.next_try_at > at + CLAIM - STUCK)
    return any(_alive(holder or "") for holder in db.session.scalars(fresh))


def _alive(holder: str) -> bool:
    """Whether the process that made this claim is there; of another machine nobody knows."""
    host, _, pid = holder.rpartition(":")[0].rpartition(":")
    here = host == leases.me().rpartition(":")[0] and pid.isdecimal()
    return not here or holders.runs(int(pid))


def _over_its_limit(channel: Channel, at: datetime) -> bool:
    """Whether the mailbox has sent what it may; then all of its mail waits, and says why."""
    for name, length in (("per_minute", timedelta(minutes=1)), ("per_day", timedelta(days=1))):
        most = int(channel.settings.get(name) or 0)
        if most and (full := _full_until(channel.id, most, length, at)):
            _put_off(channel.id, min(full, at + LONGEST_WAIT), WAITS[name].format(most=most))
            return True
    return False


WAITS = {
    "per_minute": "The mailbox sends {most} a minute at most; this waits for its turn.",
    "per_day": "The mailbox sends {most} a day at most; this waits for its turn.",
}


def _full_until(channel_id: int, most: int, length: timedelta, at: datetime) -> datetime | None:
    """When half of the places are free again; None while there is one."""
    sent = select(Delivery.done_at).where(
        Delivery.channel_id == channel_id, Delivery.done_at > at - length, Delivery.state.in_(("sent", "unknown"))
    )
    newest = sent.order_by(Delivery.done_at.desc()).limit(1)
    if db.session.scalar(newest.offset(most - 1)) is None:
        return None
    half = db.session.scalar(newest.offset(most // 2))
    return half + length if half else None


def _put_off(channel_id: int, until: datetime, why: str) -> None:
    waiting = LIVE, Delivery.state == "waiting", Delivery.channel_id == channel_id, Delivery.next_try_at < until
    db.session.execute(update(Delivery).where(*waiting).values(next_try_at=until, result=why), execution_options=SILENT)
