"""How a saved policy version reaches the open tickets that are there: from now on, or counted anew from their start."""

import time
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import selectinload

from helpdesk.people.models import Person
from helpdesk.services import policies
from helpdesk.services.database import db
from helpdesk.services.deadlines import refresh_all
from helpdesk.services.instant import now
from helpdesk.services.store import transaction
from helpdesk.sla.models import NEW_TICKETS, PolicyVersion, Treatment
from helpdesk.tickets import actions
from helpdesk.tickets.models import Ticket

BATCH = 100
LONGEST = 10.0  # seconds


def order(versions: Iterable[PolicyVersion], treatment: str, by: Person | None) -> None:
    """Promise, within the transaction that saves them, that these versions reach the tickets that are there."""
    if treatment != NEW_TICKETS:
        for version in versions:
            row = Treatment(version_id=version.id, kind=treatment, ordered_by=by and by.id, ordered_at=now())
            db.session.add(row)


def underway(policy_id: int) -> Treatment | None:
    """The treatment of this policy that is not through yet."""
    query = select(Treatment).join(PolicyVersion).where(PolicyVersion.policy_id == policy_id)
    return db.session.scalar(query.where(Treatment.finished_at.is_(None)).order_by(Treatment.id).limit(1))


def apply() -> None:
    """Bring what was ordered to the tickets, the oldest order first; what is left after a while waits for the next ring."""
    enough = time.monotonic() + LONGEST
    while time.monotonic() < enough and _batch():
        pass


def _batch() -> bool:
    """Some tickets of the oldest order; False when there is nothing to do, or another worker is at it."""
    with transaction():
        query = select(Treatment).where(Treatment.finished_at.is_(None)).order_by(Treatment.id).limit(1)
        treatment = db.session.scalar(query.with_for_update(skip_locked=True))
        if treatment is None:
            return False
        at, tickets = now(), _next(treatment)
        reached = [ticket for ticket in tickets if _fits(ticket, treatment)]
        _bind(reached, treatment, at)
        treatment.tickets += len(reached)
        treatment.last_id = tickets[-1].id if tickets else treatment.last_id
        treatment.finished_at = None if tickets else at
    return True


def _next(treatment: Treatment) -> Sequence[Ticket]:
    """Open tickets under an older version of this policy, and those under none."""
    older = select(PolicyVersion.id).where(
        PolicyVersion.policy_id == treatment.version.policy_id, PolicyVersion.version < treatment.version.version
    )
    under = or_(Ticket.policy_version_id.in_(older), Ticket.policy_version_id.is_(None))
    query = select(Ticket).where(and_(Ticket.open, Ticket.id > treatment.last_id, under))
    facts = selectinload(Ticket.team), selectinload(Ticket.customer)
    query = query.options(*facts).order_by(Ticket.id).limit(BATCH).with_for_update(of=Ticket)
    return db.session.scalars(query.execution_options(populate_existing=True)).all()


def _fits(ticket: Ticket, treatment: Treatment) -> bool:
    """Whether it is reached: a ticket without a policy only when this one is the first that fits."""
    if ticket.policy_version_id is not None:
        return True
    first = policies.first(policies.facts_of(ticket), policies.active())
    return first is not None and first.policy_id == treatment.version.policy_id


def _bind(tickets: Sequence[Ticket], treatment: Treatment, at: datetime) -> None:
    if tickets:
        by, version = db.session.get(Person, treatment.ordered_by or 0), treatment.version
        for ticket in tickets:
            actions.apply_policy(
                ticket, version=version.id, name=version.definition["name"], number=version.version,
                treatment=treatment.kind, by=by, at=at,
            )  # fmt: skip
        refresh_all(tickets)
