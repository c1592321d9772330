"""Calendars and policies as the administrator sets them up: each save makes a new version, old tickets keep theirs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from helpdesk.orm import Json
from helpdesk.people.models import Person
from helpdesk.services import treatments
from helpdesk.services.administration import changed
from helpdesk.services.database import db
from helpdesk.services.policies import newest_versions
from helpdesk.services.store import get, permit, transaction
from helpdesk.services.versions import STEP, keep_calendar, keep_policy
from helpdesk.sla.models import NEW_TICKETS, CalendarRow, PolicyRow, PolicyVersion
from helpdesk.sla.policy import Policy, overlapping, shadowed

LATE = 10  # October: by then the next year's moved days are published


def calendars(by: Person) -> Sequence[CalendarRow]:
    """Every calendar with its versions, by name."""
    permit(by, "see_rules")
    return db.session.scalars(
        select(CalendarRow).options(selectinload(CalendarRow.versions)).order_by(CalendarRow.name)
    ).all()


def calendar(calendar_id: int, by: Person) -> CalendarRow:
    """One calendar."""
    permit(by, "see_rules")
    found: CalendarRow = get(CalendarRow, calendar_id)
    return found


def save_calendar(
    calendar_id: int | None, *, name: str, definition: Json, by: Person, treatment: str = NEW_TICKETS
) -> CalendarRow:
    """A new version of a calendar, and of each policy that counts by it; *treatment* says what of the tickets there are.

    CalendarError says what to change.
    """
    permit(by, "administer")
    with transaction():
        made, followers = keep_calendar(calendar_id, name, definition)
        treatments.order(followers, treatment, by)
    changed("calendar.saved", by, calendar=made.calendar_id, version=made.version)
    return calendar(made.calendar_id, by)


def unknown_years(definition: Json, at: datetime) -> list[int]:
    """Years of which a calendar with dated days says nothing: this one, and from October on the next."""
    known = {
        day[:4]
        for field in ("holidays", "overrides")
        for day in definition.get(field, ())
        if len(day) == len("2026-12-31")
    }
    local = at.astimezone(ZoneInfo(definition["tz"]))
    asked = [local.year, *([local.year + 1] if local.month >= LATE else [])]
    return [year for year in asked if known and str(year) not in known]


@dataclass(frozen=True)
class Listed:
    """A policy in the list; *shadow* names the earlier one that takes all of its tickets, *above* those that take some."""

    row: PolicyRow
    newest: PolicyVersion
    policy: Policy
    shadow: str
    above: list[str]


def policies(by: Person) -> list[Listed]:
    """All policies in the order in which they are tried."""
    permit(by, "see_rules")
    rows = db.session.scalars(
        select(PolicyRow).options(selectinload(PolicyRow.versions)).order_by(PolicyRow.position, PolicyRow.id)
    ).all()
    pairs = [(row, Policy.from_definition(row.versions[-1].definition)) for row in rows if row.versions]
    active = [policy for row, policy in pairs if row.active]
    hidden = {narrow.name: wide.name for narrow, wide in shadowed(active)}
    above: dict[str, list[str]] = {}
    for later, earlier in overlapping(active):
        if later.name not in hidden and earlier.name not in hidden:
            above.setdefault(later.name, []).append(earlier.name)
    return [
        Listed(row, row.versions[-1], policy, hidden.get(row.name, ""), above.get(row.name, []))
        if row.active
        else Listed(row, row.versions[-1], policy, "", [])
        for row, policy in pairs
    ]


def policy(policy_id: int, by: Person) -> PolicyRow:
    """One policy."""
    permit(by, "see_rules")
    found: PolicyRow = get(PolicyRow, policy_id)
    return found


def save_policy(
    policy_id: int | None, *, definition: Json, calendar_id: int | None, by: Person, treatment: str = NEW_TICKETS
) -> PolicyRow:
    """A new version of a policy, at the end of the list when it is new; *treatment* says what of the tickets there are.

    PolicyError says what to change.
    """
    permit(by, "administer")
    with transaction():
        made = keep_policy(policy_id, definition, calendar_id)
        treatments.order([made], treatment, by)
    changed("policy.saved", by, policy=made.policy_id, version=made.version)
    return policy(made.policy_id, by)


def move(policy_id: int, *, up: bool, by: Person) -> None:
    """Let a policy be tried one place earlier or later."""
    permit(by, "administer")
    with transaction():
        rows = list(db.session.scalars(select(PolicyRow).order_by(PolicyRow.position, PolicyRow.id).with_for_update()))
        at = rows.index(get(PolicyRow, policy_id))
        to = max(0, at - 1) if up else min(len(rows) - 1, at + 1)
        rows.insert(to, rows.pop(at))
        for place, row in enumerate(rows, 1):
            row.position = place * STEP
    changed("policy.moved", by, policy=policy_id, up=up)


def switch(policy_id: int, *, active: bool, by: Person) -> None:
    """Let new tickets get this policy, or no more."""
    permit(by, "administer")
    with transaction():
        get(PolicyRow, policy_id).active = active
    changed("policy.switched", by, policy=policy_id, active=active)


def without_policy() -> bool:
    """Whether new tickets may be left without deadlines: no policy in force takes everything."""
    return not any(not Policy.from_definition(one.definition).when for one in newest_versions())
