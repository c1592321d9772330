"""What past tickets, and open ones, would look like under other rules. Reads only, in batches: memory stays flat."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Row, bindparam, func, select, tuple_
from sqlalchemy.orm import aliased

from helpdesk.orm import Instant
from helpdesk.people.models import Person, Team
from helpdesk.services.database import db
from helpdesk.services.happenings import applied, began, counted, histories_of
from helpdesk.services.policies import NOTHING_PROMISED, Pinned, Rules, pinned
from helpdesk.sla.clock import MISSED, PAUSED, RUNNING, VOID, ClockState
from helpdesk.sla.models import RECOMPUTE, RUNNING_CLOCKS, Clock
from helpdesk.tickets.models import Ticket
from helpdesk.tickets.reasons import Reason

PAST = "past"
SCOPES = (PAST, RUNNING_CLOCKS, RECOMPUTE)
BATCH = 500
MICROSECOND = timedelta(microseconds=1)
NOT_DUE, NONE = "not_due", "none"
START: list[Any] = [PAST, 0, datetime(1970, 1, 1, tzinfo=UTC).isoformat(), 0]

Promises = list[tuple[int | None, Rules]]
"""Policies in the order in which they are tried: the id of the policy's row, and what it promises."""


class Changed(NamedTuple):
    """A clock that would come out otherwise; verdicts are "met", "missed", "not_due", … and "none" where none is promised."""

    scope: str
    ticket_id: int
    number: int
    team_id: int
    kind: str
    turn: int
    before: str
    after: str
    due_before: datetime | None
    due_after: datetime | None


class Verdict(NamedTuple):
    """How one clock stands."""

    turn: int
    verdict: str
    due_at: datetime | None
    open: bool = False


@dataclass
class Draft:
    """The policies in force, and as they would be: *changed* are what the draft says, by the id of the policy's row."""

    changed: Mapping[int | None, Rules]
    in_force: Sequence[Pinned]
    today: Promises = field(init=False)
    then: Promises = field(init=False)

    def __post_init__(self) -> None:
        self.today = [(one.policy_id, one) for one in self.in_force]
        self.then = [(id, self.changed.get(id, rules)) for id, rules in self.today]
        self.then += [(None, self.changed[None])] if None in self.changed else []

    def instead(self, version_id: int | None, facts: Mapping[str, Any]) -> Rules | None:
        """The rules that would hold for such a ticket in place of its own; None when they are what they are.

        A ticket keeps its policy unless its conditions today say that another one comes first under the draft.
        """
        own = pinned(version_id).policy_id if version_id else 0
        before, (chosen, rules) = _first(self.today, facts)[0], _first(self.then, facts)
        if own in self.changed:
            return (rules or NOTHING_PROMISED) if before == own else self.changed[own]
        return rules if chosen in self.changed and chosen != before else None

    def reaches(self, version_id: int | None, facts: Mapping[str, Any]) -> Rules | None:
        """The rules that a treatment would bring to such an open ticket: of its own policy, or when it has none."""
        if version_id:
            return self.changed.get(pinned(version_id).policy_id)
        chosen, rules = _first(self.then, facts)
        return rules if chosen in self.changed else None


def _first(promises: Promises, facts: Mapping[str, Any]) -> tuple[int | None, Rules | None]:
    return next((one for one in promises if one[1].policy.matches(facts)), (0, None))


@dataclass
class Counts:
    """How many clocks had which verdict before and after, by scope, clock and team.

    *looked*: at how many tickets, *tickets*: how many of them came in the period, by team.
    """

    looked: int = 0
    tickets: dict[str, int] = field(default_factory=dict)
    numbers: dict[str, dict[str, dict[str, dict[str, int]]]] = field(default_factory=dict)

    def add(self, scope: str, kind: str, team_id: int, what: str) -> None:
        """Count one: "before met", "after missed", "moved"."""
        cell = self.numbers.setdefault(scope, {}).setdefault(kind, {}).setdefault(str(team_id), {})
        cell[what] = cell.get(what, 0) + 1


@dataclass
class Count:
    """One count of a draft, batch by batch; *place* is where the next batch begins, None after the last one."""

    draft: Draft
    first_at: datetime
    last_at: datetime
    at: datetime
    counts: Counts
    place: list[Any] | None = field(default_factory=lambda: START)

    def total(self) -> int:
        """How many tickets are to be looked at."""
        past = select(func.count()).where(Ticket.opened_at >= self.first_at, Ticket.opened_at < self.last_at)
        return (db.session.scalar(past) or 0) + (db.session.scalar(select(func.count()).where(Ticket.open)) or 0)

    def batch(self) -> list[Changed]:
        """Look at the next tickets; the clocks of theirs that would come out otherwise."""
        assert self.place
        scope, team_id, at, last = self.place
        past = scope == PAST
        rows = db.session.execute(
            PAST_TICKETS if past else OPEN_TICKETS,
            {
                "team": team_id,
                "first": self.first_at,
                "last": self.last_at,
                "at": datetime.fromisoformat(at),
                "id": last,
            },
        ).all()
        self.counts.looked += len(rows)
        self.place = self._after(rows)
        return list(self._past(rows) if past else self._open(rows))

    def _after(self, rows: Sequence[Row[Any]]) -> list[Any] | None:
        """The place after these: in the same team, in the next one, and after the last among the open tickets."""
        assert self.place
        scope, team_id, _at, _last = self.place
        if rows:
            return [scope, team_id, rows[-1].opened_at.isoformat(), rows[-1].id]
        if scope != PAST:
            return None
        team = db.session.scalar(select(func.min(Team.id)).where(Team.id > team_id))
        return [PAST, team, *START[2:]] if team else ["open", *START[1:]]

    def _past(self, rows: Sequence[Row[Any]]) -> Iterator[Changed]:
        stored = _stored([row.id for row in rows], self.at)
        instead = {row.id: self.draft.instead(row.policy_version_id, _facts(row)) for row in rows}
        histories = histories_of(row for row in rows if instead[row.id])
        for row in rows:
            self.counts.tickets[str(row.team_id)] = self.counts.tickets.get(str(row.team_id), 0) + 1
            before = stored.get(row.id, {})
            after, rules = before, instead[row.id]
            if rules and row.id in histories:
                after = _verdicts(histories[row.id], rules, self.at, row.priority)
            yield from self._compared(PAST, row, before, after)

    def _open(self, rows: Sequence[Row[Any]]) -> Iterator[Changed]:
        reached = {row.id: self.draft.reaches(row.policy_version_id, _facts(row)) for row in rows}
        rows = [row for row in rows if reached[row.id]]
        stored, histories = _stored([row.id for row in rows], self.at), histories_of(rows)
        for row in rows:
            rules = reached[row.id]
            assert rules
            for scope in (RUNNING_CLOCKS, RECOMPUTE):
                after = _treated(histories[row.id], row, rules, scope, self.at)
                before = {key: one for key, one in stored.get(row.id, {}).items() if one.open}
                yield from self._compared(scope, row, before, {k: one for k, one in after.items() if one.open})

    def _compared(
        self, scope: str, row: Row[Any], before: Mapping[Any, Verdict], after: Mapping[Any, Verdict]
    ) -> Iterator[Changed]:
        for key in sorted(before.keys() | after.keys()):
            old, new = before.get(key, ABSENT), after.get(key, ABSENT)
            self.counts.add(scope, key[0], row.team_id, f"before {old.verdict}")
            self.counts.add(scope, key[0], row.team_id, f"after {new.verdict}")
            moved = scope != PAST and old.due_at != new.due_at
            if moved:
                self.counts.add(scope, key[0], row.team_id, "moved")
            if moved or old.verdict != new.verdict:
                yield Changed(
                    scope, row.id, row.number, row.team_id, key[0], new.turn or old.turn, old.verdict, new.verdict,
                    old.due_at, new.due_at,
                )  # fmt: skip


ABSENT = Verdict(0, NONE, None)
TEAM: BindParameter[int] = bindparam("team")
AT: BindParameter[datetime] = bindparam("at", type_=Instant)
ID: BindParameter[int] = bindparam("id")


Over = aliased(Reason)


def _tickets() -> Any:
    return (
        select(
            Ticket.id, Ticket.number, Ticket.team_id, Team.name.label("team"), Ticket.channel, Ticket.priority,
            Ticket.opened_at, Ticket.policy_version_id, Person.tags.label("customer_tags"),
            Reason.name.label("reason"), Over.name.label("over"),
        )
        .join(Team, Team.id == Ticket.team_id)
        .join(Person, Person.id == Ticket.customer_id)
        .outerjoin(Reason, Reason.id == Ticket.reason_id)
        .outerjoin(Over, Over.id == Reason.parent_id)
        .limit(BATCH)
    )  # fmt: skip


PAST_TICKETS = (
    _tickets()
    .where(Ticket.imported_at.is_(None), Ticket.team_id == TEAM, Ticket.opened_at >= bindparam("first", type_=Instant))
    .where(Ticket.opened_at < bindparam("last", type_=Instant))
    .where(Ticket.opened_at >= AT, tuple_(Ticket.opened_at, Ticket.id) > tuple_(AT, ID))
    .order_by(Ticket.opened_at, Ticket.id)
)
OPEN_TICKETS = _tickets().where(Ticket.open, Ticket.id > ID).order_by(Ticket.id)


def _facts(row: Row[Any]) -> dict[str, Any]:
    return {
        "team": row.team,
        "channel": row.channel,
        "priority": row.priority,
        "tag": row.customer_tags,
        "reason": [name for name in (row.reason, row.over) if name],
    }


def _stored(ids: Sequence[int], at: datetime) -> dict[int, dict[tuple[str, int], Verdict]]:
    """The verdicts of stored clocks by ticket, and by what began them."""
    query = select(
        Clock.ticket_id, Clock.kind, Clock.started_seq, Clock.turn, Clock.state, Clock.due_at, Clock.ended_at
    ).where(Clock.ticket_id.in_(ids))
    found: dict[int, dict[tuple[str, int], Verdict]] = {}
    for row in db.session.execute(query):
        verdict = Verdict(
            row.turn, _verdict(row.state, row.due_at, at), row.due_at, row.ended_at is None and row.state != VOID
        )
        found.setdefault(row.ticket_id, {})[row.kind, row.started_seq] = verdict
    return found


def _verdict(state: str, due_at: datetime | None, at: datetime) -> str:
    if state in (RUNNING, PAUSED):
        return MISSED if due_at and due_at < at else NOT_DUE
    return state


def _verdicts(history: Sequence[Any], rules: Rules, at: datetime, priority: str) -> dict[tuple[str, int], Verdict]:
    """As if these rules had held from the beginning, whatever was applied later."""
    kept = [event for event in history if event.kind != "policy_applied"]
    return _by_key(counted(kept, rules, at, priority).clocks, at)


def _treated(
    history: Sequence[Any], row: Row[Any], rules: Rules, treatment: str, at: datetime
) -> dict[tuple[str, int], Verdict]:
    """As it would be if these rules were brought to the ticket now."""
    later = applied(at, rules, row.priority, treatment)
    found = counted(history, began(history, row.policy_version_id), at, row.priority, later)
    return _by_key(found.clocks, at + MICROSECOND)


def _by_key(clocks: Sequence[ClockState], at: datetime) -> dict[tuple[str, int], Verdict]:
    return {
        (clock.clock, int(clock.started_by or 0)): Verdict(
            clock.turn, _verdict(clock.state, clock.due_at, at), clock.due_at, clock.open
        )
        for clock in clocks
    }
