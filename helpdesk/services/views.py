"""Views of the queue as conditions: each is read in order from one index. Statements are made once and kept."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, Select, and_, bindparam, func, or_, select, text, union_all

from helpdesk.orm import Instant
from helpdesk.people.models import Person, Team
from helpdesk.people.roles import Role
from helpdesk.services.database import db
from helpdesk.services.policies import pinned
from helpdesk.services.urgency import BURN_LEFT
from helpdesk.sla.clock import PAUSES
from helpdesk.sla.models import PolicyVersion
from helpdesk.tickets.following import Following
from helpdesk.tickets.models import Ticket

VIEWS = ("mine", "snoozed", "followed", "team", "unassigned", "burning", "waiting", "all", "solved")
OWN, COMMON = ("mine",), ("team", "unassigned", "burning", "waiting")
COUNTED = OWN + COMMON
MOST = 1000

OPEN = text("ticket.open")
AWAKE = text("ticket.snoozed_at IS NULL")
SOLVED = text("ticket.solved_at IS NOT NULL")
ME: BindParameter[int] = bindparam("me")
VERSIONS = select(PolicyVersion.id).order_by(PolicyVersion.id)
NEAR: BindParameter[datetime] = bindparam("near", type_=Instant)

Slow = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Sight:
    """What decides which tickets somebody sees: their teams, all teams for an administrator, and what burns later.

    *asked* are the values that its statements are asked with: who, and up to when a deadline is near.
    """

    teams: tuple[int, ...]
    own: tuple[int, ...]
    everywhere: bool
    slow: Slow
    asked: dict[str, Any] = field(compare=False)


def sight(by: Person, at: datetime) -> Sight:
    """What this person sees at an instant."""
    own, everywhere = tuple(by.team_ids), by.role == Role.ADMINISTRATOR
    teams = tuple(db.session.scalars(select(Team.id))) if everywhere else own
    near, slow = at + timedelta(seconds=BURN_LEFT), _slow(at)
    later = {f"later{number}": due for number, due in enumerate(slow)}
    return Sight(teams, own or teams, everywhere, tuple(slow.values()), {"me": by.id, "near": near, **later})


def _slow(at: datetime) -> dict[datetime, tuple[int, ...]]:
    """Policies whose half hour of working time ends later than the wall clock's, by when: at night, on holidays."""
    later: dict[datetime, list[int]] = {}
    for version_id in db.session.scalars(VERSIONS):
        due = pinned(version_id).working.due_at(at, timedelta(seconds=BURN_LEFT))
        if due > at + timedelta(seconds=BURN_LEFT):
            later.setdefault(due, []).append(version_id)
    return {due: tuple(ids) for due, ids in sorted(later.items())}


def counts(seen: Sight, views: tuple[str, ...] = COUNTED) -> dict[str, int]:
    """How many tickets the views hold that ask for work, MOST at most, in one round trip."""
    row = db.session.execute(_counts(seen, views), seen.asked).one()
    return dict(row._mapping)


@lru_cache(maxsize=1024)
def _counts(seen: Sight, views: tuple[str, ...]) -> Select[Any]:
    return select(*[_count(view, seen).label(view) for view in views])


def _count(view: str, seen: Sight) -> Any:
    found = [select(Ticket.id).where(*conditions).limit(MOST).subquery() for conditions in parts(view, seen)]
    some = union_all(*[select(part) for part in found]).limit(MOST).subquery() if len(found) > 1 else found[0]
    return select(func.count()).select_from(some).scalar_subquery()


def parts(view: str, seen: Sight) -> list[list[Any]]:
    """The view as conditions, one list for each team, so that every part is read in order from one index."""
    conditions = _view(view, seen)
    if view in ("mine", "snoozed", "followed"):
        return [conditions if seen.everywhere else [*conditions, Ticket.team_id.in_(seen.teams)]]
    if seen.everywhere and view in ("unassigned", "burning"):
        return [conditions]
    teams = seen.own if view == "team" else seen.teams
    states = [[Ticket.status == status] for status in PAUSES] if view == "waiting" else [[]]
    found = [[Ticket.team_id == team, *state, *conditions] for team in teams for state in states]
    return found or [[Ticket.team_id == -1]]


def _view(view: str, seen: Sight) -> list[Any]:
    match view:
        case "mine":
            return [OPEN, Ticket.owner_id == ME, or_(AWAKE, and_(*_burning(seen.slow)))]
        case "snoozed":
            return [OPEN, Ticket.owner_id == ME, Ticket.snoozed_at.is_not(None)]
        case "followed":
            return [OPEN, Ticket.id.in_(select(Following.ticket_id).where(Following.person_id == ME))]
        case "unassigned":
            return [OPEN, Ticket.owner_id.is_(None)]
        case "burning":
            return [OPEN, *_burning(seen.slow)]
        case "solved":
            return [SOLVED]
        case "all":
            return []
    return [OPEN]


def _burning(slow: Slow) -> list[Any]:
    """Past due, or due within half an hour of working time; *sort_at*, never after it, bounds what is read."""
    if not slow:
        return [Ticket.sort_at <= NEAR, Ticket.due_at <= NEAR]
    dues = [bindparam(f"later{number}", type_=Instant) for number in range(len(slow))]
    later = [and_(Ticket.due_at <= due, Ticket.policy_version_id.in_(ids)) for due, ids in zip(dues, slow, strict=True)]
    return [Ticket.sort_at <= dues[-1], Ticket.due_at <= dues[-1], or_(Ticket.due_at <= NEAR, *later)]
