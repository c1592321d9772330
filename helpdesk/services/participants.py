"""Participants of a ticket beside its customer: mails name them, staff let them in, and only then they take part."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from sqlalchemy import select

from helpdesk.channels.incoming import Incoming, Sender
from helpdesk.channels.ledger import Inbox
from helpdesk.channels.mail.own import TAGGED
from helpdesk.errors import NotFound
from helpdesk.orm import Json
from helpdesk.people.contacts import normal
from helpdesk.people.models import ContactPoint, Person
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.readers import own_addresses
from helpdesk.services.store import ticket_for, transaction
from helpdesk.tickets import participants
from helpdesk.tickets.models import Delivery, Message, Ticket
from helpdesk.tickets.participants import Participant

MOST_NEW = 10  # that one mail may name
LET_IN = "let_in"
UNKNOWN = ""


def takes_part(sender: Sender, ticket: Ticket) -> bool:
    """Whether staff let this sender in."""
    address = normal(sender.kind, sender.address)
    query = select(Participant.id).where(Participant.ticket_id == ticket.id, Participant.address == address)
    return db.session.scalar(query.where(Participant.state == "approved").limit(1)) is not None


def name_all(contacts: Sequence[tuple[Inbox, Incoming]], messages: Iterable[Message]) -> None:
    """Write down as pending whom these messages name for the first time, MOST_NEW for each at most."""
    sources = {row.id: (row, incoming) for row, incoming in contacts if incoming.channel == "mail"}
    accepted = [one for one in messages if one.kind == "received" and one.inbox_id in sources]
    found = [(one, named) for one in accepted if (named := named_in(*sources[one.inbox_id or 0]))]
    if found:
        _name(found)


def name_approved(message: Message) -> None:
    """The same for a message that was held, and counts from now on."""
    if named := message.facts.get("named"):
        _name([(message, named)])


def _name(found: Sequence[tuple[Message, Mapping[str, str]]]) -> None:
    with db.session.no_autoflush:  # the batch names nobody before this
        known, own = _known([message.ticket for message, _ in found]), own_addresses()
    for message, named in found:
        fresh = {
            one: name for one, name in named.items() if not own.is_inside(one) and one not in known[message.ticket]
        }
        for address, name in list(fresh.items())[:MOST_NEW]:
            known[message.ticket].add(address)
            db.session.add(
                Participant(ticket=message.ticket, message=message, address=address, name=name, named_at=now())
            )


def invite(message: Message, addresses: Iterable[str]) -> Json:
    """Whomever staff write to beside the customer takes part from now on; what those were before whom this lets in."""
    wanted = {normal("email", one): one for one in addresses}
    query = select(Participant).where(Participant.ticket_id == message.ticket.id, Participant.address.in_(wanted))
    known = {one.address: one for one in db.session.scalars(query)} if wanted else {}
    before: Json = {}
    for address in wanted:
        was = known[address].state if address in known else UNKNOWN
        one = known.get(address) or Participant(
            ticket=message.ticket, message=message, address=address, name="", state="pending", named_at=message.at
        )
        db.session.add(one)
        if message.author is not None and was != "approved":
            before[address] = was
            participants.let_in(one, by=message.author, at=message.at)
    return before


def disinvite(message: Message, *, by: Person) -> None:
    """Whom this answer alone let in is again what they were before: its writer took it back."""
    before: Json = message.facts.get(LET_IN, {})
    alone = before.keys() - _written_to(message) if before else ()
    query = select(Participant).where(Participant.ticket_id == message.ticket_id, Participant.address.in_(alone))
    since = query.where(Participant.state == "approved", Participant.decided_at == message.at)
    for one in db.session.scalars(since).all() if alone else ():
        participants.put_back(one, was=before[one.address] or "pending", by=by, at=now())
        if before[one.address] == UNKNOWN:
            db.session.delete(one)


def _written_to(message: Message) -> set[str]:
    """Whom the other answers in this ticket went to, but for those that were taken back."""
    query = select(Delivery.recipient).where(Delivery.ticket_id == message.ticket_id, Delivery.kind == "reply")
    others = query.where(Delivery.message_id != message.id, Delivery.state != "withdrawn")
    return {normal("email", one) for one in db.session.scalars(others)}


def named_in(row: Inbox, incoming: Incoming) -> dict[str, str]:
    """The names of those whom a mail went to, by address, but for its sender and the mailbox itself.

    A mail that does not name the mailbox came by another name of it, so whom it is addressed to is nobody else.
    """
    mailbox, sender = row.channel.address.casefold(), normal("email", incoming.sender.address)
    to, cc = (
        {normal("email", one.address): one.name[:200] for one in some if "@" in one.address}
        for some in (incoming.to, incoming.cc)
    )
    named = {**to, **cc}
    ours = {address for address in named if mailbox in (address, TAGGED.sub("", address))}
    others = named if ours else cc
    return {address: name for address, name in others.items() if address not in ours and address != sender}


def _known(tickets: Iterable[Ticket]) -> dict[Ticket, set[str]]:
    """Who was named in these tickets before, and their customers' own addresses."""
    known = {ticket: set[str]() for ticket in tickets}
    written = {ticket.id: ticket for ticket in known if ticket.id}
    named = select(Participant.ticket_id, Participant.address).where(Participant.ticket_id.in_(written))
    own = _addresses({ticket.customer.id for ticket in known})
    for ticket_id, address in db.session.execute(named):
        known[written[ticket_id]].add(address)
    for ticket, addresses in known.items():
        addresses |= own[ticket.customer.id]
    return known


def _addresses(people: set[int]) -> dict[int, set[str]]:
    """The mail addresses of these people, written or to be written."""
    found: dict[int, set[str]] = {one: set() for one in people}
    query = select(ContactPoint.person_id, ContactPoint.value).where(ContactPoint.person_id.in_(people))
    for person_id, value in db.session.execute(query.where(ContactPoint.kind == "email")):
        found[person_id].add(value)
    for point in db.session.new:
        if isinstance(point, ContactPoint) and point.kind == "email" and point.person.id in found:
            found[point.person.id].add(point.value)
    return found


def approve(number: int, participant_id: int, *, by: Person) -> Ticket:
    """Let somebody take part in the ticket."""
    return _decide(number, participant_id, participants.let_in, by)


def refuse(number: int, participant_id: int, *, by: Person) -> Ticket:
    """Keep somebody out of the ticket."""
    return _decide(number, participant_id, participants.keep_out, by)


def _decide(number: int, participant_id: int, decide: Callable[..., None], by: Person) -> Ticket:
    with transaction():
        ticket = ticket_for(by, number, lock=True)
        participant = db.session.get(Participant, participant_id)
        if participant is None or participant.ticket_id != ticket.id:
            raise NotFound("Nobody of that kind was named in this ticket.")
        decide(participant, by=by, at=now())
    return ticket
