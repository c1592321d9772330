"""When the solution is going to be late the customer is told by when to expect it: whether that is owed, and in which words."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import get_timezone_location

from helpdesk.errors import Conflict
from helpdesk.people.models import Person
from helpdesk.services import scheduling, snoozing
from helpdesk.services.instant import now
from helpdesk.services.store import ticket_for
from helpdesk.services.timeline import ClockShown
from helpdesk.sla.policy import LATE
from helpdesk.tickets.actions import ANSWERS
from helpdesk.tickets.models import Event, Ticket
from helpdesk.tickets.withdrawing import standing

RESOLUTION = "resolution"
WORDS = {
    "ru": "Решение занимает больше времени, чем мы рассчитывали. Мы сообщим вам результат до {time}.",
    "kk": "Мәселені шешу біз ойлағаннан көбірек уақыт алуда. Нәтижесін {time} дейін хабарлаймыз.",
    "en": "Solving this takes longer than we expected. We will tell you the result by {time}.",
}


def owed(happened: Sequence[Event], clocks: Sequence[ClockShown]) -> bool:
    """Whether the solution is late, or soon will be, and nobody has spoken to the customer since."""
    runs = (one for one in clocks if one.kind == RESOLUTION and one.look.ended_at is None and one.look.due_at)
    return any(one.used >= 100 * LATE for one in runs) and _unsaid(standing(happened))


def _unsaid(history: Sequence[Event]) -> bool:
    """Whether nothing was said since the first warning that it will be late, or since it is."""
    unsaid, warned = False, False
    for event in history:
        if event.kind == "reopened":
            unsaid, warned = False, False
        elif event.kind in ANSWERS:
            unsaid = False
        elif event.facts.get("clock") == RESOLUTION and (_breaks(event) or (_warns(event) and not warned)):
            unsaid, warned = True, True
    return unsaid


def _breaks(event: Event) -> bool:
    return event.kind == "breached"


def _warns(event: Event) -> bool:
    return event.kind == "warned" and int(event.facts["threshold"].rstrip("%")) >= 100 * LATE


def usual(ticket: Ticket, by: Person) -> str:
    """The time that is offered: the next morning by the ticket's hours, as a date and time of who reads it."""
    return f"{snoozing.offered(ticket)['tomorrow'].astimezone(scheduling.zone_of(by)):%Y-%m-%dT%H:%M}"


def words(number: int, local: str, *, by: Person) -> str:
    """What tells the customer by when: the *local* time as it was typed, by the customer's clocks and in the ticket's language."""
    ticket = ticket_for(by, number)
    at = scheduling.instant_of("at", local, by)
    if at <= now():
        raise Conflict("This time has passed; choose a later one.")
    return WORDS.get(ticket.language, WORDS["ru"]).format(time=_written(at, ticket))


def _written(at: datetime, ticket: Ticket) -> str:
    zone = ticket.customer.time_zone or ticket.team.time_zone
    there, city = at.astimezone(ZoneInfo(zone)), get_timezone_location(zone, locale=ticket.language, return_city=True)
    return f"{there:%d %b %Y, %H:%M} ({city})" if ticket.language == "en" else f"{there:%d.%m.%Y %H:%M} ({city})"
