"""The queue: which tickets a person sees in which view, in which order, and how many there are. Reads only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, Select, Subquery, bindparam, cast, func, or_, select, tuple_, union_all
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from helpdesk.orm import Instant
from helpdesk.people.models import Membership, Person
from helpdesk.people.roles import Role
from helpdesk.people.roster import workers
from helpdesk.services.database import db
from helpdesk.services.urgency import Look, paused, running
from helpdesk.services.views import OPEN, Sight, parts
from helpdesk.sla.clock import MISSED
from helpdesk.sla.models import Clock
from helpdesk.tickets.models import Ticket
from helpdesk.tickets.reasons import Reason

STAFF = select(Person.id, Person.name).where(Person.active, workers()).order_by(Person.name, Person.id).limit(200)
MATES = STAFF.join(Membership).where(Membership.team_id.in_(bindparam("teams", expanding=True))).distinct()
PAGE, LOOKED = 50, 1000
MINUTE = 60

Owner, Customer = aliased(Person), aliased(Person)


@dataclass(frozen=True)
class Wanted:
    """What a page of the queue asks for; *after* is the place of the last row of the page before.

    A *reason* of the first level stands for those under it as well.
    """

    view: str = "team"
    channel: str = ""
    priority: str = ""
    status: str = ""
    tag: str = ""
    owner: int | None = None
    unowned: bool = False
    reason: int | None = None
    unreasoned: bool = False
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
    version: int
    subject: str
    customer: str
    excerpt: str
    tags: tuple[str, ...]
    vip: bool
    unread: bool
    channel: str
    lang: str
    owner: Named | None
    on_duty: bool | None
    resting: bool
    clock: Look | None
    url: str
    due_at: datetime | None
    start_at: datetime | None
    place: datetime
    status: str
    priority: str
    opened_at: datetime
    reason_id: int | None
    reason: str | None


@dataclass(frozen=True)
class Page:
    """Rows in order; *next* is the place to go on after, when there are more."""

    lines: list[Line]
    next: tuple[datetime, int] | None


def page(wanted: Wanted, *, seen: Sight, at: datetime, duty: Mapping[int, bool]) -> Page:
    """The rows of one page, what must be begun first before the others; *duty* holds who is on duty, and whether each is on a break."""
    found = db.session.execute(*_asked(wanted, seen)).all()
    place = "opened_at" if wanted.view == "all" else "solved_at" if wanted.view == "solved" else "sort_at"
    lines = [_line(row, getattr(row, place), at, duty) for row in found[:PAGE]]
    if wanted.view == "solved":
        lines = _judged(lines)
    more = len(found) > PAGE
    return Page(lines, (lines[-1].place, lines[-1].id) if more else None)


def counted(wanted: Wanted, seen: Sight) -> int:
    """How many tickets of a view pass its filters, among so many of its first that the cost does not grow."""
    dialect = db.session.get_bind().dialect.name
    sides = [_sifted(wanted, conditions, dialect).scalar_subquery() for conditions in parts(wanted.view, seen)]
    return sum(db.session.execute(select(*sides), seen.asked).one())


def _sifted(wanted: Wanted, conditions: list[Any], dialect: str) -> Select[int]:
    first = select(Ticket.id).where(*conditions).order_by(*_order(wanted)).limit(LOOKED).subquery()
    return select(func.count()).select_from(Ticket).where(Ticket.id.in_(select(first.c.id)), *_filters(wanted, dialect))


COLUMNS = (
    Ticket.id, Ticket.number, Ticket.version, Ticket.subject, Ticket.status, Ticket.priority, Ticket.channel, Ticket.tags,
    Ticket.language, Ticket.preview, Ticket.sort_at, Ticket.opened_at, Ticket.solved_at, Ticket.due_at,
    Ticket.due_target, Ticket.late_since, Ticket.late_seconds, Ticket.paused_left, Ticket.policy_version_id,
    Ticket.waiting_since, Ticket.owner_id, Customer.name.label("customer"), Customer.tags.label("customer_tags"),
    Owner.name.label("owner"), Ticket.reason_id, Reason.name.label("reason"),
)  # fmt: skip


def _asked(wanted: Wanted, seen: Sight) -> tuple[Any, dict[str, Any]]:
    """The statement of a page, and what it asks with."""
    after = wanted.after
    shape = replace(wanted, after=PLACE if after else None)
    place = {"after_at": after[0], "after_id": after[1]} if after else {}
    return _rows(shape, seen, db.session.get_bind().dialect.name), {**seen.asked, **place}


@lru_cache(maxsize=1024)
def _rows(wanted: Wanted, seen: Sight, dialect: str) -> Any:
    """The statement of a page; the place it goes on after is given when it is asked."""
    found = [_ids(wanted, conditions, dialect) for conditions in parts(wanted.view, seen)]
    ids = (
        _first([part.subquery() for part in found], wanted) if len(found) > 1 else found[0].with_only_columns(Ticket.id)
    )
    query = select(*COLUMNS).join(Customer, Ticket.customer).outerjoin(Owner, Ticket.owner)
    query = query.outerjoin(Reason, Ticket.reason)
    return query.where(Ticket.id.in_(ids)).order_by(*_order(wanted)).limit(PAGE + 1)


def _ids(wanted: Wanted, conditions: list[Any], dialect: str) -> Select[int]:
    first, second = _order(wanted)
    query = select(Ticket.id, getattr(first, "element", first).label("place"))
    return query.where(*conditions, *_filters(wanted, dialect)).order_by(first, second).limit(PAGE + 1)


def _first(found: Sequence[Subquery], wanted: Wanted) -> Select[int]:
    """The first of several parts together, each in order: what stands in the rows is read of these alone."""
    every = union_all(*[select(part) for part in found]).subquery()
    place = every.c.place.desc() if wanted.newest_first else every.c.place
    number = every.c.id.desc() if wanted.newest_first else every.c.id
    return select(every.c.id).order_by(place, number).limit(PAGE + 1)


PLACE = (datetime.min.replace(tzinfo=UTC), 0)  # any place: the statement is the same for all of them
AFTER = tuple_(bindparam("after_at", type_=Instant), bindparam("after_id"))


def _order(wanted: Wanted) -> tuple[Any, Any]:
    match wanted.view:
        case "solved":
            return Ticket.solved_at.desc(), Ticket.id.desc()
        case "all":
            return Ticket.opened_at.desc(), Ticket.id.desc()
    return Ticket.sort_at, Ticket.id


def _filters(wanted: Wanted, dialect: str) -> list[Any]:
    exact = {"channel": Ticket.channel, "priority": Ticket.priority, "status": Ticket.status}
    found: list[Any] = [column == getattr(wanted, name) for name, column in exact.items() if getattr(wanted, name)]
    if wanted.owner is not None:
        found.append(Ticket.owner_id == wanted.owner)
    if wanted.unowned:
        found.append(Ticket.owner_id.is_(None))
    if wanted.unreasoned:
        found.append(Ticket.reason_id.is_(None))
    if wanted.reason is not None:
        below = select(Reason.id).where(or_(Reason.id == wanted.reason, Reason.parent_id == wanted.reason))
        found.append(Ticket.reason_id.in_(below))
    if wanted.tag:
        found.append(_tagged(wanted.tag, dialect))
    if wanted.after is not None:
        first, second = _order(wanted)
        place = tuple_(*(getattr(column, "element", column) for column in (first, second)))
        found.append(place < AFTER if wanted.newest_first else place > AFTER)
    return found


def _tagged(tag: str, dialect: str) -> Any:
    if dialect == "postgresql":
        return cast(Ticket.tags, JSONB).contains([tag])
    tags = func.json_each(Ticket.tags).table_valued("value")
    return select(tags.c.value).where(tags.c.value == tag).exists()


def _line(row: Row[Any], place: datetime, at: datetime, duty: Mapping[int, bool]) -> Line:
    owned = row.owner_id is not None
    return Line(
        id=row.id, number=row.number, version=row.version, subject=row.subject, customer=row.customer, excerpt=row.preview,
        tags=tuple(row.tags), vip="VIP" in row.customer_tags, unread=row.waiting_since is not None,
        channel=CHANNELS.get(row.channel, "manual"), lang=row.language, owner=Named(row.owner) if owned else None,
        on_duty=row.owner_id in duty if owned else None, resting=duty.get(row.owner_id, False), clock=look(row, at),
        url=f"/tickets/{row.number}", due_at=row.due_at, start_at=row.sort_at if row.due_at is not None else None,
        place=place, status=row.status, priority=row.priority, opened_at=row.opened_at,
        reason_id=row.reason_id, reason=row.reason,
    )  # fmt: skip


CHANNELS = {"mail": "email", "webhook": "chat", "telegram": "chat", "calls": "phone"}


def look(row: Any, at: datetime) -> Look | None:
    """How the deadline of a ticket looks, with the time left to the minute as rows show it; None when it has none."""
    found = _look(row, at)
    if found is None or found.left is None:
        return found
    left = int(found.left)
    return replace(found, left=left if abs(left) < MINUTE else int(left / MINUTE) * MINUTE)


def _look(row: Any, at: datetime) -> Look | None:
    if row.solved_at is not None:
        return Look("met", ended_at=row.solved_at)
    if row.policy_version_id is None:
        return None
    if row.due_at is not None:
        late = (row.late_since, row.late_seconds)
        return running(row.due_at, row.due_target or 0, row.policy_version_id, row.priority, at, late)
    if row.paused_left is not None:
        return paused(row.paused_left, row.policy_version_id, row.priority, at)
    return None


def _judged(lines: list[Line]) -> list[Line]:
    """What is solved, marked late where a promise was missed on the way."""
    ids = [line.id for line in lines]
    query = select(Clock.ticket_id, func.max(Clock.due_at)).where(Clock.ticket_id.in_(ids), Clock.state == MISSED)
    missed = {ticket: due for ticket, due in db.session.execute(query.group_by(Clock.ticket_id))}
    return [
        replace(line, clock=Look("late", missed[line.id])) if missed.get(line.id) is not None else line
        for line in lines
    ]


def first_due(by: Person) -> Row[int, datetime | None] | None:
    """The ticket with the nearest deadline among one's teams, for a view that has nothing to show."""
    query = select(Ticket.number, Ticket.due_at).where(
        OPEN, Ticket.team_id.in_(by.team_ids), Ticket.due_at.is_not(None)
    )
    return db.session.execute(query.order_by(Ticket.sort_at, Ticket.id).limit(1)).first()


def crew(by: Person) -> Sequence[Row[int, str]]:
    """Who may own what this person sees: id and name, by name."""
    if by.role == Role.ADMINISTRATOR:
        return db.session.execute(STAFF).all()
    return db.session.execute(MATES, {"teams": by.team_ids}).all()
