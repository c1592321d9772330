"""Why a deadline says what it says: every clock of a ticket, stretch by stretch, and in whose hands it was."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from helpdesk.errors import NotFound
from helpdesk.people.models import Absence, Person, Shift
from helpdesk.services import deadlines, timeline
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.policies import pinned, version
from helpdesk.services.store import ticket_for
from helpdesk.sla.clock import MET, MISSED, PAUSED, RUNNING, ClockState
from helpdesk.sla.explain import Holding, explain
from helpdesk.sla.models import RECOMPUTE, CalendarVersion, Clock, PolicyVersion
from helpdesk.tickets.models import Event, Ticket

OWNING = ("taken", "assigned")


@dataclass(frozen=True)
class Piece:
    """A part of a clock's life in which nothing changed: counted or not, why, who owned the ticket, past due or not."""

    start: datetime
    end: datetime
    counted: bool
    reason: str
    name: str
    holder: str | None
    over: bool

    @property
    def seconds(self) -> float:
        """How long it was."""
        return (self.end - self.start).total_seconds()


@dataclass(frozen=True)
class Applied:
    """A policy version and from when on it held for a ticket; *treatment* when it was brought to one that was there."""

    version: PolicyVersion
    since: datetime
    priority: str
    treatment: str = ""

    @property
    def calendar(self) -> CalendarVersion | None:
        """The working calendar by which it counts at the ticket's priority; None around the clock."""
        working = pinned(self.version.id).policy.time_for(self.priority) == "working"
        return self.version.calendar_version if working else None

    @property
    def facts(self) -> dict[str, Any]:
        """The same for other programs."""
        return {
            "policy": self.version.definition["name"],
            "version": self.version.version,
            "calendar": self.calendar.calendar.name if self.calendar else None,
            "calendar_version": self.calendar.version if self.calendar else None,
            "since": self.since.isoformat(),
            "treatment": self.treatment or None,
        }


@dataclass(frozen=True)
class ExplainedClock:
    """One clock; *said* is what helpdesk.sla.explain says of it, *rules* are the versions by which it was counted.

    *shares* are (owner or None, seconds used), *teams* the same by team, *shifts* by shift of the owner at that time: None
    while nobody owned it or the owner was off shift. *in_hand* is the event by which somebody stopped its ladder.
    """

    state: ClockState
    look: str
    over: float
    pieces: list[Piece]
    paused: float
    shares: list[tuple[str | None, float]]
    teams: list[tuple[str | None, float]]
    shifts: list[tuple[Shift | None, float]]
    said: dict[str, Any]
    stored: bool
    rules: list[Applied]
    in_hand: Event | None

    @property
    def key(self) -> str:
        """Its name in addresses."""
        return f"{self.state.clock}-{self.state.turn}"


@dataclass(frozen=True)
class Explained:
    """All clocks of a ticket with the rules they ran by; *stored* says whether the database holds the same."""

    ticket: Ticket
    rules: PolicyVersion | None
    working: bool
    clocks: list[ExplainedClock]

    @property
    def stored(self) -> bool:
        """Whether counting again gives what is stored."""
        return all(clock.stored for clock in self.clocks)


def explained(number: int, *, by: Person) -> Explained:
    """The deadlines of a ticket that *by* may see, explained."""
    return of(ticket_for(by, number))


def of_number(number: int) -> Explained:
    """The deadlines of any ticket, for whoever has the command line."""
    ticket = db.session.scalar(select(Ticket).where(Ticket.number == number))
    if ticket is None:
        raise NotFound("There is no ticket #{number}, or it belongs to another team.", number=number)
    return of(ticket)


def of(ticket: Ticket) -> Explained:
    """Count all deadlines of a ticket again, from its history, and say why they came out so."""
    if ticket.policy_version_id is None:
        return Explained(ticket, None, False, [])
    events = db.session.scalars(select(Event).where(Event.ticket_id == ticket.id).order_by(Event.seq)).all()
    rows = {(row.kind, row.turn): row for row in db.session.scalars(select(Clock).where(Clock.ticket_id == ticket.id))}
    owners, shifts = list(holders(events)), _shifts(events)
    everybody = [*owners, *_teams(events), *_at_work(owners, events, shifts)]
    versions = list(_applied(ticket, events))
    found = deadlines.replayed(ticket, now()).clocks
    hands = {key: timeline.in_hand(row, events) for key, row in rows.items()}
    clocks = [_clock(state, everybody, shifts, rows, _rules_of(state, versions), hands) for state in found]
    working = pinned(ticket.policy_version_id).policy.time_for(ticket.priority) == "working"
    return Explained(ticket, version(ticket.policy_version_id), working, clocks)


def _applied(ticket: Ticket, events: Sequence[Event]) -> Iterator[Applied]:
    """The policy versions of a ticket, the first one from its opening on."""
    changes = [event for event in events if event.kind == "policy_applied"]
    first = changes[0].facts.get("old") if changes else ticket.policy_version_id
    if first:
        yield Applied(version(first), events[0].at, ticket.priority)
    for event in changes:
        yield Applied(version(event.facts["new"]), event.at, ticket.priority, event.facts["treatment"])


def _rules_of(state: ClockState, versions: Sequence[Applied]) -> list[Applied]:
    """Those that held while a clock ran; one that counted it anew stands for all before it."""
    found: list[Applied] = []
    for i, one in enumerate(versions):
        until = versions[i + 1].since if i + 1 < len(versions) else None
        if (until is None or state.started_at < until) and (state.ended_at is None or one.since <= state.ended_at):
            missed_before = state.state == MISSED and state.due_at is not None and state.due_at < one.since
            found = [one] if one.treatment == RECOMPUTE and not missed_before else [*found, one]
    return found


def holders(events: Sequence[Event]) -> Iterator[Holding]:
    """Who owned the ticket, from when to when; while nobody did, nothing is said."""
    for event, after in pairwise([*_owned(events), None]):
        if event is not None and event.facts.get("new"):
            yield Holding("owner", str(event.facts["new"]), event.at, after.at if after else None)


def _owned(events: Sequence[Event]) -> list[Event]:
    return [event for event in events if event.kind in OWNING or event.kind == "opened"]


def _teams(events: Sequence[Event]) -> Iterator[Holding]:
    """In which team's queue it lay."""
    changes = [event for event in events if event.kind == "team_changed" or event.facts.get("team")]
    for event, after in pairwise([*changes, None]):
        if event is not None:
            name = event.facts["new"] if event.kind == "team_changed" else event.facts["team"]
            yield Holding("team", str(name), event.at, after.at if after else None)


def _shifts(events: Sequence[Event]) -> dict[str, Shift]:
    """The shifts of everybody who has owned it, by the names under which they are told apart."""
    ids = {event.facts.get("new_id") for event in _owned(events)} - {None}
    if not ids or not events:
        return {}
    query = select(Shift).where(Shift.person_id.in_(ids), Shift.ends_at > events[0].at, Shift.starts_at < now())
    found = db.session.scalars(query.options(joinedload(Shift.person)).order_by(Shift.starts_at, Shift.id))
    return {
        f"{one.person.name}, {one.starts_at:%Y-%m-%d %H:%M} to {one.ends_at:%Y-%m-%d %H:%M} UTC": one for one in found
    }


def _at_work(owners: Sequence[Holding], events: Sequence[Event], shifts: dict[str, Shift]) -> Iterator[Holding]:
    """The parts of an ownership that lay in a shift of the owner's and in no absence."""
    people = {event.at: event.facts.get("new_id") for event in _owned(events)}
    for held in owners:
        for name, shift in shifts.items():
            start, end = max(held.start, shift.starts_at), min(held.end or shift.ends_at, shift.ends_at)
            if shift.person_id == people.get(held.start) and start < end:
                yield from (Holding("shift", name, *part) for part in _present(shift.person_id, start, end))


def _present(person_id: int, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """What is left of a stretch of a shift beside absences, which count whatever the roster says."""
    away = select(Absence).where(Absence.person_id == person_id, Absence.starts_at < end, Absence.ends_at > start)
    for absence in db.session.scalars(away.order_by(Absence.starts_at, Absence.id)):
        if start < absence.starts_at:
            yield start, absence.starts_at
        start = max(start, absence.ends_at)
    if start < end:
        yield start, end


def _clock(
    state: ClockState, everybody: Sequence[Holding], shifts: dict[str, Shift], rows: dict[tuple[str, int], Clock],
    rules: list[Applied],
    hands: dict[tuple[str, int], Event | None],
) -> ExplainedClock:  # fmt: skip
    said = explain(state, everybody)
    pieces = list(_pieces(said["stretches"], state.due_at, [held for held in everybody if held.kind == "owner"]))
    return ExplainedClock(
        state=state,
        look=look(state),
        over=(state.late or -state.remaining).total_seconds(),
        pieces=pieces,
        paused=sum(piece.seconds for piece in pieces if piece.reason == "paused"),
        shares=_shared(said, "owner") or [(None, state.used_seconds)],
        teams=_shared(said, "team"),
        shifts=[(shifts.get(name or ""), length) for name, length in _shared(said, "shift")],
        said=said,
        stored=_as_stored(state, rows.get((state.clock, state.turn))),
        rules=rules,
        in_hand=hands.get((state.clock, state.turn)),
    )


def _shared(said: dict[str, Any], kind: str) -> list[tuple[str | None, float]]:
    return [(share["holder"], share["seconds"]) for share in said["shares"].get(kind, [])]


def look(state: ClockState) -> str:
    """How a verdict is shown: met, late, hold, ok, or nothing for what has none."""
    if state.state == RUNNING:
        return "late" if state.due_at and state.due_at < now() else "ok"
    return {MET: "met", MISSED: "late", PAUSED: "hold"}.get(state.state, "")


def _pieces(
    stretches: Sequence[dict[str, Any]], due_at: datetime | None, holdings: Sequence[Holding]
) -> Iterator[Piece]:
    """The stretches, cut where the ticket changed hands and where the deadline passed."""
    borders = {held.start for held in holdings} | {held.end for held in holdings if held.end}
    for stretch in stretches:
        start, end = (datetime.fromisoformat(stretch[side]) for side in ("from", "to"))
        inner = {at for at in borders | ({due_at} if due_at else set()) if start < at < end}
        for a, b in pairwise(sorted({start, end} | inner)):
            yield Piece(
                start=a,
                end=b,
                counted=stretch["counted"],
                reason=stretch["reason"],
                name=stretch.get("name") or stretch.get("status") or "",
                holder=_holder(a, holdings),
                over=bool(due_at and stretch["counted"] and a >= due_at),
            )


def _holder(at: datetime, holdings: Sequence[Holding]) -> str | None:
    return next((held.holder for held in holdings if held.start <= at and (held.end is None or at < held.end)), None)


def _as_stored(state: ClockState, row: Clock | None) -> bool:
    """Whether the stored clock began, fell due and ended at the same instants."""
    if row is None:
        return False
    second = timedelta(seconds=1)
    pairs = ((row.started_at, state.started_at), (row.due_at, state.due_at), (row.ended_at, state.ended_at))
    return all(a == b or (a is not None and b is not None and abs(a - b) < second) for a, b in pairs)
