"""How long a team usually takes from taking a ticket to its first answer, by channel; from that, when one must begin.

It is counted at night. Wall time: what must be begun before the doors open is begun when they do.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import delete, select

from helpdesk.orm import Lease
from helpdesk.services import bulk, due, leases
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import transaction
from helpdesk.sla.models import Handling
from helpdesk.tickets.models import Event, Ticket

USUAL = timedelta(minutes=10)
SHORTEST, LONGEST = 60, 7200
LAST, FEWEST = 200, 5
HELD = 600
AT_ONCE = 500

Usual = Mapping[tuple[int, str], timedelta]


def usual() -> Usual:
    """What is known, by team and channel."""
    rows = db.session.execute(select(Handling.team_id, Handling.channel, Handling.seconds))
    return {(row.team_id, row.channel): timedelta(seconds=row.seconds) for row in rows}


def start_by(ticket: Any, due_at: datetime, known: Usual) -> datetime:
    """The latest instant at which to begin, to be ready when it is due."""
    team_id = ticket.team_id if ticket.team_id is not None else ticket.team.id
    return due_at - known.get((team_id, ticket.channel), USUAL)


def count_tonight() -> None:
    """Count anew once a night, alone, and put what is open in the order that follows."""
    if due.HANDLING not in due.nightly() or not leases.take(due.HANDLING, leases.me(), HELD):
        return
    count()
    sort_anew()
    with transaction():
        db.session.get_one(Lease, due.HANDLING, populate_existing=True).until = due.next_night(now())


def count() -> None:
    """Count what each team took for the last it solved in each channel; what was too rare to tell is as usual."""
    pairs = db.session.execute(select(Ticket.team_id, Ticket.channel).distinct().where(Ticket.solved_at.is_not(None)))
    found = {(team_id, channel): _seconds(team_id, channel) for team_id, channel in pairs.all()}
    with transaction():
        db.session.execute(delete(Handling))
        db.session.add_all(
            Handling(team_id=team_id, channel=channel, seconds=seconds)
            for (team_id, channel), seconds in found.items()
            if seconds is not None
        )


def _seconds(team_id: int, channel: str) -> int | None:
    """The median in whole minutes."""
    solved = select(Ticket.id).where(Ticket.team_id == team_id, Ticket.solved_at.is_not(None))
    last = solved.where(Ticket.channel == channel).order_by(Ticket.solved_at.desc()).limit(LAST)
    spans = list(_spans(db.session.scalars(last).all()))
    if len(spans) < FEWEST:
        return None
    return round(min(max(median(spans), SHORTEST), LONGEST) / 60) * 60


def _spans(tickets: Sequence[int]) -> Iterator[float]:
    """From being taken to the first answer or to the end by the same person, in seconds; at once says nothing."""
    kinds = ("taken", "assigned", "replied", "solved")
    query = select(Event.ticket_id, Event.at, Event.kind, Event.actor_id, Event.facts)
    query = query.where(Event.ticket_id.in_(tickets), Event.kind.in_(kinds)).order_by(Event.ticket_id, Event.seq)
    taken: dict[int, tuple[int | None, datetime]] = {}
    for ticket_id, at, kind, actor_id, facts in db.session.execute(query):
        if kind in ("taken", "assigned"):
            taken[ticket_id] = (facts.get("new_id"), at)
            continue
        owner_id, since = taken.pop(ticket_id, (None, at))
        if owner_id == actor_id and at > since:
            yield (at - since).total_seconds()


def sort_anew() -> None:
    """Put all that is open and due in order, a few hundred at a time; what stands right is left alone."""
    known, ids = usual(), db.session.scalars(select(Ticket.id).where(Ticket.open, Ticket.due_at.is_not(None))).all()
    for first in range(0, len(ids), AT_ONCE):
        with transaction():
            bulk.change(Ticket, list(_moved(ids[first : first + AT_ONCE], known)))


def _moved(ids: Iterable[int], known: Usual) -> Iterator[dict[str, Any]]:
    query = select(Ticket.id, Ticket.team_id, Ticket.channel, Ticket.due_at, Ticket.sort_at)
    wanted = query.where(Ticket.id.in_(ids), Ticket.open, Ticket.due_at.is_not(None)).order_by(Ticket.id)
    for row in db.session.execute(wanted.with_for_update(of=Ticket)).all():
        right = start_by(row, row.due_at, known)
        if row.sort_at != right:
            yield {"id": row.id, "sort_at": right}
