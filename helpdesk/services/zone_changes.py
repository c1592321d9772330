"""A law that moves the clocks: a newer zone file is an edit of the calendars in that zone, and of nothing else.

Each version of a policy that open tickets have gets a successor that promises the same by the new clocks, and what runs
is counted anew; ended clocks keep the rules they ended by.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import exists, select

from helpdesk.services import treatments
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import transaction
from helpdesk.services.versions import add_calendar_version, add_policy_version
from helpdesk.services.zones import installed, known, rules_of
from helpdesk.sla.models import RECOMPUTE, CalendarRow, CalendarVersion, PolicyRow, PolicyVersion, ZoneRules
from helpdesk.tickets.models import Ticket

BACK, AHEAD = timedelta(days=10 * 365), timedelta(days=20 * 365)
HOUR = timedelta(hours=1)
log = structlog.get_logger()


def check() -> list[str]:
    """Take over the rules that this machine has today; the zones whose clocks go otherwise than was known."""
    with transaction():
        _fill()
        changed = [one for one in _newest() if _differs(one)]
        for before in changed:
            _take_over(before)
    for before in changed:
        log.warning("zone.changed", zone=before.name)
    return [before.name for before in changed]


def _fill() -> None:
    """Calendar versions of a release that kept no rules count by today's from now on, as they did."""
    for version in db.session.scalars(select(CalendarVersion).where(CalendarVersion.zone_id.is_(None))):
        version.zone_id = rules_of(version.definition).id


def _newest() -> list[ZoneRules]:
    """The newest rules of each zone by which a calendar counts."""
    names = {definition["tz"] for definition in db.session.scalars(select(CalendarVersion.definition))}
    return [found for name in sorted(names) if (found := known(name))]


def _differs(newest: ZoneRules) -> bool:
    """Whether the clocks go otherwise by this machine's file; not when that is one that was left behind before."""
    today = installed(newest.name)
    if _same(newest.data, today):
        return False
    older = select(ZoneRules.data).where(ZoneRules.name == newest.name, ZoneRules.id != newest.id)
    if today in db.session.scalars(older).all():
        log.warning("zone.outdated", zone=newest.name, mend="Update the time zone data of this machine.")
        return False
    return True


def _same(before: bytes, after: bytes) -> bool:
    """Whether the clocks go alike by both, hour by hour from ten years ago to twenty years ahead."""
    if before == after:
        return True
    one, other = (ZoneInfo.from_file(BytesIO(data)) for data in (before, after))
    return all(at.astimezone(one).utcoffset() == at.astimezone(other).utcoffset() for at in _hours())


def _hours() -> Iterator[datetime]:
    at = now().astimezone(UTC).replace(minute=0, second=0, microsecond=0) - BACK
    for i in range((BACK + AHEAD) // HOUR):
        yield at + i * HOUR


def _take_over(before: ZoneRules) -> None:
    """Successors of what is in use by these rules; the newest ones come last, and so stay the newest."""
    after = ZoneRules(name=before.name, data=installed(before.name), known_at=now())
    db.session.add(after)
    db.session.flush()
    in_use = [one for one in _in_use() if one.calendar_version and one.calendar_version.zone_id == before.id]
    renewed = _renewed(before, after, {one.calendar_version_id for one in in_use})
    for policy_id in sorted({one.policy_id for one in in_use}):
        newest = db.session.get_one(PolicyRow, policy_id).versions[-1]
        for version in (one for one in in_use if one.policy_id == policy_id):
            successor = add_policy_version(policy_id, version.definition, renewed[version.calendar_version_id or 0].id)
            treatments.order([successor], RECOMPUTE, None, of=version)
        if newest not in in_use:
            add_policy_version(policy_id, newest.definition, newest.calendar_version_id)


def _in_use() -> list[PolicyVersion]:
    """The newest version of each policy, and those that open tickets have, oldest first."""
    had = exists().where(Ticket.policy_version_id == PolicyVersion.id, Ticket.open)
    newest = {row.versions[-1].id for row in db.session.scalars(select(PolicyRow)) if row.versions}
    query = select(PolicyVersion).where(had | PolicyVersion.id.in_(newest))
    return list(db.session.scalars(query.order_by(PolicyVersion.policy_id, PolicyVersion.version)))


def _renewed(before: ZoneRules, after: ZoneRules, used: set[int | None]) -> dict[int, CalendarVersion]:
    """The calendar versions in use by the new rules, by the ids of the old ones; the newest of each calendar among them."""
    newest = {row.versions[-1].id for row in db.session.scalars(select(CalendarRow)) if row.versions}
    query = select(CalendarVersion).where(
        CalendarVersion.zone_id == before.id, CalendarVersion.id.in_({one for one in used if one} | newest)
    )
    rows = db.session.scalars(query.order_by(CalendarVersion.calendar_id, CalendarVersion.version)).all()
    renewed = {one.id: add_calendar_version(one.calendar_id, one.definition, after) for one in rows}
    for row in db.session.scalars(select(CalendarRow).where(CalendarRow.id.in_({one.calendar_id for one in rows}))):
        db.session.refresh(row, ["versions"])
        last = max((one for one in row.versions if one.id in newest), key=lambda one: one.version)
        if last.id not in renewed:
            add_calendar_version(row.id, last.definition, rules_of(last.definition))
    return renewed
