"""Checking that every stored history is what was written."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby

from sqlalchemy import Row, select

from helpdesk import blobs
from helpdesk.orm import Lease
from helpdesk.services import anchors, contents, due, leases, stints
from helpdesk.services.contents import Look
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import transaction
from helpdesk.tickets.contents import first_loss
from helpdesk.tickets.history import Break, first_break
from helpdesk.tickets.models import Event, Ticket

BATCH = 500
CHECKING = timedelta(hours=1)


def verify_all(look: Look = blobs.whole) -> list[Break | anchors.Slipped]:
    """Every ticket whose history is broken, with the first broken row of each, and what is not as it was anchored."""
    found = [broken for batch in _batches() for broken in _breaks(batch, look)]
    return [*found, *anchors.breaks()]


def verify_tonight() -> None:
    """Verify everything once a night, alone, leave the verdict for the doctor, and anchor the heads.

    Of stored files only the presence is looked at.
    """
    if due.HISTORY not in due.nightly() or not leases.take(due.HISTORY, leases.me(), CHECKING.total_seconds()):
        return
    breaks = verify_all(blobs.present)
    anchors.anchor()
    verdict = f"broken: {len(breaks)}, first {breaks[0]}" if breaks else "whole"
    with transaction():
        row = db.session.get_one(Lease, due.HISTORY, populate_existing=True)
        row.holder, row.until = verdict[:100], due.next_night(now())


def _batches() -> Iterator[list[Row[int, int, int, str, int]]]:
    """Tickets by id, a few hundred at a time, each batch and its events in one snapshot."""
    last = 0
    while True:
        db.session.rollback()
        if db.engine.dialect.name == "postgresql":
            db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        query = select(Ticket.id, Ticket.number, Ticket.event_count, Ticket.head, Ticket.team_id)
        batch = list(db.session.execute(query.where(Ticket.id > last).order_by(Ticket.id).limit(BATCH)))
        if not batch:
            db.session.rollback()
            return
        yield batch
        last = batch[-1].id


def _breaks(batch: list[Row[int, int, int, str, int]], look: Look) -> Iterator[Break]:
    columns = (Event.seq, Event.at, Event.recorded_at, Event.actor_id, Event.kind, Event.facts, Event.hash)
    query = select(Event.ticket_id, *columns).where(Event.ticket_id.between(batch[0].id, batch[-1].id))
    rows = db.session.execute(query.order_by(Event.ticket_id, Event.seq))
    events = {ticket_id: list(group) for ticket_id, group in groupby(rows, key=lambda row: row.ticket_id)}
    kept = contents.kept(batch[0].id, batch[-1].id, look)
    for ticket in batch:
        history = events.get(ticket.id, [])
        found = first_break(ticket.number, history, count=ticket.event_count, head=ticket.head)
        found = found or first_loss(ticket.number, history, kept.get(ticket.id, {}))
        if found:
            events.pop(ticket.id, None)
            yield found
    yield from stints.breaks([ticket for ticket in batch if ticket.id in events], events)
