"""Stored stints held against the histories they follow from, and derived anew where they differ or are lacking."""

import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any

import structlog
from sqlalchemy import delete, or_, select, true

from helpdesk.orm import Progress
from helpdesk.services import bulk, leases
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import transaction
from helpdesk.tickets.history import Break
from helpdesk.tickets.models import Event, Ticket
from helpdesk.tickets.stints import TURNS, Stint, derived

BATCH = 500
RECENT = timedelta(days=31)
APART = timedelta(hours=20)  # between two rounds
LONGEST = 60.0  # seconds of one call
HELD = 180.0  # seconds until another goes on where one was killed
ALL, LATE = "all stints", "stints"  # the first round is over every ticket, later ones over what is open or was changed
COLUMNS = ("owner_id", "team_id", "began_at", "ended_at", "began_seq", "ended_seq", "why")
log = structlog.get_logger()


def breaks(tickets: Sequence[Any], histories: dict[int, list[Any]]) -> Iterator[Break]:
    """The tickets of a batch, by id, whose stored stints are not those of their histories; what has none lacks them yet."""
    stored = _stored([ticket.id for ticket in tickets])
    for ticket in tickets:
        known = stored.get(ticket.id)
        told = _told(derived(histories.get(ticket.id, []), ticket.team_id))
        if known and known != told:
            seq = next((row[4] for row in (*known, *told) if row not in known or row not in told), 0)
            yield Break(ticket.number, seq, "the stints of its owners are not what the history says")


def keep() -> None:
    """Derive the stints of tickets that lack them or have others, once a night, a stretch at a call.

    The release before leaves such tickets behind, those that it filed and those that it did something to.
    """
    if not leases.take(LATE, leases.me(), HELD):
        return
    enough = time.monotonic() + LONGEST
    while time.monotonic() < enough and leases.take(LATE, leases.me(), HELD):
        name = _round()
        if name is None or _go_on(name):
            break
    leases.release(LATE, leases.me())


def _round() -> str | None:
    """Which round is to be made now."""
    first, later = (db.session.get(Progress, name, populate_existing=True) for name in (ALL, LATE))
    db.session.rollback()
    if first is None or first.done_at is None:
        return ALL
    over = max(row.done_at for row in (first, later) if row is not None and row.done_at is not None)
    under_way = later is not None and later.done_at is None
    return LATE if under_way or now() - over > APART else None


def _go_on(name: str) -> bool:
    """Look at the next tickets of a round; whether there are none left."""
    with transaction():
        row = db.session.get(Progress, name, populate_existing=True)
        if row is None or row.done_at is not None:
            row = db.session.merge(Progress(name=name, last=0, checked=0, differing=0, first="", done_at=None))
        wanted = true() if name == ALL else or_(Ticket.open, Ticket.changed_at > now() - RECENT)
        query = select(Ticket.id, Ticket.team_id).where(Ticket.id > row.last, wanted).order_by(Ticket.id).limit(BATCH)
        tickets = db.session.execute(query).all()
        mended = _mend(tickets)
        row.last, row.checked, row.differing = (
            tickets[-1].id if tickets else row.last, row.checked + len(tickets), row.differing + mended,
        )  # fmt: skip
        row.done_at = None if tickets else now()
    if mended:
        log.info("stints.derived", tickets=mended)
    return not tickets


def _mend(tickets: Sequence[Any]) -> int:
    """Put the right stints where others are, or none; how many tickets that were. They are locked before they are changed."""
    wrong = _wrong(tickets)
    locked = select(Ticket.id, Ticket.team_id).where(Ticket.id.in_(wrong)).order_by(Ticket.id).with_for_update()
    wrong = _wrong(db.session.execute(locked).all()) if wrong else {}
    db.session.execute(
        delete(Stint).where(Stint.ticket_id.in_(wrong)), execution_options={"synchronize_session": False}
    )
    rows = [
        {"ticket_id": ticket_id, **dict(zip(COLUMNS, row, strict=True))}
        for ticket_id in wrong
        for row in wrong[ticket_id]
    ]
    bulk.put(Stint, rows)
    return len(wrong)


def _wrong(tickets: Sequence[Any]) -> dict[int, list[tuple[Any, ...]]]:
    """What ought to be stored of those where it is not."""
    histories, stored = _histories([ticket.id for ticket in tickets]), _stored([ticket.id for ticket in tickets])
    right = {ticket.id: _told(derived(histories.get(ticket.id, []), ticket.team_id)) for ticket in tickets}
    return {ticket_id: told for ticket_id, told in right.items() if told != stored.get(ticket_id, [])}


def _histories(ids: Sequence[int]) -> dict[int, list[Any]]:
    query = select(Event.ticket_id, Event.seq, Event.at, Event.kind, Event.facts).where(
        Event.ticket_id.in_(ids), Event.kind.in_(TURNS)
    )
    rows = db.session.execute(query.order_by(Event.ticket_id, Event.seq))
    return {ticket_id: list(some) for ticket_id, some in groupby(rows, key=lambda row: row.ticket_id)}


def _stored(ids: Sequence[int]) -> dict[int, list[tuple[Any, ...]]]:
    columns = (Stint.ticket_id, *(getattr(Stint, name) for name in COLUMNS))
    query = select(*columns).where(Stint.ticket_id.in_(ids)).order_by(Stint.ticket_id, Stint.began_seq)
    rows = db.session.execute(query)
    return {ticket_id: [tuple(row[1:]) for row in some] for ticket_id, some in groupby(rows, key=lambda row: row[0])}


def _told(stints: Sequence[Stint]) -> list[tuple[Any, ...]]:
    return [tuple(getattr(stint, name) for name in COLUMNS) for stint in stints]
