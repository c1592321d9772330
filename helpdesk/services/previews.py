"""When things would fall due by a policy that is being written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from sqlalchemy import select

from helpdesk.channels.models import Channel
from helpdesk.orm import Json
from helpdesk.people.models import Person, Team
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import get, permit
from helpdesk.sla.calendar import Calendar
from helpdesk.sla.models import CalendarRow
from helpdesk.sla.policy import Policy
from helpdesk.sla.samples import Sample, sample, samples
from helpdesk.tickets.models import Priority


@dataclass(frozen=True)
class Due:
    """When arrivals fall due: *target* seconds of one clock at one priority, told in *zone*; *asked* is the reader's own."""

    target: int
    look: str
    zone: tzinfo
    asked: Sample | None
    samples: list[Sample]


@dataclass(frozen=True)
class Choices:
    """What a policy may name."""

    teams: Sequence[str]
    chats: Sequence[str]


def choices(by: Person) -> Choices:
    """The teams and chat webhooks that there are."""
    permit(by, "see_rules")
    chats = select(Channel.name).where(Channel.kind == "webhook", Channel.active).order_by(Channel.name)
    teams = select(Team.name).where(Team.active).order_by(Team.name)
    return Choices(db.session.scalars(teams).all(), db.session.scalars(chats).all())


def due_by(
    definition: Json, calendar_id: int | None, *, look: str, came: datetime | None, zone: tzinfo, by: Person
) -> Due | None:
    """When arrivals fall due by this definition; None when it promises nothing for *look*, such as "normal-answer".

    *came* is local time of the calendar's zone, or of *zone* where nothing but that is known.
    Raises PolicyError or CalendarError, whose message says what to change.
    """
    permit(by, "see_rules")
    policy = Policy.from_definition(definition)
    wanted = _wanted(policy, look)
    if wanted is None:
        return None
    target, look = wanted
    hours = get(CalendarRow, calendar_id).versions[-1].definition if calendar_id else None
    here = ZoneInfo(hours["tz"]) if hours else zone
    counted = policy.calendar_for(_priority(look), Calendar.from_definition(hours))
    length = timedelta(seconds=target)
    asked = sample("asked", came.replace(tzinfo=here).astimezone(UTC), length, counted) if came else None
    return Due(target, look, here, asked, samples(counted, length, here, now()))


def _priority(look: str) -> str:
    name = look.partition("-")[0]
    return Priority.NORMAL if name == "any" else name


def _wanted(policy: Policy, look: str) -> tuple[int, str] | None:
    """The target looked at, or else the first one that is promised at normal priority."""
    promised = {
        f"{priority}-{clock}": seconds
        for priority in (Priority.NORMAL, *Priority)
        for clock, seconds in policy.targets_for(priority).items()
        if seconds
    }
    if seconds := promised.get(look.replace("any-", f"{Priority.NORMAL}-")):
        return seconds, look
    return next(((seconds, name) for name, seconds in promised.items()), None) if not look else None
