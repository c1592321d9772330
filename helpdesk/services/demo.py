"""Demo data: people, shifts and two months of tickets, lived through by the real use cases at their own instants.

Everything made here is marked, can never be sent out, and goes away again by remove().
"""

import heapq
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage

from sqlalchemy import func, select

from helpdesk.channels.calls.record import Call, write
from helpdesk.channels.models import Channel
from helpdesk.errors import HelpdeskError
from helpdesk.people.models import ContactPoint, Membership, Person, Shift, Team
from helpdesk.services import deadlines, demo_script, desk, handover, intake, leases, outbox
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.services.ledger import accept
from helpdesk.services.store import settings, transaction
from helpdesk.sla.models import CalendarRow, CalendarVersion, Clock, PolicyRow, PolicyVersion
from helpdesk.tickets.models import Delivery, Ticket

DAYS = 60
TICKETS = 300
MAKING = "demo"
LEASE = 60.0
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)

Step = Callable[[], None]


@dataclass
class Play:
    """Two months of a desk: steps in order of their instants, each of which may plan later ones."""

    chance: random.Random
    begins: datetime
    ends: datetime
    agents: dict[int, list[int]] = field(default_factory=dict)
    channels: list[Channel] = field(default_factory=list)
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
            if number % 25 == 0:
                leases.take(MAKING, leases.me(), LEASE)
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
            if deadlines.fire_due() == 0:
                return


def make(*, seed: int = 1) -> None:
    """Fill an empty desk; a desk that has tickets, or the demo, stays as it is."""
    if db.session.scalar(select(Team.id).where(Team.demo).limit(1)) or db.session.scalar(select(Ticket.id).limit(1)):
        return
    leases.take(MAKING, leases.me(), LEASE)
    begins = (now() - timedelta(days=DAYS)).replace(minute=0, second=0, microsecond=0)
    play = Play(random.Random(seed), begins, now())
    with pretend(begins):
        teams = _people(play)
        _promises()
        play.channels = _channels(teams)
    _shifts(play)
    _contacts(play)
    play.run()
    leases.release(MAKING, leases.me())


def _people(play: Play) -> list[Team]:
    with transaction():
        teams = [Team(name=name, time_zone="Asia/Almaty", demo=True) for name in demo_script.TEAMS]
        db.session.add_all(teams)
        db.session.flush()
        for name, login, team, locale in demo_script.AGENTS:
            agent = _staff(name, login, "agent", [teams[team]], locale)
            play.agents.setdefault(teams[team].id, []).append(agent)
        name, login, locale = demo_script.LEAD
        _staff(name, login, "supervisor", teams, locale)
    return teams


def _staff(name: str, login: str, role: str, teams: list[Team], locale: str) -> int:
    person = Person(name=name, role=role, login=login, locale=locale, active=True, demo=True, tags=[], created_at=now())
    person.memberships = [Membership(team_id=team.id) for team in teams]
    address = f"{login}@demo.invalid"
    person.contacts = [ContactPoint(kind="email", value=address, shown=address, created_at=now())]
    db.session.add(person)
    db.session.flush()
    return person.id


WEEK = {day: [["09:00", "13:00"], ["14:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
TARGETS = {
    "*": {"first_response": 4 * 3600, "answer": 8 * 3600, "resolution": 24 * 3600},
    "urgent": {"first_response": 1800, "answer": 3600, "resolution": 8 * 3600},
}


def _promises() -> None:
    """Working hours with a lunch break for what is written, all hours for what is urgent."""
    with transaction():
        calendar = CalendarRow(name="Demo: Mon–Fri 9–18", demo=True)
        calendar.versions = [
            CalendarVersion(version=1, definition={"tz": "Asia/Almaty", "weekly": WEEK}, made_at=now())
        ]
        db.session.add(calendar)
        db.session.flush()
        definition = {
            "name": "Demo: standard", "targets": TARGETS, "time": {"*": "working", "urgent": "calendar"},
            "pauses": ["pending", "on_hold"],
        }  # fmt: skip
        policy = PolicyRow(name="Demo: standard", position=1000, active=True, demo=True)
        version = PolicyVersion(
            version=1, definition=definition, calendar_version_id=calendar.versions[0].id, made_at=now()
        )
        policy.versions = [version]
        db.session.add(policy)


def _channels(teams: list[Team]) -> list[Channel]:
    address = settings().own_address or f"support@{settings().own_host}"
    kinds = [("mail", "Demo: mail", 0, address), ("mail", "Demo: streaming", 1, "streaming@demo.invalid")]
    kinds += [("webhook", "demo-chat", 1, ""), ("telegram", "demo-telegram", 0, ""), ("calls", "demo-calls", 0, "")]
    with transaction():
        made = [
            Channel(kind=kind, name=name, team_id=teams[team].id, address=address, settings={}, state={}, demo=True)
            for kind, name, team, address in kinds
        ]
        db.session.add_all(made)
    db.session.expunge_all()
    return made


def _shifts(play: Play) -> None:
    """Early and late, from two months ago to next week; what is over was handed over then."""
    with transaction():
        for team_id, people in play.agents.items():
            for day in range(DAYS + 8):
                for turn, person_id in enumerate(people):
                    starts_at = play.begins.replace(hour=3 + 3 * turn) + timedelta(days=day)
                    ends_at = starts_at + 9 * HOUR
                    over = ends_at if ends_at < play.ends else None
                    db.session.add(
                        Shift(
                            person_id=person_id, team_id=team_id, starts_at=starts_at, ends_at=ends_at, ended_at=over,
                            demo=True,
                        )
                    )  # fmt: skip


def _contacts(play: Play) -> None:
    """Contacts in working hours mostly, more of them lately, so that some are about to breach."""
    length = play.ends - play.begins
    for number in range(TICKETS):
        recent = number % 10 == 0
        at = play.ends - play.chance.random() * 9 * HOUR if recent else play.begins + play.chance.random() * length
        play.plan(at, lambda number=number: _contact(play, number))  # type: ignore[misc]


def being_made() -> bool:
    """Whether demo data are being lived through just now; nothing of today may touch them then."""
    return not leases.free(MAKING, LEASE)


def _contact(play: Play, number: int) -> None:
    channel = play.channels[play.chance.choices(range(5), weights=[40, 20, 15, 10, 15])[0]]
    customer = play.chance.randrange(len(demo_script.CUSTOMERS))
    subject, words = play.chance.choice(demo_script.QUESTIONS)
    ticket_number = _arrive(channel, WRITERS[channel.kind](customer, subject, words, number), f"demo-{number}")
    if ticket_number is not None:
        _plan_work(play, ticket_number, channel, customer)


def _arrive(channel: Channel, raw: bytes, key: str) -> int | None:
    with transaction():
        accept(channel_id=channel.id, source=channel.kind, key=key, raw=raw)
    intake.file_waiting()
    outbox.deliver_waiting()
    ticket = db.session.scalar(select(Ticket.number).order_by(Ticket.changed_at.desc(), Ticket.id.desc()).limit(1))
    db.session.rollback()
    return ticket


def _plan_work(play: Play, number: int, channel: Channel, customer: int) -> None:
    """An agent takes it, mostly in time; some tickets wait, go on, are handed over, solved, or reopened."""
    chance, at = play.chance, now()
    agent_id = chance.choice(play.agents[channel.team_id])
    later = at + chance.choice((10, 20, 45, 90, 200, 600)) * MINUTE
    play.plan(later, lambda: _answer(number, agent_id, chance.choice(("", "", "pend", "hold"))))
    if chance.random() < 0.25:
        play.plan(later + 5 * MINUTE, lambda: _note(number, agent_id, chance.choice(demo_script.NOTES)))
    if chance.random() < 0.15:
        play.plan(at + 5 * MINUTE, lambda: _urgent(number, agent_id))
    if chance.random() < 0.5:
        again = later + chance.randrange(1, 30) * HOUR
        play.plan(again, lambda: _write_again(play, number, channel, customer))
        play.plan(again + chance.choice((1, 3, 9)) * HOUR, lambda: _answer(number, agent_id, ""))
    if chance.random() < 0.15:
        other_id = chance.choice(play.agents[channel.team_id])
        play.plan(later + 6 * HOUR, lambda: _hand_over(number, agent_id, other_id))
    if chance.random() < 0.92:
        play.plan(later + chance.randrange(2, 60) * HOUR, lambda: _answer(number, agent_id, "solve"))


def _answer(number: int, agent_id: int, then: str) -> None:
    agent = db.session.get_one(Person, agent_id)
    language = db.session.scalar(select(Ticket.language).where(Ticket.number == number))
    texts = demo_script.ANSWERS["en" if language == "en" else "ru"]
    desk.reply(number, text=texts[number % len(texts)], by=agent, then=then)
    outbox.deliver_waiting()


def _note(number: int, agent_id: int, text: str) -> None:
    desk.note(number, text=text, by=db.session.get_one(Person, agent_id))


def _urgent(number: int, agent_id: int) -> None:
    desk.change_priority(number, to="urgent", by=db.session.get_one(Person, agent_id))


def _hand_over(number: int, giver_id: int, receiver_id: int) -> None:
    giver = db.session.get_one(Person, giver_id)
    offer = handover.offer(number, to=receiver_id, note=demo_script.HANDOVER, by=giver)
    handover.accept(offer.id, by=db.session.get_one(Person, receiver_id))


def _write_again(play: Play, number: int, channel: Channel, customer: int) -> None:
    language = db.session.scalar(select(Ticket.language).where(Ticket.number == number))
    words = play.chance.choice(demo_script.MORE["en" if language == "en" else "ru"])
    answered = db.session.scalar(
        select(Delivery.key).join(Ticket).where(Ticket.number == number, Delivery.channel == "mail").limit(1)
    )
    raw = WRITERS[channel.kind](customer, "Re: …", words, number, answered or "")
    _arrive(channel, raw, f"again-{number}-{play.planned}")


def _mail(customer: int, subject: str, words: str, number: int, answers: str = "") -> bytes:
    mail = EmailMessage()
    mail["From"] = Address(demo_script.CUSTOMERS[customer], f"customer{customer}", "demo.invalid")
    mail["To"], mail["Subject"] = "support@demo.invalid", subject
    mail["Message-ID"] = f"<{number}.{len(words)}.{now().timestamp()}@demo.invalid>"
    if answers:
        mail["In-Reply-To"] = f"<{answers}>"
    mail.set_content(f"{words}\n")
    return mail.as_bytes()


def _chat(customer: int, _subject: str, words: str, number: int, _answers: str = "") -> bytes:
    sender = {"id": f"visitor-{customer}", "name": demo_script.CUSTOMERS[customer]}
    data = {"conversation": f"c{customer}", "message": f"m{number}", "sender": sender, "text": words}
    return json.dumps({"type": "message.created", "timestamp": now().isoformat(), "data": data}).encode()


def _telegram(customer: int, _subject: str, words: str, number: int, _answers: str = "") -> bytes:
    person = {"id": 700_000 + customer, "is_bot": False, "first_name": demo_script.CUSTOMERS[customer]}
    chat = {"id": 700_000 + customer, "type": "private", "first_name": demo_script.CUSTOMERS[customer]}
    message = {"message_id": number, "date": int(now().timestamp()), "chat": chat, "from": person, "text": words}
    return json.dumps({"update_id": number, "message": message}).encode()


def _call(customer: int, _subject: str, _words: str, number: int, _answers: str = "") -> bytes:
    started, missed = now() - MINUTE, number % 3 == 0
    call = Call(
        id=f"demo-{number}-{started.timestamp():.0f}", started=started, answered=None if missed else now(), ended=now(),
        caller=f"+7700000{customer:04}", called="+77270000000", direction="in", ring_seconds=60, talk_seconds=None,
        name=demo_script.CUSTOMERS[customer],
    )  # fmt: skip
    return write(call)


WRITERS: dict[str, Callable[..., bytes]] = {
    "mail": _mail,
    "webhook": _chat,
    "telegram": _telegram,
    "calls": _call,
}
