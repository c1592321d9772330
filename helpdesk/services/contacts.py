"""Customers, found by the point they wrote from or made when it is new."""

from sqlalchemy import select

from helpdesk.channels.incoming import Sender
from helpdesk.people.contacts import normal
from helpdesk.people.models import ContactPoint, Person
from helpdesk.services.database import db
from helpdesk.services.instant import now


def person_at(kind: str, address: str) -> Person | None:
    """Whoever is reached at this point; nobody is reached at none."""
    value = normal(kind, address)
    query = select(Person).join(ContactPoint).where(ContactPoint.kind == kind, ContactPoint.value == value)
    return db.session.scalar(query) if value else None


def customer_for(sender: Sender, *, demo: bool = False) -> Person:
    """The person who wrote; a new one when the point is new or there is none. What they claim is no point of theirs."""
    person = person_at(sender.kind, sender.address)
    if person is None:
        person = Person(
            name=(sender.name or sender.address)[:200], created_at=now(), tags=[], demo=demo, locale="ru", active=True
        )
        db.session.add(person)
        db.session.flush()
        if normal(sender.kind, sender.address):
            add_point(person, sender.kind, sender.address)
    return person


def add_point(person: Person, kind: str, address: str) -> ContactPoint:
    """Add a way to reach somebody."""
    point = ContactPoint(
        person_id=person.id, kind=kind, value=normal(kind, address), shown=address[:400], created_at=now()
    )
    db.session.add(point)
    db.session.flush()
    return point
