"""Where a contact belongs: a new ticket, a follow-up of one, or nowhere for a reason that has a name."""

from datetime import datetime, timedelta

from sqlalchemy import select

from helpdesk.channels.incoming import Incoming, Reason, Sender
from helpdesk.channels.ledger import Inbox
from helpdesk.channels.models import Channel
from helpdesk.errors import Refused
from helpdesk.people.models import Person
from helpdesk.services import acknowledging, bounces, contacts, deadlines, desk, lookup
from helpdesk.services.database import db
from helpdesk.services.store import settings
from helpdesk.tickets import actions
from helpdesk.tickets.actions import Said
from helpdesk.tickets.models import Message, Status, Ticket
from helpdesk.tickets.tokens import secret_in

WINDOW = timedelta(days=14)  # how long after solving a new message reopens the ticket
REFERENCES = 50


def file(row: Inbox, incoming: Incoming) -> Ticket | None:
    """File one contact within the caller's transaction; raises Refused with the reason when it is not filed."""
    insist = bool(row.facts.get("insist"))
    if _seen_before(row) and not insist:
        raise Refused(Reason.DUPLICATE)
    if incoming.bounce is not None:
        return bounces.file(incoming)
    if incoming.kind != "message":
        return _file_call(row, incoming)
    ticket = _ticket_of(row, incoming)
    if incoming.automatic and ticket is None and not insist:
        raise Refused(Reason.AUTOMATIC)
    return _follow(ticket, row, incoming) if ticket else _open(row, incoming)


def _seen_before(row: Inbox) -> bool:
    """Whether the very same bytes came before under another key of this channel."""
    if not row.content_key:
        return False
    query = select(Inbox.id).where(
        Inbox.channel_id == row.channel_id, Inbox.content_key == row.content_key, Inbox.id < row.id
    )
    return db.session.scalar(query.limit(1)) is not None


def _ticket_of(row: Inbox, incoming: Incoming) -> Ticket | None:
    """The ticket that this answers, when it may still be joined."""
    found = _by_token(row, incoming) or _by_reference(incoming) or _by_conversation(row, incoming)
    return found if found is not None and _may_join(found, incoming.at or row.received_at) else None


def _may_join(ticket: Ticket, at: datetime) -> bool:
    if ticket.status == Status.CLOSED:
        return False
    return ticket.solved_at is None or at <= ticket.solved_at + WINDOW


def _by_token(row: Inbox, incoming: Incoming) -> Ticket | None:
    """By the signed token in the reply address or in a Message-ID of ours; there is no unsigned way."""
    reached = [*row.facts.get("recipients", ()), *incoming.recipients][:REFERENCES]
    for text in (*reached, *reversed(incoming.references[-REFERENCES:])):
        secret = secret_in(text, settings().secret_key)
        if secret is not None and (ticket := _locked(Ticket.secret == secret)) is not None:
            return ticket
    return None


def _by_reference(incoming: Incoming) -> Ticket | None:
    """By the Message-ID of a mail that this very sender sent before."""
    known = list(incoming.references[-REFERENCES:])
    if not known:
        return None
    sender = contacts.person_at(incoming.sender.kind, incoming.sender.address)
    if sender is None:
        return None
    query = select(Message.ticket_id).where(
        Message.reference.in_(known), Message.author_id == sender.id, Message.direction == "in"
    )
    ticket_id = db.session.scalar(query.order_by(Message.id.desc()).limit(1))
    return _locked(Ticket.id == ticket_id) if ticket_id else None


def _by_conversation(row: Inbox, incoming: Incoming) -> Ticket | None:
    """A chat goes on in the sender's newest ticket of the same channel."""
    if incoming.channel == "mail":
        return None
    sender = contacts.person_at(incoming.sender.kind, incoming.sender.address)
    if sender is None:
        return None
    query = select(Ticket.id).where(Ticket.customer_id == sender.id, Ticket.channel_id == row.channel_id)
    ticket_id = db.session.scalar(query.order_by(Ticket.id.desc()).limit(1))
    return _locked(Ticket.id == ticket_id) if ticket_id else None


def _locked(condition: object) -> Ticket | None:
    query = select(Ticket).where(condition).with_for_update(of=Ticket)  # type: ignore[arg-type]
    return db.session.scalar(query.execution_options(populate_existing=True))


def _follow(ticket: Ticket, row: Inbox, incoming: Incoming) -> Ticket:
    said, at = _said(row, incoming), incoming.at or row.received_at
    author = contacts.customer_for(incoming.sender, demo=ticket.demo)
    if incoming.automatic:
        message = actions.receive_automatic(ticket, said, by=author, at=at)
    elif author == ticket.customer or _takes_part(author, ticket):
        message = actions.receive(ticket, said, by=author, at=at, recorded_at=row.received_at)
    else:
        message = actions.hold_for_approval(ticket, said, by=author, at=at)
    _keep(ticket, message, incoming)
    return ticket


def _takes_part(author: Person, ticket: Ticket) -> bool:
    """Whether this person's words were accepted in the ticket before."""
    query = select(Message.id).where(
        Message.ticket_id == ticket.id, Message.author_id == author.id, Message.kind == "received"
    )
    return db.session.scalar(query.limit(1)) is not None


def _open(row: Inbox, incoming: Incoming) -> Ticket:
    channel, at = row.channel, incoming.at or row.received_at
    customer = contacts.customer_for(incoming.sender, _also(incoming), demo=channel.demo)
    ticket = _new_ticket(row, incoming, channel, customer, at)
    message = actions.open_for_customer(ticket, _said(row, incoming), at=at, recorded_at=row.received_at)
    _keep(ticket, message, incoming)
    if incoming.may_answer:
        acknowledging.acknowledge(ticket, channel, incoming.sender.address, message)
    return ticket


def _new_ticket(row: Inbox, incoming: Incoming, channel: Channel, customer: Person, at: datetime) -> Ticket:
    return desk.new_ticket(
        customer=customer,
        team=channel.team,
        subject=_subject(incoming),
        channel=row.source,
        channel_id=channel.id,
        at=at,
        language=language_of(f"{incoming.subject} {incoming.text}"),
        demo=channel.demo,
    )


def _subject(incoming: Incoming) -> str:
    """The subject, else the first words, else who called."""
    words = " ".join(incoming.text.split())[:80]
    return incoming.subject.strip() or words or incoming.sender.name or incoming.sender.address


def language_of(text: str) -> str:
    """kk when Kazakh letters stand in it, ru when Cyrillic ones do, else en."""
    folded = text[:2000].casefold()
    if any(letter in folded for letter in "әғқңөұүһі"):
        return "kk"
    return "ru" if any("а" <= letter <= "я" for letter in folded) else "en"


def _said(row: Inbox, incoming: Incoming) -> Said:
    return Said(
        text=incoming.text,
        channel=row.source,
        quoted=incoming.quoted,
        html=incoming.html or None,
        reference=incoming.message_id or None,
        inbox_id=row.id,
        files=tuple(file.sha256 for file in incoming.attachments),
        raw=row.sha256,
        facts={
            **incoming.facts,
            "sender": incoming.sender.address,
            "cc": [other.address for other in incoming.cc[:50]],
        },
    )


def _also(incoming: Incoming) -> list[Sender]:
    """Other points of the sender that the channel knows: a chat's visitor may leave a phone or an address."""
    known = [("phone", incoming.facts.get("phone")), ("email", incoming.facts.get("email"))]
    return [Sender(incoming.sender.name, kind, str(value)) for kind, value in known if value]


def _keep(ticket: Ticket, message: Message, incoming: Incoming) -> None:
    for file in incoming.attachments:
        message.attachments.append(desk.attachment(file))
    db.session.add(message)
    db.session.flush()
    lookup.index(message, f"{ticket.subject} {ticket.customer.name} {incoming.sender.address}")
    deadlines.refresh(ticket)


def _file_call(row: Inbox, incoming: Incoming) -> Ticket:
    """A call joins the caller's newest open ticket, else it opens one; its clocks run from the time of the call."""
    began_at = datetime.fromisoformat(str(incoming.facts["started_at"]))
    customer = contacts.customer_for(incoming.sender, demo=row.channel.demo)
    at = incoming.at or began_at
    query = select(Ticket.id).where(Ticket.customer_id == customer.id, Ticket.open, Ticket.opened_at <= at)
    ticket_id = db.session.scalar(query.order_by(Ticket.id.desc()).limit(1))
    outcome = _outcome(incoming)
    if ticket_id is not None and (ticket := _locked(Ticket.id == ticket_id)) is not None:
        message = actions.log_call(
            ticket, _said(row, incoming), outcome, by=customer, at=at, recorded_at=row.received_at
        )
    else:
        ticket = _new_ticket(row, incoming, row.channel, customer, began_at)
        message = actions.open_for_call(
            ticket, _said(row, incoming), outcome, began_at=began_at, by=customer, at=at, recorded_at=row.received_at
        )
    _keep(ticket, message, incoming)
    return ticket


def _outcome(incoming: Incoming) -> str:
    answered = incoming.kind == "call_answered"
    if incoming.direction == "in":
        return "call_in_answered" if answered else "call_in_missed"
    return "call_out_answered" if answered else "call_out_unanswered"
