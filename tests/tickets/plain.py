"""People, teams and tickets as plain objects: a session with no database behind it collects what they record."""

import itertools

from sqlalchemy.orm import Session

from helpdesk.people.models import Membership, Person, Team
from helpdesk.tickets import actions
from helpdesk.tickets.actions import Said
from helpdesk.tickets.history import GENESIS
from helpdesk.tickets.models import Event, Ticket
from tests.making import HOUR, MONDAY

NOON = MONDAY + 3 * HOUR
BOOK = Session(autoflush=False)
_ids = itertools.count(1)


def make_team(name):
    return Team(id=next(_ids), name=name)


def make_person(name, *teams, role="agent"):
    person = Person(id=next(_ids), name=name, role=role, active=True)
    person.memberships = [Membership(team_id=team.id) for team in teams]
    return person


def make_ticket(team, **more):
    """A ticket before anything was said in it; the book forgets the one before."""
    number = next(_ids)
    ticket = Ticket(
        id=number, number=number, team=team, customer=make_person("Marat", role=None), subject="The coupon", status="new",
        open=True, priority="normal", channel="mail", tags=[], voided={}, version=1, event_count=0, head=GENESIS,
        policy_version_id=5, **more,
    )  # fmt: skip
    BOOK.expunge_all()
    BOOK.add(ticket)
    return ticket


def opened(ticket):
    """The same ticket after the customer's first words."""
    actions.open_for_customer(ticket, said("It does not work."), at=MONDAY)
    return ticket


def said(text, **more):
    return Said(text, "mail", **more)


def story(ticket):
    """What was recorded, in order."""
    written = [row for row in BOOK.new if isinstance(row, Event) and row.ticket is ticket]
    return sorted(written, key=lambda event: event.seq)


def kinds(ticket):
    return [event.kind for event in story(ticket)]
