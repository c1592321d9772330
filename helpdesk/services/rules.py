"""Calendars and policies as the administrator sets them up: each save makes a new version, old tickets keep theirs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from helpdesk.errors import Conflict
from helpdesk.orm import Json
from helpdesk.people.models import Person
from helpdesk.services import treatments
from helpdesk.services.administration import changed
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.policies import newest_versions
from helpdesk.services.store import get, permit, transaction
from helpdesk.services.zones import rules_of
from helpdesk.sla.calendar import Calendar
from helpdesk.sla.models import NEW_TICKETS, CalendarRow, CalendarVersion, PolicyRow, PolicyVersion, ZoneRules
from helpdesk.sla.policy import Policy, overlapping, shadowed

STEP = 10
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
    tidy = Calendar.from_definition(definition).definition()
    with transaction():
        _free(CalendarRow, name, calendar_id)
        row: CalendarRow = CalendarRow(name=name) if calendar_id is None else get(CalendarRow, calendar_id)
        row.name = name
        db.session.add(row)
        db.session.flush()
        treatments.order(renew(row, tidy or {}, rules_of(tidy or {})), treatment, by)
    db.session.expire(row, ["versions"])
    changed("calendar.saved", by, calendar=row.id, version=row.versions[-1].version)
    return row


def renew(row: CalendarRow, definition: Json, zone: ZoneRules) -> list[PolicyVersion]:
    """Make a new version of a calendar, within a transaction; those of the policies that follow it."""
    number = _next(CalendarVersion.calendar_id, row.id)
    version = CalendarVersion(calendar_id=row.id, version=number, definition=definition, zone_id=zone.id, made_at=now())
    db.session.add(version)
    db.session.flush()
    return _follow(row.id, version)


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


def _next(key: Any, owner_id: int) -> int:
    return (db.session.scalar(select(func.max(key.class_.version)).where(key == owner_id)) or 0) + 1


def _follow(calendar_id: int, version: CalendarVersion) -> list[PolicyVersion]:
    """Policies whose newest version counts by this calendar count by its new version from now on."""
    return [_add_version(newest.policy_id, newest.definition, version.id) for newest in counted_by(calendar_id)]


def counted_by(calendar_id: int) -> list[PolicyVersion]:
    """The newest versions of the policies that count by this calendar."""
    rows = db.session.scalars(select(PolicyRow).options(selectinload(PolicyRow.versions))).all()
    newest = [row.versions[-1] for row in rows if row.versions]
    return [one for one in newest if one.calendar_version and one.calendar_version.calendar_id == calendar_id]


def _free(kind: Any, name: str, own_id: int | None) -> None:
    same = db.session.scalar(select(kind.id).where(kind.name == name))
    if same is not None and same != own_id:
        raise Conflict("The name {name} is taken already; choose another.", name=name)


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
    read = Policy.from_definition(definition)
    with transaction():
        _free(PolicyRow, read.name, policy_id)
        row: PolicyRow = (
            PolicyRow(name=read.name, position=_last() + STEP) if policy_id is None else get(PolicyRow, policy_id)
        )
        row.name = read.name
        db.session.add(row)
        db.session.flush()
        made = _add_version(row.id, read.definition(), _newest(calendar_id))
        treatments.order([made], treatment, by)
    db.session.expire(row, ["versions"])
    changed("policy.saved", by, policy=row.id, version=made.version)
    return row


def _add_version(policy_id: int, definition: Json, calendar_version_id: int | None) -> PolicyVersion:
    made = PolicyVersion(
        policy_id=policy_id, version=_next(PolicyVersion.policy_id, policy_id), definition=definition,
        calendar_version_id=calendar_version_id, made_at=now(),
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    return made


def _last() -> int:
    return db.session.scalar(select(func.max(PolicyRow.position))) or 0


def _newest(calendar_id: int | None) -> int | None:
    if calendar_id is None:
        return None
    return get(CalendarRow, calendar_id).versions[-1].id  # type: ignore[no-any-return]


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
