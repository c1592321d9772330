"""A rule is tried on what has happened: for which tickets it would have done something. Nothing is changed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from helpdesk.orm import Json
from helpdesk.people.models import Person
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import permit
from helpdesk.services.trigger_cases import Case
from helpdesk.tickets.models import Event, Ticket
from helpdesk.tickets.triggers import KINDS, holds, occasions

MOST, SHOWN = 5000, 20


@dataclass
class Trial:
    """The tickets that a rule would have done something to, newest first, of *looked* events; *since* when was looked."""

    since: datetime
    looked: int = 0
    tickets: dict[int, Ticket] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many tickets."""
        return len(self.tickets)

    @property
    def first(self) -> list[Ticket]:
        """The newest of them."""
        return list(self.tickets.values())[:SHOWN]

    @property
    def cut(self) -> bool:
        """Whether there was more than is looked at."""
        return self.looked == MOST


def attempt(*, occasion: str, conditions: Sequence[Json], whole: bool, days: int, by: Person) -> Trial:
    """What a rule would have been heeded for in the last *days*; tickets and rosters count as they are today."""
    permit(by, "administer")
    trial = Trial(now() - timedelta(days=days))
    for event in _happened(occasion, trial.since):
        trial.looked += 1
        if occasion in occasions(event.kind, event.facts):
            case = Case(event.ticket, event)
            if holds(conditions, case.got, whole=whole):
                trial.tickets.setdefault(event.ticket_id, event.ticket)
    return trial


def _happened(occasion: str, since: datetime) -> Sequence[Event]:
    query = select(Event).join(Ticket).where(Event.recorded_at >= since, Event.kind.in_(KINDS[occasion]))
    query = query.where(Ticket.voided_at.is_(None)).options(contains_eager(Event.ticket))
    return db.session.scalars(query.order_by(Event.recorded_at.desc(), Event.id.desc()).limit(MOST)).all()
