"""Tickets that are set aside: until when, by the team's working hours, and bringing back what is due."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from helpdesk.errors import Conflict
from helpdesk.people.models import Person
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.notices import Tellers
from helpdesk.services.policies import pinned
from helpdesk.services.scheduling import FARTHEST, zone_of
from helpdesk.services.store import ticket_for, transaction
from helpdesk.sla.calendar import Calendar
from helpdesk.tickets import snoozing
from helpdesk.tickets.models import Ticket

PRESETS = ("hour", "today", "tomorrow", "monday", "reply")
LONGEST_WAIT = timedelta(days=30)  # for a reply: nothing is set aside for good
EVENING, MORNING = time(17), time(9)


def offered(ticket: Ticket) -> dict[str, datetime]:
    """When each way to set it aside would end; those that are past are left out."""
    at, calendar = now(), _calendar(ticket)
    zone = calendar.hours.zone if calendar.hours else ZoneInfo(ticket.team.time_zone)
    today = at.astimezone(zone).date()
    monday = today + timedelta(days=7 - today.weekday())
    found = {
        "hour": at + timedelta(hours=1),
        "today": datetime.combine(today, EVENING, zone),
        "tomorrow": calendar.next_open(datetime.combine(today + timedelta(days=1), MORNING, zone)),
        "monday": calendar.next_open(datetime.combine(monday, MORNING, zone)),
        "reply": at + LONGEST_WAIT,
    }
    return {name: until for name, until in found.items() if until > at}


def _calendar(ticket: Ticket) -> Calendar:
    """The working hours by which the ticket is counted; without a policy every hour."""
    if ticket.policy_version_id is None:
        return Calendar.from_definition(None)
    return pinned(ticket.policy_version_id).working


def snooze(
    number: int, wanted: str, *, local: str = "", reminder: str = "", by: Person, version: int | None = None
) -> Ticket:
    """Set a ticket aside: *wanted* is one of PRESETS, or "at" or "no_reply" with the *local* date and time."""
    with transaction():
        ticket = ticket_for(by, number, lock=True, version=version)
        until = _typed(local, by) if wanted in ("at", "no_reply") else offered(ticket).get(wanted, now())
        waits_for = wanted if wanted in snoozing.WAITS_FOR else "time"
        snoozing.snooze(ticket, until=until, waits_for=waits_for, reminder=reminder.strip(), by=by, at=now())
    return ticket


def _typed(local: str, by: Person) -> datetime:
    """The date and time that were typed, in the zone of who typed them."""
    try:
        chosen = datetime.fromisoformat(local).replace(tzinfo=zone_of(by))
    except ValueError as error:
        raise Conflict("Choose a date and a time until which it is set aside.") from error
    if chosen > now() + FARTHEST:
        raise Conflict("This is more than a year ahead; choose an earlier time.")
    return chosen


def wake(number: int, *, by: Person, version: int | None = None) -> Ticket:
    """Bring it back at once."""
    with transaction():
        ticket = ticket_for(by, number, lock=True, version=version)
        snoozing.wake(ticket, "asked", by=by, at=now())
    return ticket


def wake_due() -> int:
    """Bring back what is due, each once, and tell its owner; how many that were."""
    woken = 0
    while True:
        due = select(Ticket.id).where(Ticket.wakes_at.is_not(None), Ticket.wakes_at <= now())
        ticket_id = db.session.scalar(due.order_by(Ticket.wakes_at, Ticket.id).limit(1))
        db.session.rollback()
        if ticket_id is None:
            return woken
        with transaction():
            woken += _wake(ticket_id)


def _wake(ticket_id: int) -> bool:
    locked = select(Ticket).where(Ticket.id == ticket_id).with_for_update(of=Ticket)
    ticket = db.session.scalar(locked.execution_options(populate_existing=True))
    if ticket is None or ticket.wakes_at is None or ticket.wakes_at > now():
        return False
    told = {"reminder": str(ticket.snooze.get("reminder", ""))}
    why = "no_reply" if ticket.snooze.get("waits_for") in ("reply", "no_reply") else "time"
    snoozing.wake(ticket, why, by=None, at=now())
    if ticket.owner is not None:
        with Tellers(now()) as tellers:
            tellers.notify(ticket.owner, ticket, "woken", told, mailed=False)
    return True
