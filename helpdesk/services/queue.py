"""The queue: which tickets a person sees in which view, in which order, and how many there are. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, cast, func, or_, select, text, tuple_, union_all
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from helpdesk.people.models import Membership, Person, Team
from helpdesk.people.roles import Role
from helpdesk.services.database import db
from helpdesk.services.policies import pinned
from helpdesk.services.urgency import BURN_LEFT, Look, paused, running
from helpdesk.sla.clock import MISSED
from helpdesk.sla.models import Clock, PolicyVersion
from helpdesk.tickets.models import Ticket

VIEWS = ("mine", "team", "unassigned", "burning", "waiting", "all", "solved")
PAGE = 50
MOST = 1000

OPEN = text("ticket.open")
PAUSED = text("ticket.status IN ('pending', 'on_hold')")
SOLVED = text("ticket.solved_at IS NOT NULL")

Owner, Customer = aliased(Person), aliased(Person)


@dataclass(frozen=True)
class Wanted:
    """What a page of the queue asks for; *after* is the place of the last row of the page before."""

    view: str = "team"
    channel: str = ""
    priority: str = ""
    status: str = ""
    tag: str = ""
    owner: int | None = None
    unowned: bool = False
    after: tuple[datetime, int] | None = None

    @property
    def newest_first(self) -> bool:
        """Views of what is done, or of everything, are read from the newest."""
        return self.view in ("all", "solved")


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody, where only the name is shown."""

    name: str


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the queue."""

    id: int
    number: int
    subject: str
    customer: str
    excerpt: str
    tags: list[str]
    vip: bool
    unread: bool
    channel: str
    lang: str
    owner: Named | None
    on_duty: bool | None
    clock: Look | None
    url: str
    due_at: datetime | None
    place: datetime
    status: str


@dataclass(frozen=True)
class Page:
    """Rows in order; *next* is the place to go on after, when there are more."""

    lines: list[Line]
    next: tuple[datetime, int] | None


def page(wanted: Wanted, *, by: Person, at: datetime, duty: frozenset[int]) -> Page:
    """The rows of one page, most urgent first; *duty* holds who is on duty."""
    found = db.session.execute(_rows(wanted, by, at)).all()
    place = "opened_at" if wanted.view == "all" else "solved_at" if wanted.view == "solved" else "sort_at"
    lines = [_line(row, getattr(row, place), at, duty) for row in found[:PAGE]]
    if wanted.view == "solved":
        lines = _judged(lines)
    more = len(found) > PAGE
    return Page(lines, (lines[-1].place, lines[-1].id) if more else None)


def counts(by: Person, at: datetime) -> dict[str, int]:
    """How many tickets the views hold that ask for work, MOST at most, in one round trip."""
    views = ("mine", "team", "unassigned", "burning", "waiting")
    row = db.session.execute(select(*[_count(view, by, at).label(view) for view in views])).one()
    return dict(row._mapping)


def _count(view: str, by: Person, at: datetime) -> Any:
    parts = [select(Ticket.id).where(*conditions).limit(MOST).subquery() for conditions in _parts(view, by, at)]
    some = union_all(*[select(part) for part in parts]).limit(MOST).subquery() if len(parts) > 1 else parts[0]
    return select(func.count()).select_from(some).scalar_subquery()


def _parts(view: str, by: Person, at: datetime) -> list[list[Any]]:
    """The view as conditions, one list for each team, so that every part is read in order from one index."""
    conditions = _view(view, by, at)
    if view == "mine" and by.role != Role.ADMINISTRATOR:
        return [[*conditions, Ticket.team_id.in_(by.team_ids)]]
    if by.role == Role.ADMINISTRATOR and view in ("mine", "unassigned", "burning"):
        return [conditions]
    return [[Ticket.team_id == team, *conditions] for team in _teams(view, by)] or [[Ticket.team_id == -1]]


def _teams(view: str, by: Person) -> Sequence[int]:
    if by.role == Role.ADMINISTRATOR and (view != "team" or not by.team_ids):
        return db.session.scalars(select(Team.id)).all()
    return by.team_ids


def _view(view: str, by: Person, at: datetime) -> list[Any]:
    match view:
        case "mine":
            return [OPEN, Ticket.owner_id == by.id]
        case "unassigned":
            return [OPEN, Ticket.owner_id.is_(None)]
        case "burning":
            return [OPEN, *_burning(at)]
        case "waiting":
            return [OPEN, PAUSED]
        case "solved":
            return [SOLVED]
        case "all":
            return []
    return [OPEN]


def _burning(at: datetime) -> list[ColumnElement[bool]]:
    """Past due, or due within half an hour of working time; *sort_at* is the due instant of whatever has one."""
    near = at + timedelta(seconds=BURN_LEFT)
    later: dict[datetime, list[int]] = {}
    for version_id in db.session.scalars(select(PolicyVersion.id)):
        due = pinned(version_id).working.due_at(at, timedelta(seconds=BURN_LEFT))
        if due > near:
            later.setdefault(due, []).append(version_id)
    if not later:
        return [Ticket.sort_at <= near]
    slow = [and_(Ticket.sort_at <= due, Ticket.policy_version_id.in_(ids)) for due, ids in later.items()]
    return [Ticket.sort_at <= max(later), or_(Ticket.sort_at <= near, *slow)]


COLUMNS = (
    Ticket.id, Ticket.number, Ticket.subject, Ticket.status, Ticket.priority, Ticket.channel, Ticket.tags,
    Ticket.language, Ticket.preview, Ticket.sort_at, Ticket.opened_at, Ticket.solved_at, Ticket.due_at,
    Ticket.due_target, Ticket.paused_left, Ticket.policy_version_id, Ticket.waiting_since, Ticket.owner_id,
    Customer.name.label("customer"), Customer.tags.label("customer_tags"), Owner.name.label("owner"),
)  # fmt: skip


def _rows(wanted: Wanted, by: Person, at: datetime) -> Select[Any]:
    parts = [_ids(wanted, conditions) for conditions in _parts(wanted.view, by, at)]
    ids = union_all(*[select(part.subquery().c.id) for part in parts]) if len(parts) > 1 else parts[0]
    query = select(*COLUMNS).join(Customer, Ticket.customer).outerjoin(Owner, Ticket.owner)
    return query.where(Ticket.id.in_(ids)).order_by(*_order(wanted)).limit(PAGE + 1)


def _ids(wanted: Wanted, conditions: list[Any]) -> Select[int]:
    query = select(Ticket.id).where(*conditions, *_filters(wanted))
    return query.order_by(*_order(wanted)).limit(PAGE + 1)


def _order(wanted: Wanted) -> tuple[Any, Any]:
    match wanted.view:
        case "solved":
            return Ticket.solved_at.desc(), Ticket.id.desc()
        case "all":
            return Ticket.opened_at.desc(), Ticket.id.desc()
    return Ticket.sort_at, Ticket.id


def _filters(wanted: Wanted) -> list[Any]:
    exact = {"channel": Ticket.channel, "priority": Ticket.priority, "status": Ticket.status}
    found: list[Any] = [column == getattr(wanted, name) for name, column in exact.items() if getattr(wanted, name)]
    if wanted.owner is not None:
        found.append(Ticket.owner_id == wanted.owner)
    if wanted.unowned:
        found.append(Ticket.owner_id.is_(None))
    if wanted.tag:
        found.append(_tagged(wanted.tag))
    if wanted.after is not None:
        first, second = _order(wanted)
        place = tuple_(*(getattr(column, "element", column) for column in (first, second)))
        found.append(place < wanted.after if wanted.newest_first else place > wanted.after)
    return found


def _tagged(tag: str) -> Any:
    if db.session.get_bind().dialect.name == "postgresql":
        return cast(Ticket.tags, JSONB).contains([tag])
    tags = func.json_each(Ticket.tags).table_valued("value")
    return select(tags.c.value).where(tags.c.value == tag).exists()


def _line(row: Row[Any], place: datetime, at: datetime, duty: frozenset[int]) -> Line:
    owned = row.owner_id is not None
    return Line(
        id=row.id, number=row.number, subject=row.subject, customer=row.customer, excerpt=row.preview,
        tags=row.tags, vip="VIP" in row.customer_tags, unread=row.waiting_since is not None,
        channel=CHANNELS.get(row.channel, "manual"), lang=row.language, owner=Named(row.owner) if owned else None,
        on_duty=row.owner_id in duty if owned else None, clock=look(row, at), url=f"/tickets/{row.number}",
        due_at=row.due_at, place=place, status=row.status,
    )  # fmt: skip


CHANNELS = {"mail": "email", "webhook": "chat", "telegram": "chat", "calls": "phone"}


def look(row: Any, at: datetime) -> Look | None:
    """How the deadline of a ticket looks; None when it has none."""
    if row.solved_at is not None:
        return Look("met", ended_at=row.solved_at)
    if row.policy_version_id is None:
        return None
    if row.due_at is not None:
        return running(row.due_at, row.due_target or 0, row.policy_version_id, row.priority, at)
    if row.paused_left is not None:
        return paused(row.paused_left, row.policy_version_id, row.priority, at)
    return None


def _judged(lines: list[Line]) -> list[Line]:
    """What is solved, marked late where a promise was missed on the way."""
    ids = [line.id for line in lines]
    query = select(Clock.ticket_id, func.max(Clock.due_at)).where(Clock.ticket_id.in_(ids), Clock.state == MISSED)
    missed = dict(db.session.execute(query.group_by(Clock.ticket_id)).tuples().all())
    return [
        replace(line, clock=Look("late", missed[line.id])) if missed.get(line.id) is not None else line
        for line in lines
    ]


def first_due(by: Person) -> Row[Any] | None:
    """The ticket with the nearest deadline among one's teams, for a view that has nothing to show."""
    query = select(Ticket.number, Ticket.due_at).where(OPEN, Ticket.team_id.in_(by.team_ids), Ticket.due_at.is_not(None))
    return db.session.execute(query.order_by(Ticket.sort_at, Ticket.id).limit(1)).first()


def crew(by: Person) -> Sequence[Row[Any]]:
    """Who may own what this person sees: id and name, by name."""
    query = select(Person.id, Person.name).where(Person.active, Person.role.is_not(None))
    if by.role != Role.ADMINISTRATOR:
        query = query.where(Person.id.in_(select(Membership.person_id).where(Membership.team_id.in_(by.team_ids))))
    return db.session.execute(query.order_by(Person.name, Person.id).limit(200)).all()
