"""One's own roster: the shifts and absences ahead, and the number to which one's calls go on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from helpdesk.people.models import Absence, Membership, Person, Shift
from helpdesk.services.database import db
from helpdesk.services.store import transaction

AHEAD = timedelta(days=28)


@dataclass(frozen=True)
class Mine:
    """What lies ahead of one person, and who could stand in for them."""

    shifts: Sequence[Shift]
    absences: Sequence[Absence]
    colleagues: Sequence[Person]


def ahead(person: Person, at: datetime) -> Mine:
    """The next four weeks of a person."""
    shifts = select(Shift).where(Shift.person_id == person.id, Shift.ends_at > at, Shift.starts_at < at + AHEAD)
    absences = select(Absence).where(Absence.person_id == person.id, Absence.ends_at > at)
    colleagues = select(Person).where(
        Person.id.in_(select(Membership.person_id).where(Membership.team_id.in_(person.team_ids))),
        Person.active, Person.id != person.id,
    )  # fmt: skip
    return Mine(
        db.session.scalars(shifts.options(joinedload(Shift.team)).order_by(Shift.starts_at)).all(),
        db.session.scalars(absences.order_by(Absence.starts_at)).all(),
        db.session.scalars(colleagues.order_by(Person.name, Person.id)).all(),
    )


def set_number(number: str, *, by: Person) -> None:
    """Say to which number one's calls go on."""
    with transaction():
        db.session.get_one(Person, by.id).forward_number = number.strip()
