"""What happens in a transaction and a rule waits for, written down with it: so it is heeded once, whatever ends in between."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import select

from helpdesk.orm import Json
from helpdesk.services import bulk
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.tickets.models import Event
from helpdesk.tickets.triggers import HEARD, Trigger, TriggerEvent, occasions

HAPPENED, CHAIN = "happened", "chain"


def note(events: Iterable[Event]) -> None:
    """Remember events until the end of the transaction."""
    _note([(_ticket_id(event), event.seq, event.kind, event.facts) for event in events if event.kind in HEARD])


def note_rows(events: Iterable[Json]) -> None:
    """The same for rows that were written past the session's eyes."""
    _note([(row["ticket_id"], row["seq"], row["kind"], row["facts"]) for row in events if row["kind"] in HEARD])


def _note(events: Sequence[tuple[int, int, str, Json]]) -> None:
    chain = db.session.info.get(CHAIN, [])
    db.session.info.setdefault(HAPPENED, []).extend((*event, chain) for event in events)


def _ticket_id(event: Any) -> int:
    """Of an event that was not written by the session only its ticket is known."""
    known = vars(event)
    return int(known.get("ticket_id") or known["ticket"].id)


@contextmanager
def of_chain(chain: Sequence[int]) -> Iterator[None]:
    """What happens within it was done by the last of these rules, which were led to by the others."""
    db.session.info[CHAIN] = list(chain)
    try:
        yield
        db.session.flush()
    finally:
        del db.session.info[CHAIN]


def keep() -> bool:
    """Write down what a rule waits for; whether there was anything."""
    happened = db.session.info.pop(HAPPENED, [])
    if not happened:
        return False
    waited_for = set(db.session.scalars(select(Trigger.occasion).where(Trigger.active).distinct()))
    rows = [
        {"ticket_id": ticket_id, "seq": seq, "chain": chain, "next_try_at": now(), "attempts": 0}
        for ticket_id, seq, kind, facts, chain in happened
        if waited_for and occasions(kind, facts) & waited_for
    ]
    bulk.put(TriggerEvent, rows)
    return bool(rows)


def forget() -> None:
    """Nothing of it happened."""
    db.session.info.pop(HAPPENED, None)
