"""What a ticket's page shows: the talk with its files and deliveries, the history, the clocks, the customer. Reads only."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, CompoundSelect, Row, bindparam, exists, func, literal, null, select, union_all
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import set_committed_value

from helpdesk import blobs
from helpdesk.errors import NotFound
from helpdesk.people.models import Membership, Person, Team
from helpdesk.people.notes import CustomerNote
from helpdesk.people.roster import workers
from helpdesk.services import belongings, customer_notes, linking, roster, trust
from helpdesk.services.around import Around, around
from helpdesk.services.database import db
from helpdesk.services.linking import Linked
from helpdesk.services.news import GUARDED
from helpdesk.services.owners import Held, owners
from helpdesk.services.store import settings, ticket_for
from helpdesk.services.trust import NOBODY, Trust
from helpdesk.services.urgency import Look, paused, running
from helpdesk.services.views import MOST, OPEN
from helpdesk.sla.clock import MET, MISSED, VOID
from helpdesk.sla.models import FIRED_OF, Clock
from helpdesk.tickets.belonging import Belonging
from helpdesk.tickets.handover import Offer
from helpdesk.tickets.models import Attachment, Delivery, Event, Message, Ticket
from helpdesk.tickets.participants import Participant
from helpdesk.tickets.reasons import Reason

LARGEST_INLINE = 2_000_000

TICKET: BindParameter[int] = bindparam("ticket")
SAID = (
    select(Message)
    .where(Message.ticket_id == TICKET)
    .options(joinedload(Message.author).load_only(Person.name, Person.role, Person.tags, Person.time_zone))
    .order_by(Message.at, Message.id)
)
FILES = select(Attachment).join(Attachment.message).where(Message.ticket_id == TICKET).order_by(Attachment.id)
DELIVERIES = select(Delivery).join(Delivery.message).where(Message.ticket_id == TICKET).order_by(Delivery.id)
HAPPENED = (
    select(Event)
    .where(Event.ticket_id == TICKET)
    .options(joinedload(Event.actor).load_only(Person.name, Person.role))
    .order_by(Event.seq)
)
CLOCKS = select(Clock, exists().where(FIRED_OF)).where(Clock.ticket_id == TICKET).order_by(Clock.turn)
RARE = select(
    exists().where(Participant.ticket_id == TICKET),
    exists().where(belongings.concerning(TICKET), Belonging.state == "offered"),
    exists().where(linking.concerning(TICKET)),
    exists().where(Offer.ticket_id == TICKET, Offer.state == "offered"),
    exists().where(CustomerNote.person_id == bindparam("customer")),
)
OFFERED = select(Offer).where(Offer.ticket_id == TICKET, Offer.state == "offered")
CHOICES: CompoundSelect[Any] = union_all(
    select(literal("team").label("what"), Team.id, Team.name, null().label("parent_id"), literal(0).label("position"), Team.active)
    .where(Team.active),
    select(literal("reason"), Reason.id, Reason.name, Reason.parent_id, Reason.position, Reason.active),
)  # fmt: skip
OWNED = select(Ticket.id).where(OPEN, Ticket.owner_id == Person.id).limit(MOST).correlate(Person).subquery()
MEMBERS = (
    select(
        Person.id,
        Person.name,
        select(func.count()).select_from(OWNED).scalar_subquery(),
        Person.id.in_(roster.IDS_OF_TEAM),
        Person.id.in_(roster.AVAILABLE_OF_TEAM),
    )
    .join(Membership)
    .where(Membership.team_id == roster.TEAM, Person.active, workers())
    .order_by(Person.name, Person.id)
)

Entry = Message | list[Event]
Choice = Row[str, int, str, int | None, int, bool]


@dataclass(frozen=True)
class ClockShown:
    """One promise: how it looks, how much of its target is used (a percentage), and which turn it was.

    *in_hand* is the event by which somebody stopped its ladder; *warns* says that it has called out and goes on to.
    """

    kind: str
    turn: int
    look: Look
    used: float
    target: int
    verdict: str
    started_seq: int
    in_hand: Event | None
    warns: bool


@dataclass(frozen=True)
class Colleague:
    """Somebody who could own the ticket: how much they have, whether they are here, and not on a break."""

    id: int
    name: str
    load: int
    on_duty: bool
    available: bool

    @property
    def resting(self) -> bool:
        """Whether they are on a break."""
        return self.on_duty and not self.available


@dataclass(frozen=True)
class Shown:
    """Everything of one ticket's page. *outcomes* says by a message's seq what its event was: call_in_missed, …

    *reasons* is the whole list of them.
    """

    ticket: Ticket
    entries: list[Entry]
    outcomes: dict[int, str]
    last: int
    clocks: list[ClockShown]
    happened: Sequence[Event]
    around: Around
    notes: Sequence[CustomerNote]
    colleagues: list[Colleague]
    offer: Offer | None
    trust: Trust
    linked: list[Linked]
    teams: Sequence[Choice]
    reasons: Sequence[Choice]
    owners: list[Held]


def shown(number: int, *, by: Person, at: datetime) -> Shown:
    """The whole page of a ticket that *by* may see."""
    ticket = ticket_for(by, number)
    said, happened = messages(ticket), _events(ticket)
    rare = db.session.execute(RARE, {"ticket": ticket.id, "customer": ticket.customer_id})
    people, belongs, linked, offered, noted = rare.one()
    choices = db.session.execute(CHOICES).all()
    return Shown(
        ticket=ticket,
        entries=entries(said, happened),
        outcomes={event.seq: event.kind for event in happened},
        last=max((message.id for message in said), default=0),
        clocks=clocks(ticket, happened, at),
        happened=happened,
        around=around(ticket, by=by),
        notes=customer_notes.notes(ticket) if noted else (),
        colleagues=colleagues(ticket.team_id, at),
        offer=db.session.scalar(OFFERED, {"ticket": ticket.id}) if offered else None,
        trust=trust.of(ticket, by=by) if people or belongs else NOBODY,
        linked=linking.links(ticket, by=by) if linked else [],
        teams=sorted((one for one in choices if one.what == "team"), key=lambda one: one.name.casefold()),
        reasons=[one for one in choices if one.what == "reason"],
        owners=owners(ticket, happened),
    )


def messages(ticket: Ticket) -> Sequence[Message]:
    """What was said, with its authors, files and deliveries."""
    said = db.session.scalars(SAID, {"ticket": ticket.id}).all()
    _hang(said, "attachments", db.session.scalars(FILES, {"ticket": ticket.id}))
    _hang(said, "deliveries", db.session.scalars(DELIVERIES, {"ticket": ticket.id}))
    return said


def _hang(said: Sequence[Message], name: str, rows: Iterable[Any]) -> None:
    """Put rows to their messages as if each had loaded its own."""
    found = defaultdict(list)
    for row in rows:
        found[row.message_id].append(row)
    for message in said:
        set_committed_value(message, name, found[message.id])


def _events(ticket: Ticket) -> Sequence[Event]:
    return db.session.scalars(HAPPENED, {"ticket": ticket.id}).all()


def entries(said: Sequence[Message], happened: Sequence[Event]) -> list[Entry]:
    """Messages and runs of events in the order in which they happened."""
    told = {message.seq for message in said}
    both: list[tuple[datetime, int, Message | Event]] = [(one.at, one.seq, one) for one in said]
    both += [(event.at, event.seq, event) for event in happened if event.seq not in told]
    found: list[Entry] = []
    for _at, _seq, one in sorted(both, key=lambda entry: entry[:2]):
        if isinstance(one, Message):
            found.append(one)
        elif found and isinstance(found[-1], list):
            found[-1].append(one)
        else:
            found.append([one])
    return found


def clocks(ticket: Ticket, happened: Sequence[Event], at: datetime) -> list[ClockShown]:
    """The newest turn of each promise, in the order first response, answer, news, resolution."""
    newest = {row.kind: (row, warned) for row, warned in db.session.execute(CLOCKS, {"ticket": ticket.id})}
    order = ("first_response", "answer", "update", "resolution")
    shown = [newest[kind] for kind in order if kind in newest]
    return [_clock(row, warned, ticket, happened, at) for row, warned in shown if row.state != VOID]


def _clock(row: Clock, warned: bool, ticket: Ticket, happened: Sequence[Event], at: datetime) -> ClockShown:
    look = _look(row, ticket, at)
    target = row.target_seconds or 0
    gone = target - look.left if row.ended_at is None and look.left is not None else row.used_seconds
    used, stopped, open_ = 100 * gone / target if target else 100, in_hand(row, happened), row.ended_at is None
    warns = warned and open_ and stopped is None
    return ClockShown(row.kind, row.turn, look, used, target, row.state, row.started_seq, stopped, warns)


def in_hand(row: Clock, happened: Sequence[Event]) -> Event | None:
    """The event by which somebody stopped the ladder of an open clock."""
    if row.ladder_stopped_at is None or row.ended_at is not None:
        return None
    stops = (event for event in happened if event.kind == "ladder_stopped" and event.at == row.ladder_stopped_at)
    return next((event for event in stops if event.facts["clock"] == row.kind), None)


def _look(row: Clock, ticket: Ticket, at: datetime) -> Look:
    version, target, used = ticket.policy_version_id or 0, row.target_seconds or 0, row.used_seconds
    if row.ended_at is not None:
        state = "late" if row.state == MISSED else "met" if row.state == MET else "hold"
        return Look(state, row.due_at, target - used, ended_at=row.ended_at)
    if row.due_at is None:
        return paused(max(target - used, 0), version, ticket.priority, at)
    return running(row.due_at, target, version, ticket.priority, at, (row.late_since, row.late_seconds))


def colleagues(team_id: int, at: datetime) -> list[Colleague]:
    """The team's members with their load (MOST at most): who is available first, then who is on a break."""
    people = db.session.execute(MEMBERS, {"team": team_id, "at": at})
    return sorted((Colleague(*row) for row in people), key=lambda one: (not one.available, not one.on_duty))


def since(ticket: Ticket, version: int) -> list[Event]:
    """What staff did to the ticket after it had this *version*, oldest first."""
    staff = select(Person.id).where(Person.role.is_not(None))
    query = (
        select(Event).where(Event.ticket_id == ticket.id, Event.actor_id.in_(staff)).options(joinedload(Event.actor))
    )
    newest = db.session.scalars(query.order_by(Event.seq.desc()).limit(max(ticket.version - version, 0))).all()
    return list(reversed(newest))


def news(said: Iterable[Message], seen: int, heard: int) -> Message | None:
    """The newest message that whoever answers should read first."""
    fresh = (one for one in said if one.kind in GUARDED and (one.id > seen or one.facts.get("said_seq", 0) > heard))
    return max(fresh, key=lambda one: one.said_seq, default=None)


def message_of(number: int, message_id: int, *, by: Person) -> Message:
    """A message of this very ticket."""
    ticket = ticket_for(by, number)
    message = db.session.get(Message, message_id)
    if message is None or message.ticket_id != ticket.id:
        raise NotFound("There is no such message.")
    return message


def file_of(number: int, file_id: int, *, by: Person) -> tuple[Attachment, bytes]:
    """A file of this very ticket, with its content."""
    ticket = ticket_for(by, number)
    file = db.session.get(Attachment, file_id)
    if file is None or file.message.ticket_id != ticket.id:
        raise NotFound("There is no such file.")
    if file.erased_at is not None:
        raise NotFound("This file was erased; the history says why.")
    return file, blobs.get(settings().blobs, file.sha256)


def inline_images(message: Message) -> dict[str, tuple[str, bytes]]:
    """The pictures of a mail that its own text shows, by Content-ID."""
    found = {}
    for file in message.attachments:
        if file.cid and file.size <= LARGEST_INLINE and file.erased_at is None:
            found[file.cid] = (file.content_type, blobs.get(settings().blobs, file.sha256))
    return found
