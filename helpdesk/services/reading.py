"""Notices as their reader meets them: what is unread, and reading it."""

from collections.abc import Sequence

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import joinedload

from helpdesk.people.models import Person
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import transaction
from helpdesk.tickets.models import Notice

SHOWN = 30
UNREAD = (
    select(Notice)
    .where(Notice.person_id == bindparam("person"), Notice.read_at.is_(None))
    .options(joinedload(Notice.ticket))
    .order_by(Notice.id.desc())
    .limit(SHOWN)
)


def unread(person: Person) -> Sequence[Notice]:
    """What this person has not read yet, newest first, at most thirty."""
    return db.session.scalars(UNREAD, {"person": person.id}).all()


def read(person: Person, until: int) -> None:
    """Mark as read what this person was shown: everything up to the notice *until*."""
    with transaction():
        mine = update(Notice).where(Notice.person_id == person.id, Notice.read_at.is_(None), Notice.id <= until)
        db.session.execute(mine.values(read_at=now()))
