"""What a session holds, written by a few statements a table, past the unit of work: that takes longer over each row
than the database does.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import func, inspect, select, text
from sqlalchemy.orm import MANYTOONE, Mapper

from helpdesk.orm import Base, Json
from helpdesk.people.models import ContactPoint, Person
from helpdesk.services import bulk
from helpdesk.services.database import db
from helpdesk.services.store import remember
from helpdesk.sla.models import Clock
from helpdesk.tickets.belonging import Belonging
from helpdesk.tickets.models import Attachment, Delivery, Event, Message, Ticket
from helpdesk.tickets.participants import Participant
from helpdesk.tickets.stints import Stint

KINDS: tuple[type[Base], ...] = (
    Person, ContactPoint, Ticket, Message, Attachment, Event, Stint, Delivery, Clock, Participant, Belonging,
)  # fmt: skip
NAMED = (Person, Ticket, Message)  # whose ids are known before they are written
TAKE = text("SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :many)")


def number() -> None:
    """Give the new rows that others point to their ids: the sequence's, and on SQLite, where who writes is alone, the next."""
    for kind in NAMED:
        fresh: list[Any] = [row for row in db.session.new if type(row) is kind and row.id is None]
        for row, known in zip(fresh, _ids(kind, len(fresh)), strict=True):
            row.id = known


def _ids(kind: Any, many: int) -> Sequence[int]:
    if not many:
        return ()
    with db.session.no_autoflush:
        if db.session.get_bind().dialect.name == "sqlite":
            last = db.session.scalar(select(func.max(kind.id))) or 0
            return range(last + 1, last + 1 + many)
        return db.session.scalars(TAKE, {"table": kind.__tablename__, "many": many}).all()


def write_odd() -> None:
    """Write all by the unit of work now when it must write it anyway: it knows not that tickets go before their clocks."""
    if _is_odd(*_unwritten()):
        db.session.flush()


def _unwritten() -> tuple[list[Any], list[Any]]:
    return list(db.session.new), [row for row in db.session.dirty if _differs(row)]


def _is_odd(new: Sequence[Any], changed: Sequence[Any]) -> bool:
    """Whether only the unit of work can write that."""
    return bool(db.session.deleted) or not {type(row) for row in (*new, *changed)} <= set(KINDS)


def write_out() -> None:
    """Write all that is new or changed, and forget it: what was held is detached, so the session must be nobody else's."""
    session = db.session()
    new, changed = _unwritten()
    if _is_odd(new, changed):
        session.flush()
    else:
        number()
        for kind in KINDS:
            _change(
                kind, [row for row in changed if type(row) is kind]
            )  # first: of stints, one ends before the next begins
            _put(kind, [row for row in new if type(row) is kind])
        remember(new, changed)
    session.expunge_all()


def _differs(row: Any) -> bool:
    """Whether something of it is to be written; one that is only pointed to from elsewhere is dirty, too."""
    return bool(_differing(row)) if type(row) in KINDS else db.session.is_modified(row)


def _put(kind: type[Base], rows: Sequence[Any]) -> None:
    plan = _plan(kind)
    bulk.put(kind, [plan.whole(vars(row)) for row in rows])


def _change(kind: type[Base], rows: Sequence[Any]) -> None:
    """Only columns that differ in one of them, so that no index is touched without need."""
    plan, names = _plan(kind), ["id", *sorted({name for row in rows for name in _differing(row)})]
    bulk.change(kind, [{name: plan.kept(row, name) for name in names} for row in rows])


def _differing(row: Any) -> set[str]:
    """The columns that were set since it was loaded, by themselves or by what they point to."""
    kind: Any = type(row)
    plan, same = _plan(kind), set(inspect(row).unmodified)
    return (plan.names - same) | {name for name, link in plan.links.items() if link not in same}


class Plan:
    """How the rows of one table are told from their objects: columns, defaults, and the links that foreign keys come from."""

    def __init__(self, mapper: Mapper[Any], *, named: bool) -> None:
        self.defaults = {column.key: _default(column) for column in mapper.columns if named or not column.primary_key}
        self.names = self.defaults.keys() - {"id"}
        self.links = {_foreign_key(link): link.key for link in mapper.relationships if _leads_up(link)}

    def whole(self, known: Json) -> Json:
        """Every column of a new row."""
        return {name: self.value(known, name) for name in self.defaults}

    def value(self, known: Json, name: str) -> Any:
        """What stands in a column of a new row: the id of what is linked, what was set, else the default."""
        if self.links.get(name) in known:
            return self._linked(known, name)
        if name in known:
            return known[name]
        default = self.defaults.get(name)
        return default(None) if callable(default) else default

    def kept(self, row: Any, name: str) -> Any:
        """The same of a row that is stored: what of it was not loaded is as the database has it."""
        known = vars(row)
        return self._linked(known, name) if self.links.get(name) in known else getattr(row, name)

    def _linked(self, known: Json, name: str) -> Any:
        other = known[self.links[name]]
        return other.id if other is not None else None


def _default(column: Any) -> Any:
    return column.default.arg if column.default is not None else None


def _leads_up(link: Any) -> bool:
    return link.direction is MANYTOONE and not link.viewonly


def _foreign_key(link: Any) -> str:
    return str(next(iter(link.local_columns)).key)


@cache
def _plan(kind: Any) -> Plan:
    return Plan(inspect(kind), named=kind in NAMED)
