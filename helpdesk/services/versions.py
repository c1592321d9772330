"""New versions of policies and calendars, written within the caller's transaction; none is ever changed."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from helpdesk.errors import Conflict
from helpdesk.orm import Json
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.policies import Rules
from helpdesk.services.store import get
from helpdesk.services.zones import rules_of
from helpdesk.sla.calendar import Calendar
from helpdesk.sla.models import CalendarRow, CalendarVersion, PolicyRow, PolicyVersion, ZoneRules
from helpdesk.sla.policy import Policy

STEP = 10


def keep_policy(policy_id: int | None, definition: Json, calendar_id: int | None) -> PolicyVersion:
    """The next version of a policy, or the first one of a new one, which is tried last.

    Raises PolicyError, or CalendarError when a target is never used up.
    """
    policy = Policy.from_definition(definition)
    calendar = get(CalendarRow, calendar_id).versions[-1] if calendar_id else None
    _free(PolicyRow, policy.name, policy_id)
    Rules(policy, Calendar.from_definition(calendar.definition if calendar else None)).check(now())
    row = _locked(PolicyRow, policy_id) if policy_id else PolicyRow(position=_last() + STEP)
    row.name = policy.name
    db.session.add(row)
    db.session.flush()
    return add_policy_version(row.id, policy.definition(), calendar.id if calendar else None)


def keep_calendar(calendar_id: int | None, name: str, definition: Json) -> tuple[CalendarVersion, list[PolicyVersion]]:
    """The next version of a calendar, and of each policy that counts by it. Raises CalendarError."""
    hours = Calendar.from_definition(definition)
    tidy = hours.definition() or {}
    _free(CalendarRow, name, calendar_id)
    followers = counted_by(calendar_id) if calendar_id else []
    for one in followers:
        Rules(Policy.from_definition(one.definition), hours).check(now())
    row = _locked(CalendarRow, calendar_id) if calendar_id else CalendarRow()
    row.name = name
    db.session.add(row)
    db.session.flush()
    made = add_calendar_version(row.id, tidy, rules_of(tidy))
    return made, [add_policy_version(one.policy_id, one.definition, made.id) for one in followers]


def counted_by(calendar_id: int) -> list[PolicyVersion]:
    """The newest versions of the policies that count by this calendar."""
    rows = db.session.scalars(select(PolicyRow).options(selectinload(PolicyRow.versions))).all()
    newest = [row.versions[-1] for row in rows if row.versions]
    return [one for one in newest if one.calendar_version and one.calendar_version.calendar_id == calendar_id]


def add_policy_version(policy_id: int, definition: Json, calendar_version_id: int | None) -> PolicyVersion:
    """The next version of a policy."""
    made = PolicyVersion(
        policy_id=policy_id, version=_next(PolicyVersion.policy_id, policy_id), definition=definition,
        calendar_version_id=calendar_version_id, made_at=now(),
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    return made


def add_calendar_version(calendar_id: int, definition: Json, zone: ZoneRules) -> CalendarVersion:
    """The next version of a calendar, which counts by these rules of its time zone."""
    number = _next(CalendarVersion.calendar_id, calendar_id)
    made = CalendarVersion(
        calendar_id=calendar_id, version=number, definition=definition, zone_id=zone.id, made_at=now()
    )
    db.session.add(made)
    db.session.flush()
    return made


def _locked(kind: Any, row_id: int) -> Any:
    """The row, held so that two who save at once do it one after the other."""
    get(kind, row_id)
    return db.session.scalars(select(kind).where(kind.id == row_id).with_for_update()).one()


def _next(key: Any, owner_id: int) -> int:
    return (db.session.scalar(select(func.max(key.class_.version)).where(key == owner_id)) or 0) + 1


def _last() -> int:
    return db.session.scalar(select(func.max(PolicyRow.position))) or 0


def _free(kind: Any, name: str, own_id: int | None) -> None:
    same = db.session.scalar(select(kind.id).where(kind.name == name))
    if same is not None and same != own_id:
        raise Conflict("The name {name} is taken already; choose another.", name=name)
