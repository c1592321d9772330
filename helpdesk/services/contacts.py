"""Customers, found by the point they wrote from or made when it is new."""

from collections.abc import Iterable

from sqlalchemy import insert, select, tuple_

from helpdesk.channels.incoming import Sender
from helpdesk.people.contacts import normal
from helpdesk.people.models import ContactPoint, Person
from helpdesk.services.database import db
from helpdesk.services.instant import now

Point = tuple[str, str]


class Customers:
    """The people behind some senders: all looked up at once, the new ones made when they are first asked for."""

    def __init__(self, senders: Iterable[Sender]) -> None:
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
            person = _made(sender, demo=demo)
            if _point(sender)[1]:
                self._add(person, sender)
        return person

    def _add(self, person: Person, sender: Sender) -> None:
        kind, value = _point(sender)
        db.session.add(
            ContactPoint(person=person, kind=kind, value=value, shown=sender.address[:400], created_at=now())
        )
        self._known[kind, value] = person


def _point(sender: Sender) -> Point:
    return sender.kind, normal(sender.kind, sender.address)


def _made(sender: Sender, *, demo: bool) -> Person:
    """A new person, whose id is known at once because the history names it; what else is pending stays so."""
    made = insert(Person).values(
        name=(sender.name or sender.address)[:200], created_at=now(), tags=[], demo=demo, locale="ru", active=True
    )
    with db.session.no_autoflush:
        return db.session.scalars(made.returning(Person)).one()
