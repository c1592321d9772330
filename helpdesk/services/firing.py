"""What fires when clocks run out: each warning, breach and step after it once, oldest first.

A batch is claimed, recorded and armed anew by a handful of statements, whatever its size: a storm is when it matters.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, exists, insert, select, update

from helpdesk.orm import Instant, Json
from helpdesk.services import deadlines, ladder
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.notices import Tellers
from helpdesk.services.store import many, touched, transaction
from helpdesk.sla.clock import MISSED
from helpdesk.sla.models import FIRED_OF, Clock, Firing
from helpdesk.tickets.history import digest
from helpdesk.tickets.models import Event, Ticket

BATCH = 500
LONGEST = 30.0  # seconds

DUE = (
    select(
        Clock.id, Clock.ticket_id, Clock.kind, Clock.turn, Clock.state, Clock.started_seq, Clock.started_at, Clock.due_at,
        Clock.next_fire_at, Clock.next_threshold, Clock.steps, Clock.ladder_stopped_at,
        exists().where(FIRED_OF, Firing.threshold == Clock.next_threshold).label("fired"),
        Ticket.number, Ticket.subject, Ticket.open, Ticket.team_id, Ticket.owner_id, Ticket.policy_version_id, Ticket.demo,
        Ticket.event_count, Ticket.head,
    )
    .join(Ticket, Ticket.id == Clock.ticket_id)
    .where(Clock.next_fire_at < bindparam("at", type_=Instant))
    .order_by(Clock.next_fire_at, Clock.id)
    .limit(BATCH)
    .with_for_update(skip_locked=True, of=(Ticket, Clock))
)  # fmt: skip
EVENTS, FIRINGS = insert(Event.__table__), insert(Firing.__table__)  # type: ignore[arg-type]
CLOCKS = update(Clock.__table__).where(Clock.id == bindparam("clock"))  # type: ignore[arg-type]
TICKETS = update(Ticket.__table__).where(Ticket.id == bindparam("ticket"))  # type: ignore[arg-type]


class Line(NamedTuple):
    """One line of a ticket's history."""

    ticket_id: int
    seq: int
    at: datetime
    recorded_at: datetime
    actor_id: int | None
    kind: str
    facts: Json
    hash: str = ""


@dataclass(slots=True)
class Matter:
    """As much of a ticket as firing needs; *changes* are what its steps want done to the ticket itself."""

    id: int
    number: int
    subject: str
    open: bool
    team_id: int
    owner_id: int | None
    policy_version_id: int | None
    demo: bool
    event_count: int
    head: str
    changes: list[Callable[[Ticket], None]] = field(default_factory=list)
    told: bool = False
    replayed: bool = False

    def record(self, kind: str, at: datetime, recorded_at: datetime, facts: Json) -> Line:
        """The next line of its history."""
        self.told = True
        self.event_count += 1
        line = Line(self.id, self.event_count, at, recorded_at, None, kind, facts)
        self.head = digest(self.head, self.number, line)
        return line._replace(hash=self.head)


def fire_due() -> int:
    """Fire every threshold that is due and return how many; each fires once, whoever comes first.

    What is left after a while is left to the next ring, so that a long job is not cut off.
    """
    total, enough = 0, time.monotonic() + LONGEST
    while time.monotonic() < enough:
        with transaction():
            batch = _Batch(now())
            batch.fire()
        total += len(batch.firings)
        if not batch.clocks:
            break
    return total


class _Batch:
    """The clocks that ran out by one instant; what another worker holds is left to it."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.matters: dict[int, Matter] = {}
        self.events: list[Json] = []
        self.firings: list[Json] = []
        self.clocks: list[Json] = []

    def fire(self) -> None:
        """Claim, record, tell and arm anew."""
        with Tellers(self.at) as tellers:
            for row in db.session.execute(DUE, {"at": self.at}).all():
                matter = self.matters.get(row.ticket_id) or self._matter(row)
                if not row.fired:
                    self._record(matter, row, tellers)
                self._move_on(matter, row)
        self._write()
        self._change([matter for matter in self.matters.values() if matter.changes or matter.replayed])

    def _matter(self, row: Any) -> Matter:
        made = self.matters[row.ticket_id] = Matter(
            row.ticket_id, row.number, row.subject, row.open, row.team_id, row.owner_id, row.policy_version_id, row.demo,
            row.event_count, row.head,
        )  # fmt: skip
        return made

    def _record(self, matter: Matter, row: Any, tellers: Tellers) -> None:
        """Write down that a threshold was reached, and climb the ladder; a breach is dated at its own instant."""
        threshold, due_at, facts = row.next_threshold, row.next_fire_at, {"clock": row.kind, "turn": row.turn}
        facts |= {"threshold": threshold, "due_at": row.due_at.isoformat(), "detected_at": self.at.isoformat()}
        kind = ladder.kind_of(threshold)
        at = due_at if kind == "breached" else self.at
        self.events.append(matter.record(kind, at, self.at, facts)._asdict())
        self.firings.append(
            {
                "ticket_id": matter.id, "kind": row.kind, "turn": row.turn, "started_seq": row.started_seq,
                "started_at": row.started_at, "threshold": threshold, "due_at": due_at, "detected_at": self.at,
                "facts": ladder.climb(matter, row, threshold, tellers),
            }
        )  # fmt: skip

    def _move_on(self, matter: Matter, row: Any) -> None:
        """The clock's next step; where they are not known, the history will say."""
        known = row.steps and row.steps[0] == [row.next_threshold, row.next_fire_at.isoformat()]
        left = row.steps[1:] if known else []
        matter.replayed = matter.replayed or not known
        self.clocks.append(
            {
                "clock": row.id, "steps": left,
                "next_fire_at": datetime.fromisoformat(left[0][1]) if left else None,
                "next_threshold": left[0][0] if left else None,
                "state": MISSED if ladder.kind_of(row.next_threshold) == "breached" else row.state,
            }
        )  # fmt: skip

    def _write(self) -> None:
        told = [matter for matter in self.matters.values() if matter.told]
        moved = [
            {"ticket": one.id, "event_count": one.event_count, "head": one.head, "changed_at": self.at} for one in told
        ]
        for statement, rows in (
            (EVENTS, self.events),
            (FIRINGS, self.firings),
            (CLOCKS, self.clocks),
            (TICKETS, moved),
        ):
            many(statement, rows)
        touched(one.number for one in told)

    def _change(self, matters: list[Matter]) -> None:
        """Let the tickets follow, and their clocks the tickets."""
        if not matters:
            return
        wanted = select(Ticket).where(Ticket.id.in_([one.id for one in matters])).order_by(Ticket.id)
        tickets = db.session.scalars(wanted.execution_options(populate_existing=True)).all()
        for ticket in tickets:
            for change in self.matters[ticket.id].changes:
                change(ticket)
        deadlines.refresh_all(tickets)
