"""How a saved policy version reaches the open tickets that are there: from now on, or counted anew from their start."""

import time
from collections.abc import Iterable, Sequence
from datetime import timedelta

import structlog
from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import selectinload

from helpdesk.people.models import Person
from helpdesk.services import bell, policies
from helpdesk.services.database import db, end_reading
from helpdesk.services.deadlines import refresh_all
from helpdesk.services.instant import now
from helpdesk.services.store import transaction
from helpdesk.sla.models import NEW_TICKETS, PolicyVersion, Treatment
from helpdesk.sla.refusal import Refusal
from helpdesk.tickets.models import Event, Ticket
from helpdesk.tickets.policy import apply_policy

BATCH = 100
LONGEST = 10.0  # seconds
SETTLED = timedelta(minutes=1)  # by then what was being filed when it was ordered is committed
AGAIN = ("reopened", "unjunked")
log = structlog.get_logger()


def order(
    versions: Iterable[PolicyVersion], treatment: str, by: Person | None, of: PolicyVersion | None = None
) -> None:
    """Promise, within the transaction that saves them, that these versions reach the tickets that are there.

    *of*: only those of that version.
    """
    if treatment != NEW_TICKETS:
        at = now()
        for version in versions:
            row = Treatment(version_id=version.id, kind=treatment, ordered_by=by and by.id, ordered_at=at, next_at=at)
            row.from_version_id = of.id if of else None
            db.session.add(row)


def underway(policy_id: int) -> Treatment | None:
    """The treatment of this policy that has not looked at all tickets yet."""
    query = select(Treatment).join(PolicyVersion).where(PolicyVersion.policy_id == policy_id, Treatment.passes == 0)
    return db.session.scalar(query.where(Treatment.next_at.is_not(None)).order_by(Treatment.id).limit(1))


def apply() -> None:
    """Bring what was ordered to the tickets, in the order of ordering; what is left after a while waits for the next ring."""
    enough = time.monotonic() + LONGEST
    while time.monotonic() < enough and not bell.pressing() and _batch():
        pass


def _batch() -> bool:
    """Some tickets of the oldest order that is due; False when there is none, or another worker is at it."""
    due = select(Treatment.id).where(Treatment.next_at <= now()).order_by(Treatment.id).limit(1)
    oldest = db.session.scalar(due)
    end_reading()
    try:
        return oldest is not None and _carried_on(oldest)
    except Refusal as error:
        _give_up(oldest, error)
        return True


def _carried_on(treatment_id: int) -> bool:
    with transaction():
        held = select(Treatment).where(Treatment.id == treatment_id, Treatment.next_at.is_not(None))
        treatment = db.session.scalar(held.with_for_update(skip_locked=True).execution_options(populate_existing=True))
        if treatment is None:
            return False
        tickets = _next(treatment)
        _bind(_reached(tickets, treatment), treatment)
        _move_on(treatment, tickets)
    return True


def _next(treatment: Treatment) -> Sequence[Ticket]:
    """What is open and was when it was ordered."""
    facts = selectinload(Ticket.team), selectinload(Ticket.customer)
    again = exists().where(
        Event.ticket_id == Ticket.id, Event.kind.in_(AGAIN), Event.recorded_at > treatment.ordered_at
    )
    query = select(Ticket).where(Ticket.open, Ticket.id > treatment.last_id, _under(treatment), ~again)
    query = query.options(*facts).order_by(Ticket.id).limit(BATCH).with_for_update(of=Ticket)
    return db.session.scalars(query.execution_options(populate_existing=True)).all()


def _under(treatment: Treatment) -> ColumnElement[bool]:
    """Tickets under an older version of this policy, and those under none; or those of one version."""
    if treatment.from_version_id is not None:
        return Ticket.policy_version_id == treatment.from_version_id
    version = treatment.version
    older = select(PolicyVersion.id).where(
        PolicyVersion.policy_id == version.policy_id, PolicyVersion.version < version.version
    )
    return or_(Ticket.policy_version_id.in_(older), Ticket.policy_version_id.is_(None))


def _reached(tickets: Sequence[Ticket], treatment: Treatment) -> list[Ticket]:
    """Those of its policy; of those without one, for whom it is the first that fits."""
    if all(ticket.policy_version_id for ticket in tickets):
        return list(tickets)
    in_force, own = policies.active(), treatment.version.policy_id
    firsts = {ticket.id: policies.first(policies.facts_of(ticket), in_force) for ticket in tickets}
    return [
        ticket for ticket in tickets
        if ticket.policy_version_id or ((first := firsts[ticket.id]) is not None and first.policy_id == own)
    ]  # fmt: skip


def _bind(tickets: Sequence[Ticket], treatment: Treatment) -> None:
    """Each at an instant that nothing of its history comes after: what has ended has ended before."""
    if not tickets:
        return
    by, version = db.session.get(Person, treatment.ordered_by or 0), treatment.version
    for ticket in tickets:
        apply_policy(
            ticket, version=version.id, name=version.definition["name"], number=version.version,
            treatment=treatment.kind, by=by, at=max(now(), ticket.changed_at),
        )  # fmt: skip
    refresh_all(tickets)
    treatment.tickets += len(tickets)


def _move_on(treatment: Treatment, tickets: Sequence[Ticket]) -> None:
    """To the next tickets; after the last one once more from the start, a while later, and then it is through."""
    if tickets:
        treatment.last_id = tickets[-1].id
        return
    treatment.passes, treatment.last_id = treatment.passes + 1, 0
    treatment.next_at = now() + SETTLED if treatment.passes == 1 else None


def _give_up(treatment_id: int | None, error: Refusal) -> None:
    """A calendar that never comes to an end would be tried for ever, and nothing after it."""
    log.error("treatment.failed", treatment=treatment_id, why=str(error))
    with transaction():
        db.session.get_one(Treatment, treatment_id).next_at = None
