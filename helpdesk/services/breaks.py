"""Breaks: one begins and ends one's own. Tickets stay with their owner meanwhile; nothing new is given to them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from helpdesk.errors import Conflict
from helpdesk.people import roster
from helpdesk.people.models import Break, Membership, Person, Shift
from helpdesk.people.roles import Role
from helpdesk.services.administration import changed
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.roster import alone, permit_for
from helpdesk.services.store import get, permit, transaction
from helpdesk.tickets.models import Ticket

KINDS = ("rest", "lunch", "meeting", "training", "other")
GRACE = timedelta(minutes=5)  # a next shift that begins this soon after is the same one


def begin(kind: str, *, minutes: int | None = None, by: Person) -> Break:
    """Go on a break, for so many *minutes* if that is known; on a break already, say anew which and how long.

    It ends with the shift, if nobody ends it before.
    """
    if kind not in KINDS:
        raise Conflict("Choose which break it is.")
    with transaction():
        alone([by.id])
        at = now()
        rest, back_at = current(by, at), at + timedelta(minutes=minutes) if minutes else None
        if rest is None:
            rest = Break(person_id=by.id, kind=kind, starts_at=at, ends_at=_end_of_shift(by, at))
            db.session.add(rest)
        rest.kind, rest.back_at = kind, back_at
    return rest


def end(*, by: Person) -> None:
    """Be ready for work again; whoever is not on a break is ready already."""
    _end(by)


def end_for(person_id: int, *, by: Person) -> None:
    """End a break that a colleague of one's team forgot to end."""
    permit_for(by, person_id)
    _end(get(Person, person_id))
    changed("break.ended", by, person=person_id)


def _end(person: Person) -> None:
    with transaction():
        alone([person.id])
        rest = current(person, now())
        if rest is not None:
            rest.ends_at = now()


def _end_of_shift(person: Person, at: datetime) -> datetime:
    """When the work ends that this person is at: one shift, or several on end."""
    if db.session.scalar(roster.on_duty(at).where(Person.id == person.id)) is None:
        raise Conflict("You are off shift: nothing is given to you anyway.")
    shifts = select(Shift.starts_at, Shift.ends_at).where(Shift.person_id == person.id, Shift.ends_at > at)
    found = at
    for starts_at, ends_at in db.session.execute(shifts.order_by(Shift.starts_at, Shift.id).limit(50)):
        if starts_at <= found + (GRACE if found > at else timedelta()):
            found = max(found, ends_at)
    return found


def current(person: Person, at: datetime) -> Break | None:
    """The break this person is on."""
    query = select(Break).where(Break.person_id == person.id, Break.starts_at <= at, at < Break.ends_at)
    return db.session.scalar(query.order_by(Break.id.desc()).limit(1))


def at_stake(person: Person, until: datetime) -> int:
    """How many tickets of this person fall due before they are back, or are late already."""
    due = Ticket.due_at.is_not(None) & (Ticket.due_at <= until)
    query = select(func.count()).where(Ticket.owner_id == person.id, Ticket.open, due)
    return db.session.scalar(query) or 0


def of_teams(by: Person, at: datetime) -> Sequence[Break]:
    """Who of one's teams is on a break, first whoever went first."""
    permit(by, "assign_others")
    query = select(Break).where(Break.starts_at <= at, at < Break.ends_at).options(joinedload(Break.person))
    if by.role != Role.ADMINISTRATOR:
        members = select(Membership.person_id).where(Membership.team_id.in_(by.team_ids))
        query = query.where(Break.person_id.in_(members))
    return db.session.scalars(query.order_by(Break.starts_at, Break.id)).all()
