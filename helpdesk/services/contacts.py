"""Customers, found by the point they wrote from or made when it is new."""

from collections.abc import Iterable

from sqlalchemy import func, select, text, tuple_

from helpdesk.channels.incoming import Sender
from helpdesk.people.contacts import normal
from helpdesk.people.models import ContactPoint, Person
from helpdesk.services.database import db
from helpdesk.services.instant import now

Point = tuple[str, str]
TAKE = text("SELECT nextval(pg_get_serial_sequence('person', 'id')) FROM generate_series(1, :many)")


class Customers:
    """The people behind some senders: all looked up at once, the new ones made when they are first asked for."""

    def __init__(self, senders: Iterable[Sender]) -> None:
        self._ids: list[int] = []
        self._last = 0
        self._known: dict[Point, Person | None] = dict.fromkeys(map(_point, senders))
        query = select(ContactPoint.kind, ContactPoint.value, Person).join(Person)
        for kind, value, person in db.session.execute(
            query.where(tuple_(ContactPoint.kind, ContactPoint.value).in_(list(self._known)))
        ):
            self._known[kind, value] = person

    def at(self, sender: Sender) -> Person | None:
        """Whoever is reached at this point; nobody is reached at none."""
        return self._known[_point(sender)]

    def customer_for(self, sender: Sender, *, demo: bool = False) -> Person:
        """The person who wrote; new when the point is new or there is none. What they claim is no point of theirs."""
        person = self.at(sender)
        if person is None:
            person = self._made(sender, demo=demo)
            if _point(sender)[1]:
                self._add(person, sender)
        return person

    def stranger(self, sender: Sender, *, demo: bool = False) -> Person:
        """A new person who is not known by the address that they give: it may be somebody else's."""
        return self._made(sender, demo=demo)

    def _made(self, sender: Sender, *, demo: bool) -> Person:
        """A new person, whose id is known before they are written because the history names it."""
        with db.session.no_autoflush:
            self._ids = self._ids or _taken(max(sum(person is None for person in self._known.values()), 1), self._last)
        self._last = self._ids.pop(0)
        person = Person(
            id=self._last, name=(sender.name or sender.address)[:200], created_at=now(), tags=[], demo=demo,
            locale="ru", active=True,
        )  # fmt: skip
        db.session.add(person)
        return person

    def _add(self, person: Person, sender: Sender) -> None:
        kind, value = _point(sender)
        db.session.add(
            ContactPoint(person=person, kind=kind, value=value, shown=sender.address[:400], created_at=now())
        )
        self._known[kind, value] = person


def _point(sender: Sender) -> Point:
    return sender.kind, normal(sender.kind, sender.address)


def _taken(many: int, last: int) -> list[int]:
    """So many ids that no other person has or gets; *last* was given out, but may not be written yet.

    On SQLite whoever writes is alone, elsewhere they are the sequence's.
    """
    if db.session.get_bind().dialect.name == "sqlite":
        last = max(db.session.scalar(select(func.max(Person.id))) or 0, last)
        return list(range(last + 1, last + 1 + many))
    return list(db.session.scalars(TAKE, {"many": many}))
