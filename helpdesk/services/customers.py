"""Customers whom staff name: found by phone, address or name, made when nobody fits."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from helpdesk.errors import Conflict
from helpdesk.people.contacts import normal
from helpdesk.people.models import ContactPoint, Person
from helpdesk.services import lookup
from helpdesk.services.database import db
from helpdesk.services.instant import now

Point = tuple[str, str]
NOBODY = 0  # chosen among namesakes: none of them


@dataclass(frozen=True)
class Asker:
    """Who asked. *chosen* is the namesake they turned out to be, or NOBODY."""

    name: str = ""
    phone: str = ""
    email: str = ""
    chosen: int | None = None

    @property
    def points(self) -> list[Point]:
        """Where they can be reached."""
        return [(kind, text.strip()) for kind, text in (("phone", self.phone), ("email", self.email)) if text.strip()]


def found_or_made(asker: Asker, by: Person) -> Person:
    """The customer who is reached there or was chosen, else a new one. Belongs into a transaction."""
    if not asker.points and not asker.name.strip():
        raise Conflict("Say who asked: a phone, a mail address or a name.")
    person = _reached(asker.points) or _chosen(asker, by)
    return _make(asker) if person is None else _add_points(person, asker.points)


def namesakes(name: str, by: Person) -> Sequence[Person]:
    """Customers of tickets that *by* may see in whose names all these words stand."""
    words = _words(name)
    if not words:
        return []
    people = {one.ticket.customer.id: one.ticket.customer for one in lookup.search(name, by=by).found}
    return [person for person in people.values() if words <= _words(person.name)]


def _words(name: str) -> set[str]:
    return set(name.casefold().replace("ё", "е").split())


def _reached(points: Sequence[Point]) -> Person | None:
    people = {person.id: person for point in points if (person := _at(point)) is not None}
    if len(people) > 1:
        one, other = (person.name for person in people.values())
        raise Conflict(
            "The phone belongs to {one} and the address to {other}; leave one of them out.", one=one, other=other
        )
    return next(iter(people.values()), None)


def _at(point: Point) -> Person | None:
    kind, text = point
    query = select(Person).join(ContactPoint).where(ContactPoint.kind == kind, ContactPoint.value == normal(kind, text))
    return db.session.scalar(query)


def _chosen(asker: Asker, by: Person) -> Person | None:
    known = namesakes(asker.name, by)
    if known and asker.chosen is None:
        raise Conflict("Others have this name. Choose one of them, or say that this is somebody new.")
    return next((person for person in known if person.id == asker.chosen), None)


def _make(asker: Asker) -> Person:
    name = asker.name.strip() or asker.points[0][1]
    person = Person(name=name[:200], created_at=now(), tags=[], demo=False, locale="ru", active=True)
    person.contacts = [_point(point) for point in asker.points]
    db.session.add(person)
    try:
        db.session.flush()
    except IntegrityError as taken:
        raise Conflict("Somebody else made this customer at the same moment; send it again.") from taken
    return person


def _add_points(person: Person, points: Sequence[Point]) -> Person:
    """Keep a new phone, and an address when there is none: answers of all their tickets go to the newest address."""
    for kind, text in points:
        if _at((kind, text)) is not None:
            continue
        if person.staff or (kind == "email" and person.contact("email")):
            raise Conflict("{name} is reached at another address; leave this one out.", name=person.name)
        person.contacts.append(_point((kind, text)))
    return person


def _point(point: Point) -> ContactPoint:
    kind, text = point
    return ContactPoint(kind=kind, value=normal(kind, text), shown=text[:400], created_at=now())
