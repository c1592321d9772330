"""Call-forwarding: whose number calls still go on to though they are away, and whose to set instead."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select

from helpdesk.errors import Conflict, NotFound
from helpdesk.people.models import Absence, Membership, Person
from helpdesk.people.roles import Role
from helpdesk.people.roster import workers
from helpdesk.services import roster
from helpdesk.services.administration import changed
from helpdesk.services.database import db
from helpdesk.services.store import get, permit, transaction

SOON = timedelta(days=1)


@dataclass(frozen=True)
class Redirect:
    """Calls for *person* have to go to *to* (their substitute, None when nobody is named); back to them when *back*.

    *now_to* is to whom they go meanwhile, *absence* why.
    """

    person: Person
    absence: Absence | None
    now_to: Person
    to: Person | None

    @property
    def back(self) -> bool:
        """Whether they are here again."""
        return self.absence is None


def to_change(by: Person, at: datetime) -> list[Redirect]:
    """What the administrator of the telephony has to set, now or within a day, by name."""
    found = [_redirect(person, at) for person in _reached(by)]
    return [one for one in found if one is not None]


def _reached(by: Person) -> Sequence[Person]:
    """Whose calls go on somewhere."""
    permit(by, "assign_others")
    query = select(Person).where(workers(), Person.active)
    query = query.where(or_(Person.forward_number != "", Person.forwarded_to_id.is_not(None)))
    if by.role != Role.ADMINISTRATOR:
        query = query.where(Person.id.in_(select(Membership.person_id).where(Membership.team_id.in_(by.team_ids))))
    return db.session.scalars(query.order_by(Person.name, Person.id)).all()


def _redirect(person: Person, at: datetime) -> Redirect | None:
    absence = _absence(person, at)
    now_to = db.session.get_one(Person, person.forwarded_to_id) if person.forwarded_to_id else person
    if absence is None:
        return None if now_to is person else Redirect(person, None, now_to, person)
    begins = max(at, absence.starts_at)
    to = roster.substitute_of(person, begins)
    well = now_to is not person and (to is now_to or (to is None and not roster.absent(now_to, begins)))
    return None if well else Redirect(person, absence, now_to, to)


def _absence(person: Person, at: datetime) -> Absence | None:
    """The absence that this person is in, or that begins within a day."""
    query = select(Absence).where(Absence.person_id == person.id, Absence.starts_at <= at + SOON, at < Absence.ends_at)
    return db.session.scalar(query.order_by(Absence.starts_at, Absence.id).limit(1))


def targets(by: Person, at: datetime) -> list[Person]:
    """To whom calls could go: who has a number and is not away."""
    return [person for person in _reached(by) if person.forward_number and not roster.absent(person, at)]


def set_to(person_id: int, *, to_id: int, by: Person) -> None:
    """Note that calls for somebody now go to this colleague, or to themselves again."""
    permit(by, "assign_others")
    with transaction():
        person: Person = get(Person, person_id)
        if person not in _reached(by):
            raise NotFound("There is no such thing, or it belongs to another team.")
        if to_id != person_id and not get(Person, to_id).forward_number:
            raise Conflict("This colleague has no number; choose somebody who has one.")
        person.forwarded_to_id = None if to_id == person_id else to_id
    changed("forwarding.set", by, person=person_id, to=to_id)
