"""Demo data: people, shifts and two months of tickets, lived through by the real use cases at their own instants.

Everything made here is marked, can never be sent out, and goes away again by demo_removal.remove().
"""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, update

from helpdesk.channels.ledger import Inbox
from helpdesk.channels.models import Channel
from helpdesk.errors import Conflict, HelpdeskError
from helpdesk.people.models import Person
from helpdesk.services import (
    demo_desk,
    demo_lease,
    demo_script,
    demo_today,
    desk,
    firing,
    handover,
    intake,
    outbox,
    reasons,
    triggers,
)
from helpdesk.services.database import db
from helpdesk.services.demo_raw import WRITERS, call_to
from helpdesk.services.demo_stage import WORKING, Stage, build
from helpdesk.services.instant import now, pretend
from helpdesk.services.ledger import accept_all, prepare
from helpdesk.services.store import settings, transaction
from helpdesk.sla.models import Clock
from helpdesk.tickets.models import Delivery, Notice, Ticket

DAYS = 60
TICKETS = 300
BURNING = (29, 28, 25, 21, 16, 10)  # minutes that the last, urgent ones wait already, of half an hour
FRESH = 12  # that came in an hour and a bit ago
SOON = (4, 8, 12, 20, 25, 50)
REACTIONS = (5, 10, 10, 20, 20, 45, 45, 90, 150, 300)
LATELY = timedelta(days=3)  # what is older has come to its end
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
THEN: dict[str, Callable[..., Ticket]] = {"pend": desk.pend, "hold": desk.hold, "solve": desk.solve}

Step = Callable[[], object]


@dataclass
class Play:
    """Two months of a desk: steps in order of their instants, each of which may plan later ones."""

    chance: random.Random
    begins: datetime
    ends: datetime
    stage: Stage
    steps: list[tuple[datetime, int, Step]] = field(default_factory=list)
    planned: int = 0

    def plan(self, at: datetime, step: Step) -> None:
        """Let *step* happen at an instant, unless that lies ahead of us."""
        if at < self.ends:
            self.planned += 1
            heapq.heappush(self.steps, (at, self.planned, step))

    def run(self) -> None:
        """Live through it, with every deadline that falls due on the way."""
        while self.steps:
            at, number, step = heapq.heappop(self.steps)
            _fire_until(at)
            with pretend(at):
                _try(step)
                triggers.heed()
            if number % 25 == 0:
                demo_lease.keep()
            db.session.remove()
        _fire_until(self.ends)


def _try(step: Step) -> None:
    """A step that no longer fits (the ticket was closed meanwhile) is left out, as a person would."""
    try:
        step()
    except HelpdeskError:
        db.session.rollback()


def _fire_until(at: datetime) -> None:
    while True:
        due = db.session.scalar(select(func.min(Clock.next_fire_at)))
        db.session.rollback()
        if due is None or due >= at:
            return
        with pretend(min(due + timedelta(milliseconds=200), at)):
            if firing.fire_due() == 0:
                return
            triggers.heed()


def make(*, seed: int = 1) -> None:
    """Fill an empty desk; where the demo is, nothing is done. Raises Conflict when the desk has tickets of its own."""
    if there():
        return
    if lived_in():
        raise Conflict("This desk has tickets; the demo is made only on an empty one, such as in another HELPDESK_VAR.")
    demo_lease.keep()
    begins = (now() - timedelta(days=DAYS)).replace(minute=0, second=0, microsecond=0)
    play = Play(random.Random(seed), begins, now(), build(begins, now()))
    _contacts(play)
    for days in range(2 * DAYS):
        play.plan(play.ends - days * 12 * HOUR - 2 * HOUR, lambda: demo_today.finish(play.stage.agents, LATELY))
    _last_hour(play)
    play.run()
    outbox.deliver_waiting()
    _read_notices(play.ends)
    demo_lease.leave()


def there() -> bool:
    """Whether the demo is in."""
    staff = select(Person.id).where(Person.demo, Person.active, Person.role.is_not(None))
    return db.session.scalar(staff.limit(1)) is not None


def lived_in() -> bool:
    """Whether there are tickets."""
    return db.session.scalar(select(Ticket.id).limit(1)) is not None


def _read_notices(ends: datetime) -> None:
    """Nobody left the notices of former shifts unread."""
    with transaction():
        old = update(Notice).where(Notice.read_at.is_(None), Notice.at < ends - HOUR)
        db.session.execute(old.values(read_at=Notice.at), execution_options={"synchronize_session": False})


def _contacts(play: Play) -> None:
    """Contacts in working hours mostly, and the last ones urgent and not answered yet, so that some soon breach."""
    for number in range(TICKETS - len(BURNING)):
        at = play.begins + play.chance.random() * (play.ends - play.begins)
        if number % 12 == 0:
            at = play.ends - play.chance.random() * 9 * HOUR
        elif play.chance.random() < 0.85:
            at = WORKING.next_open(at) + play.chance.random() * 4 * HOUR
        play.plan(at, lambda number=number: _contact(play, number))  # type: ignore[misc]
    for number, minutes in enumerate(BURNING, TICKETS):
        at = play.ends - minutes * MINUTE
        play.plan(at, lambda number=number: _burn(play, number))  # type: ignore[misc]


def _last_hour(play: Play) -> None:
    """What came in lately is in work, and everything happens that a page of the desk can show."""
    for number in range(1, FRESH + 1):
        play.plan(play.ends - HOUR - number * 2 * MINUTE, lambda number=-number: _mail(play, number))  # type: ignore[misc]
    for team_id in play.stage.agents:
        for before, step in demo_today.steps(play.stage.there(team_id, play.ends)):
            play.plan(play.ends - before, step)


def _burn(play: Play, number: int) -> None:
    """A contact that is urgent and that nobody answers."""
    ticket_number = _mail(play, number)
    if ticket_number is not None:
        _urgent(ticket_number, play.stage.agents[play.stage.channels[number % 2].team_id][0])


def _mail(play: Play, number: int) -> int | None:
    channel = play.stage.channels[number % 2]
    theirs = play.stage.customers(channel)
    customer = theirs[number % len(theirs)]
    subject, words = demo_script.question(customer, number)
    ticket_number = _arrive(channel, WRITERS["mail"](customer, subject, words, number), f"demo-{number}")
    if ticket_number is not None:
        _plan_reason(play, ticket_number, channel, subject)
    return ticket_number


def _contact(play: Play, number: int) -> None:
    channel = play.stage.channels[play.chance.choices(range(5), weights=[40, 20, 15, 10, 15])[0]]
    customer = play.chance.choice(play.stage.customers(channel))
    subject, words = demo_script.question(customer, play.chance.randrange(100))
    ticket_number = _arrive(channel, WRITERS[channel.kind](customer, subject, words, number), f"demo-{number}")
    if ticket_number is not None:
        _plan_work(play, ticket_number, channel, customer)
        _plan_reason(play, ticket_number, channel, subject)


def _arrive(channel: Channel, raw: bytes, key: str) -> int | None:
    """Bring a contact in and file it here and now: until then it is out of the reach of workers, who live today."""
    row = prepare(channel_id=channel.id, source=channel.kind, key=key, raw=raw)
    with transaction():
        accept_all([row | {"next_try_at": datetime.now(UTC) + HOUR}])
    inbox_id = db.session.scalars(select(Inbox.id).where(Inbox.channel_id == channel.id, Inbox.key == key)).one()
    intake.file_one(inbox_id)
    outbox.deliver_waiting()
    filed = select(Ticket.number).join(Inbox, Inbox.ticket_id == Ticket.id).where(Inbox.id == inbox_id)
    return db.session.scalar(filed)


def _plan_work(play: Play, number: int, channel: Channel, customer: int) -> None:
    """An agent takes it, mostly in time; some tickets wait, go on, are handed over, solved, or reopened."""
    chance, at = play.chance, now()
    urgent = chance.random() < 0.1
    last = answered = _after(at, chance.choice(SOON if urgent else REACTIONS), urgent=urgent)
    agent_id = chance.choice(play.stage.there(channel.team_id, min(answered, play.ends)))
    if urgent:
        play.plan(at + 2 * MINUTE, lambda: _urgent(number, agent_id))
    _plan_answer(play, answered, number, agent_id, chance.choice(("", "", "pend", "hold")))
    if chance.random() < 0.25:
        play.plan(answered + 5 * MINUTE, lambda: _note(number, agent_id, chance.choice(demo_script.NOTES)))
    if chance.random() < 0.5:
        again = answered + chance.randrange(1, 30) * HOUR
        last = _after(again, chance.choice(REACTIONS))
        play.plan(again, lambda: _write_again(play, number, channel, customer, agent_id))
        _plan_answer(play, last, number, agent_id, "")
    if chance.random() < 0.15:
        other_id = chance.choice(play.stage.there(channel.team_id, min(answered + 6 * HOUR, play.ends)))
        play.plan(answered + 6 * HOUR, lambda: _hand_over(number, agent_id, other_id))
    if chance.random() < 0.97 or at < play.ends - LATELY:
        _plan_answer(play, _after(last, chance.randrange(60, 900)), number, agent_id, "solve")


def _plan_answer(play: Play, at: datetime, number: int, agent_id: int, then: str) -> None:
    """It leaves when it can be taken back no more."""
    play.plan(at, lambda: _answer(number, agent_id, then))
    play.plan(at + settings().undo_seconds * SECOND, outbox.deliver_waiting)


def _plan_reason(play: Play, number: int, channel: Channel, subject: str) -> None:
    """Most are given a reason by whoever reads them first."""
    agent_id = play.stage.agents[channel.team_id][0]
    if play.chance.random() < 0.85:
        title = demo_desk.REASON_OF[subject] if play.chance.random() < 0.9 else "Другое"
        play.plan(now() + 3 * MINUTE, lambda: _give_reason(number, title, agent_id))


def _give_reason(number: int, title: str, agent_id: int) -> None:
    reasons.change(number, to=title, by=db.session.get_one(Person, agent_id))


def _after(at: datetime, minutes: int, *, urgent: bool = False) -> datetime:
    """When somebody at work gets to it: *minutes* of working time later, or by the wall clock what is urgent."""
    return at + minutes * MINUTE if urgent else WORKING.due_at(at, minutes * MINUTE)


def _answer(number: int, agent_id: int, then: str) -> None:
    agent = db.session.get_one(Person, agent_id)
    ticket = db.session.scalars(select(Ticket).where(Ticket.number == number)).one()
    if ticket.channel == "calls":
        _call_back(ticket, agent, then)
        return
    texts = demo_script.ANSWERS["en" if ticket.language == "en" else "ru"]
    desk.reply(number, text=texts[number % len(texts)], by=agent, then=then)


def _call_back(ticket: Ticket, agent: Person, then: str) -> None:
    """Whoever called is called back: there is no address to write to."""
    phone, number, channel_id = ticket.customer.contact("phone"), ticket.number, ticket.channel_id
    if phone is None or not ticket.open:
        return
    raw = call_to(phone.value, number)
    db.session.rollback()
    desk.take(number, by=agent)
    _arrive(db.session.get_one(Channel, channel_id), raw, f"back-{number}-{now().timestamp():.0f}")
    if then:
        THEN[then](number, by=agent)


def _note(number: int, agent_id: int, text: str) -> None:
    desk.note(number, text=text, by=db.session.get_one(Person, agent_id))


def _urgent(number: int, agent_id: int) -> None:
    desk.change_priority(number, to="urgent", by=db.session.get_one(Person, agent_id))


def _hand_over(number: int, giver_id: int, receiver_id: int) -> None:
    giver = db.session.get_one(Person, giver_id)
    offer = handover.offer(number, to=receiver_id, note=demo_script.HANDOVER[giver.locale], by=giver)
    handover.accept(offer.id, by=db.session.get_one(Person, receiver_id))


def _write_again(play: Play, number: int, channel: Channel, customer: int, agent_id: int) -> None:
    """The customer comes back; what has become a ticket of its own by then is answered and solved, too."""
    language = db.session.scalar(select(Ticket.language).where(Ticket.number == number))
    words = play.chance.choice(demo_script.MORE["en" if language == "en" else "ru"])
    answered = db.session.scalar(
        select(Delivery.key).join(Ticket).where(Ticket.number == number, Delivery.channel == "mail").limit(1)
    )
    subject = db.session.scalar(select(Ticket.subject).where(Ticket.number == number))
    raw = WRITERS[channel.kind](customer, f"Re: {subject}", words, number, answered or "")
    filed = _arrive(channel, raw, f"again-{number}-{play.planned}")
    if filed is not None and filed != number:
        _plan_answer(play, _after(now(), play.chance.choice(REACTIONS)), filed, agent_id, "solve")
