"""What the tick asks: which work is waiting, and since when. One round trip, nothing is written."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ScalarSelect, Select, bindparam, select, text

from helpdesk.channels.ledger import RECEIVED, Inbox
from helpdesk.channels.models import Channel
from helpdesk.orm import Instant, Lease
from helpdesk.people.models import Absence, Shift
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import settings
from helpdesk.sla.models import Clock, Simulation, Treatment
from helpdesk.tickets.handover import Offer
from helpdesk.tickets.models import Delivery, Ticket
from helpdesk.tickets.scheduling import Scheduled
from helpdesk.tickets.triggers import TriggerEvent

HISTORY, CLOCKS, ROSTER, HANDLING = "history", "clocks", "roster", "handling"
NIGHTLY = {name: f"workers.nightly.{job}" for name, job in (
    (HISTORY, "verify"), (CLOCKS, "clocks"), (ROSTER, "roster"), (HANDLING, "handling"),
)}  # fmt: skip
LOOK_BACK = timedelta(days=7)
PROMISED = text("state IN ('waiting', 'sending')")


def _first(query: Select[Any]) -> ScalarSelect[datetime]:
    return query.order_by(query.selected_columns[0]).limit(1).scalar_subquery()


WORK: dict[str, Select[Any]] = {
    "workers.deadlines.fire": select(Clock.next_fire_at).where(Clock.next_fire_at.is_not(None)),
    "workers.outbound.deliver": select(Delivery.next_try_at).where(PROMISED),
    "workers.intake.file": select(Inbox.next_try_at).where(RECEIVED),
    # a shift that ended long ago is nobody's business any more
    "workers.shifts.end": select(Shift.ends_at).where(
        Shift.ended_at.is_(None), Shift.ends_at > bindparam("long_ago", type_=Instant)
    ),
    "workers.shifts.leave": select(Absence.starts_at).where(
        text("handed_at IS NULL"), Absence.starts_at > bindparam("long_ago", type_=Instant)
    ),
    "workers.shifts.lapse": select(Offer.answer_by).where(text("state = 'offered'"), Offer.answer_by.is_not(None)),
    "workers.taking.give_back": select(Ticket.idle_at).where(Ticket.idle_at.is_not(None)),
    "workers.triggers.heed": select(TriggerEvent.next_try_at),
    "workers.scheduled.say": select(Scheduled.say_at).where(Scheduled.say_at.is_not(None)),
    "workers.snoozed.wake": select(Ticket.wakes_at).where(Ticket.wakes_at.is_not(None)),
    "workers.policies.apply": select(Treatment.next_at).where(Treatment.next_at.is_not(None)),
    "workers.policies.simulate": select(Simulation.next_at).where(Simulation.next_at.is_not(None)),
}
SOONEST = select(*map(_first, WORK.values()))


def soonest() -> dict[str, datetime]:
    """For each kind of work the instant of its earliest row: past when it is due, absent when there is none."""
    row = db.session.execute(SOONEST, {"long_ago": now() - LOOK_BACK}).one()
    return {job: instant for job, instant in zip(WORK, row, strict=True) if instant is not None}


def mailboxes() -> list[int]:
    """The mailboxes to be read; those of the demo never are."""
    query = select(Channel.id, Channel.settings).where(Channel.kind == "mail", Channel.active, ~Channel.demo)
    return [row.id for row in db.session.execute(query.order_by(Channel.id)) if row.settings.get("imap_host")]


def nightly() -> set[str]:
    """The checks that have not been made yet tonight, and that nobody is at now."""
    at = now()
    made = select(Lease.name).where(Lease.name.in_(NIGHTLY), Lease.until > at, Lease.until <= at + timedelta(days=2))
    return NIGHTLY.keys() - set(db.session.scalars(made))


def next_night(at: datetime) -> datetime:
    """Three in the morning, here."""
    here = at.astimezone(ZoneInfo(settings().time_zone))
    night = datetime.combine(here.date(), time(3), here.tzinfo)
    return night if night > here else night + timedelta(days=1)
