"""Making anchors, exporting them, and checking that what was anchored is still so."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, insert, literal, or_, select

from helpdesk.orm import Json
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import transaction
from helpdesk.tickets.anchors import Anchor, Anchored, anchor_digest
from helpdesk.tickets.history import GENESIS, Break
from helpdesk.tickets.models import Event, Ticket

AT_ONCE = 10_000


@dataclass(frozen=True)
class Slipped:
    """An anchor that is not what was written."""

    at: datetime

    def __str__(self) -> str:
        return f"the anchor of {self.at:%Y-%m-%d %H:%M:%S}Z is not what was written"


def anchor() -> Anchor:
    """Roll all heads, but those of the demo, into one digest and keep it."""
    with transaction():
        last = db.session.scalar(select(Anchor).order_by(Anchor.id.desc()).limit(1))
        made = Anchor(at=now(), moved=0, digest="")
        db.session.add(made)
        db.session.flush()
        db.session.execute(insert(Anchored).from_select(["number", "seq", "anchor_id", "head"], _moved(made.id)))
        made.moved = db.session.scalar(select(func.count()).where(Anchored.anchor_id == made.id)) or 0
        made.digest = anchor_digest(last.digest if last else GENESIS, _heads(made.id))
    return made


def _moved(anchor_id: int) -> Any:
    newest = select(Anchored.number, func.max(Anchored.seq).label("seq")).group_by(Anchored.number).subquery()
    query: Any = select(Ticket.number, Ticket.event_count, literal(anchor_id), Ticket.head)
    query = query.outerjoin(newest, newest.c.number == Ticket.number)
    return query.where(
        ~Ticket.demo, Ticket.event_count > 0, or_(newest.c.seq.is_(None), newest.c.seq < Ticket.event_count)
    )


def _heads(anchor_id: int) -> Any:
    query = select(Anchored.number, Anchored.seq, Anchored.head).where(Anchored.anchor_id == anchor_id)
    return db.session.execute(query.order_by(Anchored.number).execution_options(yield_per=AT_ONCE))


def exported() -> Iterator[Json]:
    """Every anchor with the heads that moved, oldest first: enough to compute each digest anew."""
    for one in _anchors():
        heads = [[head.number, head.seq, head.head] for head in _heads(one.id)]
        yield {"at": one.at.isoformat(), "digest": one.digest, "heads": heads}


def _anchors() -> list[Anchor]:
    return list(db.session.scalars(select(Anchor).order_by(Anchor.id)))


def breaks() -> Iterator[Slipped | Break]:
    """The first anchor that is not what was written, and every anchored head that is not in its chain any more."""
    previous = GENESIS
    for one in _anchors():
        if one.digest != anchor_digest(previous, _heads(one.id)):
            yield Slipped(one.at)
            break
        previous = one.digest
    for head in db.session.execute(_lost()):
        yield Break(head.number, head.seq, f"event {head.seq} is not the one that was anchored")


def _lost() -> Any:
    query: Any = select(Anchored.number, func.min(Anchored.seq).label("seq"))
    query = query.outerjoin(Ticket, Ticket.number == Anchored.number)
    query = query.outerjoin(Event, and_(Event.ticket_id == Ticket.id, Event.seq == Anchored.seq))
    lost = query.where(or_(Event.hash.is_(None), Event.hash != Anchored.head))
    return lost.group_by(Anchored.number).order_by(Anchored.number)
