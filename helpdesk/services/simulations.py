"""Simulations: a draft of a policy or a calendar, counted by the workers over past and open tickets, and then saved or not."""

import time
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import delete, insert, select, update

from helpdesk.errors import Conflict, NotFound
from helpdesk.orm import Json
from helpdesk.people.models import Person, Team
from helpdesk.people.roles import Role
from helpdesk.services import bell, policies, rules, treatments
from helpdesk.services.administration import changed
from helpdesk.services.database import db, end_reading
from helpdesk.services.instant import now
from helpdesk.services.outcomes import Line, in_order, line_of
from helpdesk.services.policies import Pinned, Rules, pinned
from helpdesk.services.simulate import START, Changed, Count, Counts, Draft
from helpdesk.services.store import get, many, permit, transaction, visible
from helpdesk.services.versions import keep_calendar, keep_policy
from helpdesk.sla.calendar import Calendar
from helpdesk.sla.clock import CLOCKS
from helpdesk.sla.models import CalendarRow, CalendarVersion, PolicyRow, PolicyVersion, SimulatedClock, Simulation
from helpdesk.sla.policy import ANY_PRIORITY, Policy
from helpdesk.sla.refusal import Refusal
from helpdesk.tickets.models import Ticket

LONGEST = 5.0  # seconds, so that other work comes between
KEPT = timedelta(days=7)
PAGE = 50
log = structlog.get_logger()
CHANGES = insert(SimulatedClock.__table__)  # type: ignore[arg-type]


def simulate_policy(
    policy_id: int | None, *, definition: Json, calendar_id: int | None, first: datetime, last: datetime, by: Person
) -> Simulation:
    """Have it counted what a draft of a policy would mean. PolicyError says what to change."""
    read = Policy.from_definition(definition)
    newest = rules.policy(policy_id, by).versions[-1].id if policy_id else None
    return _begun(
        policy_id=policy_id, base_version_id=newest, name=read.name, definition=read.definition(), counted_by=calendar_id,
        period=(first, last), by=by,
    )  # fmt: skip


def simulate_calendar(
    calendar_id: int, *, name: str, definition: Json, first: datetime, last: datetime, by: Person
) -> Simulation:
    """Have it counted what a draft of a calendar would mean. CalendarError says what to change."""
    tidy = Calendar.from_definition(definition).definition() or {}
    newest = rules.calendar(calendar_id, by).versions[-1].id
    return _begun(
        calendar_id=calendar_id, base_version_id=newest, name=name, definition=tidy, period=(first, last), by=by
    )


def _begun(*, period: tuple[datetime, datetime], by: Person, **draft: Any) -> Simulation:
    permit(by, "simulate")
    with transaction():
        at, in_force = now(), [one.id for one in policies.active()]
        row = Simulation(
            first_at=period[0], last_at=min(period[1], at), made_by=by.id, made_at=at, next_at=at, batches=0,
            place={"next": START, "in_force": in_force}, **draft,
        )  # fmt: skip
        count = _count(row)
        for rules_then in count.draft.changed.values():
            rules_then.check(at)
        row.total = count.total()
        db.session.add(row)
    return row


def forget_old() -> None:
    """Drop drafts of more than a week ago."""
    with transaction():
        old = select(Simulation.id).where(Simulation.made_at < now() - KEPT)
        ids = db.session.scalars(old).all()
        db.session.execute(delete(SimulatedClock).where(SimulatedClock.simulation_id.in_(ids)))
        db.session.execute(delete(Simulation).where(Simulation.id.in_(ids)))


def counting(
    name: str, definition: Json | None, promises: dict[str, dict[str, int]], first: datetime, last: datetime
) -> Iterator[tuple[Count, list[Changed]]]:
    """Count at once what a policy would mean with another definition, or with some other promises; for the command line.

    Yields the count after each batch, with the clocks of that batch that would come out otherwise. Nothing is written.
    """
    row = db.session.scalar(select(PolicyRow).where(PolicyRow.name == name))
    if row is None:
        raise NotFound("There is no policy called {name}; the names are in Settings, Policies.", name=name)
    newest = row.versions[-1]
    working = newest.calendar_version.definition if newest.calendar_version else None
    wanted = definition or _with(newest.definition, promises)
    draft = Draft({row.id: _rules(wanted, working)}, policies.active())
    draft.changed[row.id].check(now())
    count = Count(draft, first, min(last, now()), now(), Counts())
    while count.place:
        found = count.batch()
        yield count, found
        db.session.rollback()


def _with(definition: Json, promises: dict[str, dict[str, int]]) -> Json:
    """The same policy with other targets for some priorities; what is not said of one stays as "*" has it."""
    targets: dict[str, Any] = definition["targets"]
    usual = targets.get(ANY_PRIORITY, {})
    changed = {priority: {**targets.get(priority, usual), **wanted} for priority, wanted in promises.items()}
    return {**definition, "targets": {**targets, **changed}}


def run() -> None:
    """Count on, the oldest first; what is left after a while waits for the next ring. Killed, it goes on where it was."""
    enough = time.monotonic() + LONGEST
    while time.monotonic() < enough and not bell.pressing() and _batch():
        pass


def _batch() -> bool:
    """Count one batch and keep it with the place after it; False when nothing waits.

    Counting holds no lock; when somebody else has kept the same batch meanwhile, theirs holds.
    """
    query = select(Simulation).where(Simulation.next_at.is_not(None)).order_by(Simulation.id).limit(1)
    row = db.session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        return False
    try:
        count = _count(row)
        found = count.batch()
    except Refusal as error:
        log.error("simulation.failed", simulation=row.id, why=str(error))
        _keep(row.id, row.batches, {"next_at": None, "result": {**row.result, "failed": True}}, [])
        return True
    place = {**row.place, "next": count.place}
    result = {"tickets": count.counts.tickets, "clocks": count.counts.numbers}
    more = {"place": place, "result": result, "done": count.counts.looked, "next_at": now() if count.place else None}
    _keep(row.id, row.batches, more, found)
    return True


def _keep(simulation_id: int, before: int, more: Json, found: Sequence[Changed]) -> None:
    end_reading()
    with transaction():
        mine = update(Simulation).where(Simulation.id == simulation_id, Simulation.batches == before)
        kept = db.session.execute(mine.values(batches=before + 1, **more).returning(Simulation.id)).first()
        if kept is not None:
            rows = [one._asdict() for one in found]
            many(
                CHANGES, [{"simulation_id": simulation_id, **{key: row[key] for key in KEPT_OF_CHANGE}} for row in rows]
            )


KEPT_OF_CHANGE = ("scope", "ticket_id", "kind", "turn", "before", "after", "due_before", "due_after")


def _count(row: Simulation) -> Count:
    """The count of a simulation, as far as it has come."""
    so_far = deepcopy(row.result or {})
    counts = Counts(row.done or 0, so_far.get("tickets", {}), so_far.get("clocks", {}))
    in_force = [pinned(version_id) for version_id in row.place["in_force"]]
    draft = Draft(_changed(row, in_force), in_force)
    return Count(draft, row.first_at, row.last_at, row.made_at, counts, row.place["next"])


def _changed(row: Simulation, in_force: Sequence[Pinned]) -> dict[int | None, Rules]:
    """The rules that the draft would change, by the id of the policy's row."""
    if row.calendar_id is None:
        working = get(CalendarRow, row.counted_by).versions[-1].definition if row.counted_by else None
        return {row.policy_id: _rules(row.definition, working)}
    return {
        one.policy_id: Rules(one.policy, Calendar.from_definition(row.definition))
        for one in in_force
        if one.calendar_id == row.calendar_id
    }


def _rules(policy: Json, working: Json | None) -> Rules:
    return Rules(Policy.from_definition(policy), Calendar.from_definition(working))


@dataclass(frozen=True)
class Found:
    """A simulation as *by* may see it: administrators all teams, others their own. *tickets* came in the period."""

    row: Simulation
    tickets: int
    total: dict[str, list[Line]]
    teams: list[Line]
    stale: bool

    @property
    def share(self) -> float:
        """How much of it is counted, a percentage."""
        return 100 * self.row.done / (self.row.total or 1)

    @property
    def running(self) -> bool:
        """Whether it is still being counted."""
        return self.row.next_at is not None


def simulation(simulation_id: int, by: Person) -> Found:
    """One simulation, as far as it has come."""
    permit(by, "simulate")
    row: Simulation = get(Simulation, simulation_id)
    teams = {str(id): name for id, name in db.session.execute(select(Team.id, Team.name).order_by(Team.name))}
    mine = set(teams) if by.role == Role.ADMINISTRATOR else {str(id) for id in by.team_ids}
    clocks = row.result.get("clocks", {})
    total = {
        scope: [line_of(kind, "", [cells[id] for id in cells.keys() & mine]) for kind, cells in in_order(kinds)]
        for scope, kinds in clocks.items()
    }
    past = clocks.get("past", {})
    by_team = [
        line_of(kind, teams[id], [cells[id]])
        for kind, cells in in_order(past)
        for id in teams
        if id in cells.keys() & mine
    ]
    tickets = sum(number for id, number in row.result.get("tickets", {}).items() if id in mine)
    return Found(row, tickets, total, by_team, _stale(row))


def _stale(row: Simulation) -> bool:
    """Whether what it was drafted from has a newer version by now."""
    if row.version_id is not None:
        return False
    newest = _newest(row)
    return newest != row.base_version_id


def _newest(row: Simulation) -> int | None:
    if row.calendar_id is not None:
        found: CalendarVersion = get(CalendarRow, row.calendar_id).versions[-1]
        return found.id
    return get(PolicyRow, row.policy_id).versions[-1].id if row.policy_id else None


def changes(simulation_id: int, *, scope: str, kind: str, after: int, by: Person) -> Sequence[Any]:
    """A page of the clocks that would come out otherwise and of tickets that *by* may see: (SimulatedClock, number, subject)."""
    permit(by, "simulate")
    query = (
        select(SimulatedClock, Ticket.number, Ticket.subject)
        .join(Ticket, Ticket.id == SimulatedClock.ticket_id)
        .where(SimulatedClock.simulation_id == simulation_id, SimulatedClock.scope == scope, visible(by))
        .where(SimulatedClock.id > after, SimulatedClock.kind.in_([kind] if kind else CLOCKS))
    )
    return db.session.execute(query.order_by(SimulatedClock.id).limit(PAGE + 1)).all()


def save(simulation_id: int, *, treatment: str, by: Person) -> PolicyVersion | CalendarVersion:
    """Save the draft as the next version, with one of the three treatments of the tickets that are there."""
    permit(by, "administer")
    with transaction():
        get(Simulation, simulation_id)
        held = select(Simulation).where(Simulation.id == simulation_id).with_for_update()
        row = db.session.scalars(held.execution_options(populate_existing=True)).one()
        _ripe(row)
        made, followers = _saved(row)
        treatments.order(followers, treatment, by)
        row.version_id = made.id
    changed("draft.saved", by, simulation=simulation_id, version=made.version, treatment=treatment)
    return made


def _ripe(row: Simulation) -> None:
    if row.version_id is not None:
        raise Conflict("This draft was saved already.")
    if row.next_at is not None:
        raise Conflict("The draft is still being counted; wait until it is shown what would change.")
    if _stale(row):
        raise Conflict("Another version was saved meanwhile; count the draft again before saving it.")


def _saved(row: Simulation) -> tuple[PolicyVersion | CalendarVersion, list[PolicyVersion]]:
    if row.calendar_id is not None:
        return keep_calendar(row.calendar_id, row.name, row.definition)
    made = keep_policy(row.policy_id, row.definition, row.counted_by)
    return made, [made]
