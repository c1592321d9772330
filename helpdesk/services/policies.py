"""Which promise a new ticket gets, and the calendar it is counted by."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Engine, select

from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.sla.calendar import Calendar
from helpdesk.sla.models import RUNNING_CLOCKS, CalendarVersion, PolicyRow, PolicyVersion
from helpdesk.sla.policy import Policy
from helpdesk.tickets.models import Ticket
from helpdesk.tickets.policy import apply_policy


class Rules:
    """A policy with its working calendar: what a ticket is promised."""

    def __init__(self, policy: Policy, working: Calendar) -> None:
        self.policy, self.working = policy, working

    def calendar(self, priority: str) -> Calendar:
        """The calendar that counts for this priority: working hours, or all hours."""
        return self.policy.calendar_for(priority, self.working)

    def check(self, at: datetime) -> None:
        """Whether everything that is promised falls due some day; CalendarError says what does not."""
        for priority, targets in self.policy.targets.items():
            for seconds in targets.values():
                if seconds:
                    self.calendar(priority).due_at(at, timedelta(seconds=seconds))


NOTHING_PROMISED = Rules(Policy("", {}, {}, {}, (), ()), Calendar.from_definition(None))


class Pinned(Rules):
    """An immutable policy version with its calendar, as a ticket is bound to it."""

    def __init__(self, version: PolicyVersion) -> None:
        self.id, self.policy_id = version.id, version.policy_id
        self.calendar_id = version.calendar_version.calendar_id if version.calendar_version else None
        super().__init__(Policy.from_definition(version.definition), working(version.calendar_version))


def working(version: CalendarVersion | None) -> Calendar:
    """The calendar as it was kept, by the rules its time zone had then; 24/7 without one."""
    if version is None:
        return Calendar.from_definition(None)
    return Calendar.from_definition(version.definition, version.zone.data if version.zone else None)


LATEST = (
    select(PolicyVersion.id)
    .where(PolicyVersion.policy_id == PolicyRow.id)
    .order_by(PolicyVersion.version.desc())
    .limit(1)
    .scalar_subquery()
)
IN_FORCE = select(LATEST).where(PolicyRow.active).order_by(PolicyRow.position, PolicyRow.id)


def newest_versions() -> list[PolicyVersion]:
    """The newest version of each active policy, in order of the list."""
    return [version(found) for found in db.session.scalars(IN_FORCE) if found is not None]


def version(version_id: int) -> PolicyVersion:
    """One policy version."""
    return db.session.get_one(PolicyVersion, version_id)


def pin(ticket: Ticket, promises: Iterable[Pinned]) -> None:
    """Bind a new ticket to the first policy that matches it; without one it has no deadlines."""
    found = first(facts_of(ticket), promises)
    if found is not None:
        ticket.policy_version_id = found.id


def take_up(tickets: Iterable[Ticket]) -> None:
    """Bind imported tickets that are open to the first policy that matches: from now on something is promised for them."""
    found = [one for one in tickets if one.imported_at is not None and one.open and one.policy_version_id is None]
    promises = active() if found else []
    for ticket in found:
        pinned_one = first(facts_of(ticket), promises)
        if pinned_one is not None:
            _apply(ticket, version(pinned_one.id))


def _apply(ticket: Ticket, one: PolicyVersion) -> None:
    name, at = str(one.definition["name"]), max(now(), ticket.changed_at)
    apply_policy(ticket, version=one.id, name=name, number=one.version, treatment=RUNNING_CLOCKS, by=None, at=at)


def first(facts: Mapping[str, Any], promises: Iterable[Pinned]) -> Pinned | None:
    """The first of these that holds for such a ticket."""
    return next((one for one in promises if one.policy.matches(facts)), None)


def facts_of(ticket: Ticket) -> dict[str, Any]:
    """What the conditions of a policy are held against."""
    return {
        "team": ticket.team.name,
        "channel": ticket.channel,
        "priority": ticket.priority,
        "tag": list(ticket.customer.tags),
        "reason": ticket.reason.names if ticket.reason is not None else None,
    }


def pinned(version_id: int) -> Pinned:
    """The pinned policy of a ticket; versions never change, so it is read once."""
    return _pinned(db.engine, version_id)


@lru_cache(maxsize=512)
def _pinned(_database: Engine, version_id: int) -> Pinned:
    return Pinned(version(version_id))


def active() -> list[Pinned]:
    """The newest version of each active policy, in order of the list, ready to be pinned."""
    return [pinned(found) for found in db.session.scalars(IN_FORCE) if found is not None]
