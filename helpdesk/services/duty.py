"""Who can be given work, asked in one place; and whoever is away holds nothing that begins again."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Exists, exists, select

from helpdesk.people import roster
from helpdesk.people.models import Absence, Person, Shift
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.tickets.actions import assign
from helpdesk.tickets.handover import Offer
from helpdesk.tickets.models import Status, Ticket

PLANNED = timedelta(days=7)  # a team with a shift that ended since, or is still to end, works by a roster
RESTING = (Status.PENDING, Status.ON_HOLD)


def at_work(team_id: int, at: datetime) -> list[Person]:
    """Who of a team can be given work at an instant, by name."""
    here = db.session.scalars(roster.available(at, team_id))
    return [person for person in here if team_id in person.team_ids]


def away(person: Person, team_id: int, at: datetime) -> bool:
    """Whether somebody is not there for a team: absent, gone, or off duty where the team works by a roster."""
    if not (person.active and person.works) or team_id not in person.team_ids:
        return True
    mine = (Shift.person_id == person.id, Shift.starts_at <= at, at < Shift.ends_at)
    absent = exists().where(Absence.person_id == person.id, Absence.starts_at <= at, at < Absence.ends_at)
    asked = select(absent, by_roster(team_id, at), exists().where(*mine))
    is_absent, planned, on_shift = db.session.execute(asked).one()
    return bool(is_absent or (planned and not on_shift))


def by_roster(team_id: Any, at: datetime) -> Exists:
    """Whether a team works by a roster; in one that does not, nobody is ever off duty."""
    return exists().where(Shift.team_id == team_id, Shift.ends_at > at - PLANNED)


@contextmanager
def nobody_absent(ticket: Ticket) -> Iterator[None]:
    """What wakes or is reopened within it goes to its team's queue when its owner is away and nobody is just asked."""
    rested = not ticket.open or ticket.status in RESTING
    yield
    if rested and ticket.open and ticket.status not in RESTING and ticket.owner is not None:
        with db.session.no_autoflush:  # of a batch that is being filed nothing need be written for this
            gone = away(ticket.owner, ticket.team.id, now()) and not db.session.scalar(select(_asked(ticket)))
        if gone:
            assign(ticket, to=None, by=None, at=now(), why="owner away")


def _asked(ticket: Ticket) -> Exists:
    return exists().where(Offer.ticket_id == ticket.id, Offer.state == "offered", Offer.to_id.is_not(None))
