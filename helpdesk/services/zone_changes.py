"""A law that moves the clocks: a newer zone file is an edit of each calendar in that zone.

Its policies follow, and running clocks are counted anew; ended ones keep the rules they ended by.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select

from helpdesk.services import rules, treatments
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import transaction
from helpdesk.services.zones import installed, known, rules_of
from helpdesk.sla.models import RECOMPUTE, CalendarRow, CalendarVersion, ZoneRules

BACK, AHEAD = timedelta(days=10 * 365), timedelta(days=20 * 365)
HOUR = timedelta(hours=1)
log = structlog.get_logger()


def check() -> list[str]:
    """Take over the rules that this machine has today; the zones whose clocks go otherwise than was known."""
    with transaction():
        _fill()
        changed = [one for one in _newest() if not _same(one.data, installed(one.name))]
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
    names = {row.versions[-1].definition["tz"] for row in db.session.scalars(select(CalendarRow)) if row.versions}
    return [found for name in sorted(names) if (found := known(name))]


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
    """New versions of the calendars of this zone and of the policies that count by them, and a recount of what runs."""
    after = ZoneRules(name=before.name, data=installed(before.name), known_at=now())
    db.session.add(after)
    db.session.flush()
    for row in db.session.scalars(select(CalendarRow)).all():
        if row.versions and row.versions[-1].definition["tz"] == before.name:
            treatments.order(rules.renew(row, row.versions[-1].definition, after), RECOMPUTE, None)
