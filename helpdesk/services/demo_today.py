"""The last hour of the demo: what is offered, put back, set aside, begun, linked and spoken of when somebody comes to look."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from sqlalchemy import select

from helpdesk.people.models import Person
from helpdesk.people.roles import Role
from helpdesk.services import (
    breaks,
    customer_notes,
    desk,
    drafts,
    following,
    handover,
    linking,
    roster,
    snoozing,
    taking,
)
from helpdesk.services.database import db
from helpdesk.services.demo_script import DRAFT, HANDOVER, LEAD, LOOK_AT, REFUSAL, REMEMBER, SKIP
from helpdesk.services.instant import now
from helpdesk.tickets.models import Ticket

Step = Callable[[], object]
FORMS = ("child", "child", "duplicate", "related")


def steps(agents: Sequence[int]) -> list[tuple[timedelta, Step]]:
    """What happens in one team, by how long before the end."""
    return [
        (timedelta(minutes=58), lambda: _take(agents)),
        (timedelta(minutes=55), lambda: _link(agents)),
        (timedelta(minutes=48), lambda: _speak(agents)),
        (timedelta(minutes=59), lambda: _skip(agents)),
        (timedelta(minutes=33), lambda: _set_aside(agents)),
        (timedelta(minutes=20), lambda: _refuse(agents)),
        (timedelta(minutes=12), lambda: _accept(agents)),
        (timedelta(minutes=5), lambda: _offer(agents)),
        (timedelta(minutes=4), lambda: _begin(agents)),
        (timedelta(minutes=3), lambda: _rest(agents)),
    ]


def finish(agents: Mapping[int, Sequence[int]], lately: timedelta) -> None:
    """Whatever has been lying about for longer is solved by somebody of its team."""
    old = select(Ticket.number, Ticket.team_id).where(Ticket.open, Ticket.opened_at < now() - lately)
    for number, team_id in db.session.execute(old).all():
        desk.solve(number, by=db.session.get_one(Person, agents[team_id][0]))


def _take(agents: Sequence[int]) -> None:
    """Each has begun with what was next, and then with one more."""
    for person_id in [*agents, *agents]:
        taking.take_next(by=db.session.get_one(Person, person_id))


def _held(agents: Sequence[int]) -> list[tuple[int, Person]]:
    """Tickets that somebody of these works on, with their owners, in an order that is no one's."""
    mine = select(Ticket).where(Ticket.open, Ticket.owner_id.in_(agents), Ticket.snoozed_at.is_(None))
    found = db.session.scalars(mine.order_by(Ticket.secret))
    return [(ticket.number, ticket.owner) for ticket in found if ticket.owner is not None]


def _colleague(agents: Sequence[int], owner: Person) -> int:
    """Somebody else, who is at work if anybody is."""
    there = [one.id for one in roster.available(now()) if one.id in agents and one.id != owner.id]
    return (there or [one for one in agents if one != owner.id])[0]


def _link(agents: Sequence[int]) -> None:
    """Several that are parts of one trouble."""
    held = _held(agents)
    for (number, owner), kind in zip(held[1:], FORMS, strict=False):
        linking.link(number, held[0][0], kind, by=owner)


def _speak(agents: Sequence[int]) -> None:
    """A note names the lead, who follows from then on; something is known of a customer."""
    for number, owner in _held(agents)[:2]:
        desk.note(number, text=f"@{LEAD[1]} {LOOK_AT[owner.locale]}", by=owner)
        customer_notes.note(number, REMEMBER[owner.locale], seen=0, by=owner)
    for number, _owner in _held(agents)[2:4]:
        following.follow(number, by=db.session.get_one(Person, agents[0]))


def _skip(agents: Sequence[int]) -> None:
    """Whoever took the next one put it back."""
    person = db.session.get_one(Person, agents[0])
    taken = taking.take_next(by=person)
    if taken is not None:
        taking.skip(taken.ticket.number, reason=SKIP[person.locale], by=person)


def _set_aside(agents: Sequence[int]) -> None:
    for (number, owner), way in zip(_held(agents)[-2:], ("tomorrow", "reply"), strict=False):
        snoozing.snooze(number, way, reminder=REMEMBER[owner.locale], by=owner)


def _refuse(agents: Sequence[int]) -> None:
    for number, owner in _held(agents)[:1]:
        other = db.session.get_one(Person, _colleague(agents, owner))
        offer = handover.offer(number, to=other.id, note=HANDOVER[owner.locale], by=owner)
        handover.refuse(offer.id, reason=REFUSAL[other.locale], by=other)


def _accept(agents: Sequence[int]) -> None:
    for number, owner in _held(agents)[-1:]:
        other = _colleague(agents, owner)
        offer = handover.offer(number, to=other, note=HANDOVER[owner.locale], by=owner)
        handover.accept(offer.id, by=db.session.get_one(Person, other))


def _offer(agents: Sequence[int]) -> None:
    for number, owner in _held(agents)[1:3]:
        handover.offer(number, to=_colleague(agents, owner), note=HANDOVER[owner.locale], by=owner)


def _begin(agents: Sequence[int]) -> None:
    """Answers that are not sent yet, one of them by whoever comes to look."""
    for number, owner in _held(agents)[:2]:
        drafts.keep(number, "reply", text=DRAFT[owner.locale], way={}, by=owner)
    administrators = select(Person).where(Person.role == Role.ADMINISTRATOR, Person.active, ~Person.demo)
    for person in db.session.scalars(administrators.order_by(Person.id).limit(1)).all():
        for number, owner in _held(agents)[2:3]:
            drafts.keep(number, "reply", text=DRAFT[owner.locale], way={}, by=person)


def _rest(agents: Sequence[int]) -> None:
    """One of those at work has gone for lunch, where three are there."""
    for person in [one for one in roster.available(now()) if one.id in agents][2:3]:
        breaks.begin("lunch", minutes=45, by=person)
