"""What fires when clocks run out: each warning, breach and step after it once, oldest first.

A batch is claimed, recorded and armed anew by a handful of statements, whatever its size: a storm is when it matters.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Integer, bindparam, exists, select

from helpdesk.orm import Instant, Json
from helpdesk.services import bulk, deadlines, trigger_events
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.ladder import Ladder, kind_of
from helpdesk.services.notices import Tellers
from helpdesk.services.store import touched, transaction
from helpdesk.services.whom import Whom
from helpdesk.sla.clock import MISSED
from helpdesk.sla.models import FIRED_OF, Clock, Firing
from helpdesk.tickets.history import digest
from helpdesk.tickets.models import Event, Ticket

FIRST, LEAST, MOST = 500, 200, 4000  # clocks in a batch
BREATH = 0.4  # seconds that a batch may take, for on SQLite all other writers wait for it
LONGEST = 30.0  # seconds

DUE = (
    select(
        Clock.id, Clock.ticket_id, Clock.kind, Clock.turn, Clock.state, Clock.started_seq, Clock.started_at, Clock.due_at,
        Clock.next_fire_at, Clock.next_threshold, Clock.steps, Clock.ladder_stopped_at,
        exists().where(FIRED_OF, Firing.threshold == Clock.next_threshold).label("fired"),
        Ticket.id, Ticket.number, Ticket.subject, Ticket.open, Ticket.team_id, Ticket.owner_id, Ticket.policy_version_id,
        Ticket.demo, Ticket.event_count, Ticket.head,
    )
    .join(Ticket, Ticket.id == Clock.ticket_id)
    .where(Clock.next_fire_at < bindparam("at", type_=Instant))
    .order_by(Clock.next_fire_at, Clock.id)
    .limit(bindparam("size", type_=Integer))
    .with_for_update(skip_locked=True, of=(Ticket, Clock))
)  # fmt: skip


class Due(NamedTuple):
    """A clock of which something is due, and whether that has *fired* before."""

    id: int
    ticket_id: int
    kind: str
    turn: int
    state: str
    started_seq: int
    started_at: datetime
    due_at: datetime
    next_fire_at: datetime
    next_threshold: str
    steps: list[list[str]] | None
    ladder_stopped_at: datetime | None
    fired: bool


NONE_LEFT: list[list[str]] = []  # one and the same, to be written out once
OF_CLOCK = len(Due._fields)


class Line(NamedTuple):
    """One line of a ticket's history."""

    seq: int
    at: datetime
    recorded_at: datetime
    actor_id: int | None
    kind: str
    facts: Json


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

    def record(self, kind: str, at: datetime, recorded_at: datetime, facts: Json) -> Json:
        """The row of the next line of its history."""
        self.told = True
        self.event_count += 1
        self.head = digest(self.head, self.number, Line(self.event_count, at, recorded_at, None, kind, facts))
        return {
            "ticket_id": self.id, "seq": self.event_count, "at": at, "recorded_at": recorded_at, "kind": kind,
            "facts": facts, "hash": self.head,
        }  # fmt: skip


def fire_due() -> int:
    """Fire every threshold that is due and return how many; each fires once, whoever comes first.

    What is left after a while is left to the next ring, so that a long job is not cut off.
    """
    total, size, enough = 0, FIRST, time.monotonic() + LONGEST
    while time.monotonic() < enough:
        with transaction():
            begun, batch = time.monotonic(), _Batch(now(), size)
            batch.fire()
            size = _paced(size, time.monotonic() - begun)
        total += len(batch.firings)
        if not batch.clocks:
            break
    return total


def _paced(size: int, seconds: float) -> int:
    """How large the next batch is: the longer the last one took, the smaller."""
    return max(LEAST, min(MOST, int(size * BREATH / seconds)))


class _Batch:
    """The clocks that ran out by one instant; what another worker holds is left to it."""

    def __init__(self, at: datetime, size: int) -> None:
        self.at, self.size = at, size
        self.detected_at = at.isoformat()
        self.matters: dict[int, Matter] = {}
        self.events: list[Json] = []
        self.firings: list[Json] = []
        self.clocks: list[Json] = []

    def fire(self) -> None:
        """Claim, record, tell and arm anew."""
        due = [
            self._claimed(row) for row in db.session.connection().execute(DUE, {"at": self.at, "size": self.size}).all()
        ]
        with Tellers(self.at) as tellers:
            ladder = Ladder(tellers, Whom(self.at, {matter.team_id for matter in self.matters.values()}))
            for clock in due:
                self._fire(clock, kind_of(clock.next_threshold), ladder)
        self._write()
        self._change([matter for matter in self.matters.values() if matter.changes or matter.replayed])

    def _claimed(self, row: Any) -> Due:
        clock = Due._make(row[:OF_CLOCK])
        if clock.ticket_id not in self.matters:
            self.matters[clock.ticket_id] = Matter(*row[OF_CLOCK:])
        return clock

    def _fire(self, clock: Due, kind: str, ladder: Ladder) -> None:
        matter = self.matters[clock.ticket_id]
        if not clock.fired:
            self._record(matter, clock, kind)
            self._climb(matter, clock, kind, ladder)
        self._move_on(matter, clock, kind)

    def _record(self, matter: Matter, clock: Due, kind: str) -> None:
        """Write down that a threshold was reached; a breach is dated at its own instant."""
        facts = {
            "clock": clock.kind, "turn": clock.turn, "threshold": clock.next_threshold, "due_at": clock.due_at.isoformat(),
            "detected_at": self.detected_at,
        }  # fmt: skip
        at = clock.next_fire_at if kind == "breached" else self.at
        self.events.append(matter.record(kind, at, self.at, facts))

    def _climb(self, matter: Matter, clock: Due, kind: str, ladder: Ladder) -> None:
        """Do what the threshold asks for, and write down that it was done."""
        self.firings.append(
            {
                "ticket_id": matter.id, "kind": clock.kind, "turn": clock.turn, "started_seq": clock.started_seq,
                "started_at": clock.started_at, "threshold": clock.next_threshold, "due_at": clock.next_fire_at,
                "detected_at": self.at, "facts": ladder.climb(matter, clock, kind),
            }
        )  # fmt: skip

    def _move_on(self, matter: Matter, clock: Due, kind: str) -> None:
        """The clock's next step; where they are not known, the history will say."""
        first, *left = clock.steps or [[]]
        known = first == [clock.next_threshold, clock.next_fire_at.isoformat()]
        left = left if known and left else NONE_LEFT
        matter.replayed = matter.replayed or not known
        self.clocks.append(
            {
                "id": clock.id, "steps": left,
                "next_fire_at": datetime.fromisoformat(left[0][1]) if left else None,
                "next_threshold": left[0][0] if left else None,
                "state": MISSED if kind == "breached" else clock.state,
            }
        )  # fmt: skip

    def _write(self) -> None:
        told = [matter for matter in self.matters.values() if matter.told]
        bulk.put(Event, self.events)
        trigger_events.note_rows(self.events)
        bulk.put(Firing, self.firings)
        bulk.change(Clock, self.clocks)
        bulk.change(
            Ticket,
            [{"id": one.id, "event_count": one.event_count, "head": one.head, "changed_at": self.at} for one in told],
        )
        for one in told:
            touched(one.number, one.team_id)

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
