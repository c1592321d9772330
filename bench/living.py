"""Tickets lived through by the verbs of the product, outside any session, with their clocks and what has fired."""

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import event

from bench import words
from bench.staff import Desk
from helpdesk.channels.ledger import Inbox
from helpdesk.people.models import Person
from helpdesk.services import deadlines, happenings
from helpdesk.services.policies import pinned
from helpdesk.sla.clock import ClockState
from helpdesk.sla.firing import BREACH, fire_times
from helpdesk.sla.models import Clock, Firing
from helpdesk.tickets import actions
from helpdesk.tickets.actions import Said
from helpdesk.tickets.history import GENESIS
from helpdesk.tickets.models import Event, Message, Ticket

MINUTE = timedelta(minutes=1)


@dataclass
class Life:
    """One ticket with all that hangs on it."""

    ticket: Ticket
    events: list[Event] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    clocks: list[Clock] = field(default_factory=list)
    firings: list[Firing] = field(default_factory=list)
    inbox: list[Inbox] = field(default_factory=list)


@dataclass(frozen=True)
class World:
    """Whom tickets may belong to, and the instant at which it is seen."""

    desk: Desk
    customers: list[Person]
    at: datetime
    chance: random.Random


def lived(world: World, number: int, opened_at: datetime, version_id: int) -> Life:
    """The ticket of this number: some are new, some were answered, some answered back, some wait for the customer."""
    life = _opened(world, number, opened_at, version_id)
    agent = world.chance.choice(world.desk.agents[life.ticket.team.id])
    if number % 10 >= 4:
        _say(life, actions.reply, by=agent, at=opened_at + 20 * MINUTE)
    if number % 10 in (6, 7):
        _say(life, actions.receive, by=life.ticket.customer, at=opened_at + 40 * MINUTE)
    if number % 10 in (8, 9):
        with _Hearing(life):
            actions.pend(life.ticket, by=agent, at=opened_at + 50 * MINUTE)
    _count(life, world.at)
    life.ticket.owner_id = life.ticket.owner.id if life.ticket.owner else None
    return life


def _opened(world: World, number: int, at: datetime, version_id: int) -> Life:
    customer, team = world.chance.choice(world.customers), world.chance.choice(world.desk.teams)
    ticket = Ticket(
        id=number, number=number, subject=words.subject(number), status="new", open=True, priority="normal",
        channel="mail", channel_id=1, version=1, team=team, team_id=team.id, customer=customer, customer_id=customer.id,
        tags=[], language="ru", opened_at=at, changed_at=at, sort_at=at, preview="", event_count=0, head=GENESIS,
        policy_version_id=version_id, voided={}, snooze={},
    )  # fmt: skip
    life = Life(ticket)
    _say(life, actions.open_for_customer, at=at)
    return life


def _say(life: Life, verb: Callable[..., Message], **more: Any) -> None:
    number = 3 * life.ticket.id + len(life.messages)
    with _Hearing(life):
        message = verb(life.ticket, Said(words.text(number), "mail"), **more)
    life.messages.append(message)
    if message.direction == "in":
        life.inbox.append(_arrived(number, message.at))


def _arrived(number: int, at: datetime) -> Inbox:
    """The ledger's row of a message; its bytes are few, to keep the file small."""
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    return Inbox(
        source="mail", channel_id=1, key=digest[:20], content_key=digest, sha256=digest, size=100, raw=b"x" * 100,
        facts={}, received_at=at, state="filed", attempts=1, next_try_at=at, filed_at=at,
    )  # fmt: skip


class _Hearing:
    """Keeps the events that are recorded meanwhile, since no session does."""

    def __init__(self, life: Life) -> None:
        self.life = life

    def __enter__(self) -> None:
        event.listen(Event, "init", self._heard)

    def __exit__(self, *_: object) -> None:
        event.remove(Event, "init", self._heard)

    def _heard(self, one: Event, _arguments: Any, _named: Any) -> None:
        self.life.events.append(one)


def _count(life: Life, at: datetime) -> None:
    """The clocks, and what has fired of them by now, told in the history as after a downtime."""
    ticket, bound = life.ticket, pinned(life.ticket.policy_version_id or 0)
    for state in happenings.states(ticket, life.events, at).clocks:
        for step in fire_times(state, bound.policy.fractions, bound.policy.delays):
            if step.at <= at:
                _fire(life, state, step.threshold, step.at, at)
    known = [(one.threshold, one.kind, one.started_seq, one.started_at) for one in life.firings]
    fired = deadlines.Fired((), {ticket.id: known})
    life.clocks = deadlines.lay(ticket, life.events, (), fired, at)
    deadlines.sort(ticket, {})


def _fire(life: Life, state: ClockState, threshold: str, due_at: datetime, at: datetime) -> None:
    firing = Firing(
        kind=state.clock, turn=state.turn, started_seq=state.started_by, started_at=state.started_at,
        threshold=threshold, due_at=due_at, detected_at=at, facts={},
    )  # fmt: skip
    life.firings.append(firing)
    with _Hearing(life):
        life.ticket.record(
            "breached" if threshold == BREACH else "warned", by=None, at=due_at, recorded_at=at, clock=state.clock,
            turn=state.turn, threshold=threshold, detected_at=at.isoformat(),
        )  # fmt: skip
