"""Promises of things to send to the customer: written with the change that makes them, sent by the outbox."""

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta

from sqlalchemy import bindparam, select

from helpdesk.channels.models import Channel
from helpdesk.errors import Conflict
from helpdesk.orm import Json
from helpdesk.services import identity
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.participants import LET_IN, invite
from helpdesk.services.quoting import NONE
from helpdesk.services.recipients import Misaddressed, Recipients, recipients
from helpdesk.services.store import settings
from helpdesk.tickets.models import Delivery, Message, Ticket
from helpdesk.tickets.tokens import token

SENT_FROM = {"mail": "sender", "webhook": "conversation", "telegram": "conversation"}


@dataclass(frozen=True)
class Manner:
    """How an answer goes by mail: addresses as they were typed, and how much is quoted; empty as is usual."""

    to: str = ""
    cc: str = ""
    bcc: str = ""
    quote: str = ""

    @property
    def facts(self) -> Json:
        """What is not as usual."""
        return {name: value for name, value in asdict(self).items() if value}


USUAL = Manner()
MAILBOX = (
    select(Channel)
    .where(Channel.kind == "mail", Channel.active)
    .order_by(Channel.team_id != bindparam("team"), Channel.id)
    .limit(1)
)


def recipient_of(ticket: Ticket) -> str | None:
    """Where an answer in this ticket would go; None when no way to the customer is known."""
    channel = way_of(ticket)
    return usual_of(ticket, channel) if channel else None


def promise_reply(ticket: Ticket, message: Message, manner: Manner = USUAL) -> list[Delivery]:
    """Promise the answer to the customer by the way they wrote, else by mail, and to whom else it goes.

    Raises Conflict when no way to the customer is known, or an address is none.
    """
    channel, whom = check(ticket, manner)
    if channel.kind != "mail":
        return [_held(_promise(ticket, message, channel, "reply", whom.to[0], _key(ticket, channel, whom.to[0])))]
    message.facts = {**message.facts, **_written_down(ticket, message, channel, whom, manner.quote)}
    if let_in := invite(message, (*whom.to[1:], *whom.cc)):
        message.facts = {**message.facts, LET_IN: let_in}
    key = _key(ticket, channel, whom.all[0])
    return [_held(_promise(ticket, message, channel, "reply", one, key)) for one in whom.all]


def promise_forward(ticket: Ticket, message: Message, channel: Channel, whom: Recipients) -> list[Delivery]:
    """Promise a forward by the way of check_forward; what they answer finds the ticket, each by a token of their own."""
    message.facts = {**message.facts, **_written_down(ticket, message, channel, whom, NONE)}
    return [_held(_promise(ticket, message, channel, "forward", one, _key(ticket, channel, one))) for one in whom.all]


def check_forward(ticket: Ticket, to: str) -> tuple[Channel, Recipients]:
    """The mailbox that a forward would leave by, and whom it would go to.

    Conflict when there is no mailbox, Misaddressed when there is no address, or one is none.
    """
    channel = _mailbox(ticket)
    whom = recipients("", channel, to=to)
    if not any(whom.to):
        raise Misaddressed("Enter at least one e-mail address that it goes to.")
    return channel, whom


def _mailbox(ticket: Ticket) -> Channel:
    """The mailbox that mail of this ticket leaves by, also when the customer writes by another way."""
    channel = way_of(ticket)
    if channel is None or channel.kind != "mail":
        channel = db.session.scalar(MAILBOX, {"team": ticket.team_id})
    if channel is None:
        raise Conflict("There is no mailbox to send it from; an administrator can add one under Channels.")
    return channel


def check(ticket: Ticket, manner: Manner) -> tuple[Channel, Recipients]:
    """The way that an answer would go, and to whom; Conflict when there is none, or an address is none."""
    channel = way_of(ticket)
    usual = usual_of(ticket, channel) if channel is not None else None
    if channel is None or not (usual or (channel.kind == "mail" and manner.to)):
        raise Conflict("There is no address to write to; call, or write a note.")
    if channel.kind != "mail":
        return channel, Recipients((str(usual),))
    return channel, recipients(usual or "", channel, to=manner.to, cc=manner.cc, bcc=manner.bcc)


def _held(delivery: Delivery) -> Delivery:
    """It stays a little while in which its writer may take it back."""
    delivery.next_try_at = delivery.promised_at + timedelta(seconds=settings().undo_seconds)
    return delivery


def _written_down(ticket: Ticket, message: Message, channel: Channel, whom: Recipients, quote: str) -> Json:
    """What of an answer's mail is fixed when it is promised, whatever becomes of the mailbox's settings."""
    quote = quote or str(channel.settings.get("quote") or NONE)
    signature = identity.signature(channel, ticket, message.author)
    more = {"signature": signature, "quote": quote if quote != NONE else ""}
    return {**whom.facts, **{name: value for name, value in more.items() if value}}


def promise_acknowledgement(ticket: Ticket, message: Message, recipient: str) -> Delivery:
    """Promise the automatic acknowledgement of a new ticket to the address that it was sent from."""
    channel = db.session.get_one(Channel, ticket.channel_id)
    return _promise(ticket, message, channel, "acknowledgement", recipient, _key(ticket, channel, recipient))


def _promise(ticket: Ticket, message: Message, channel: Channel, kind: str, recipient: str, key: str) -> Delivery:
    delivery = Delivery(
        ticket=ticket,
        message=message,
        channel=channel.kind,
        channel_id=channel.id,
        kind=kind,
        recipient=recipient,
        key=key,
        content={},
        state="waiting",
        attempts=0,
        promised_at=now(),
        next_try_at=now(),
    )
    message.reference = delivery.key if channel.kind == "mail" else None
    db.session.add(delivery)
    return delivery


def _key(ticket: Ticket, channel: Channel, recipient: str) -> str:
    """The Message-ID without < >: unique, and signed for its recipient so that their answer finds its ticket."""
    signed = token(ticket.secret, settings().secret_key, recipient)
    host = channel.address.rpartition("@")[2] or settings().own_host
    return f"{uuid.uuid4().hex}.{signed}@{host}"


def way_of(ticket: Ticket) -> Channel | None:
    """The channel that an answer in this ticket leaves by."""
    channel = db.session.get(Channel, ticket.channel_id) if ticket.channel_id else None
    if channel is not None and channel.kind in SENT_FROM:
        return channel
    return db.session.scalar(MAILBOX, {"team": ticket.team_id})


def usual_of(ticket: Ticket, channel: Channel, said: Sequence[Message] | None = None) -> str | None:
    """Whom an answer by this channel goes to: where the last accepted message that came by it was from, else the customer.

    *said* are the ticket's messages, where they are at hand.
    """
    facts = _last_heard(ticket, channel) if said is None else _last_of(said, channel)
    if facts.get(SENT_FROM[channel.kind]):
        return str(facts[SENT_FROM[channel.kind]])
    point = ticket.customer.contact("email") if channel.kind == "mail" else None
    return point.value if point else None


def _last_of(said: Sequence[Message], channel: Channel) -> Json:
    heard = [one for one in said if one.kind == "received" and one.channel == channel.kind]
    return max(heard, key=lambda one: one.id).facts if heard else {}


def _last_heard(ticket: Ticket, channel: Channel) -> Json:
    query = select(Message.facts).where(
        Message.ticket_id == ticket.id, Message.kind == "received", Message.channel == channel.kind
    )
    return db.session.scalar(query.order_by(Message.id.desc()).limit(1)) or {}
