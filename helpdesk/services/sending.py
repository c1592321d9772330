"""Promises of things to send to the customer: written with the change that makes them, sent by the outbox."""

import uuid
from collections.abc import Sequence

from sqlalchemy import select

from helpdesk.channels.models import Channel
from helpdesk.errors import Conflict
from helpdesk.orm import Json
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import settings
from helpdesk.tickets.models import Delivery, Message, Ticket
from helpdesk.tickets.tokens import token

SENT_FROM = {"mail": "sender", "webhook": "conversation", "telegram": "conversation"}


def recipient_of(ticket: Ticket, said: Sequence[Message] | None = None) -> str | None:
    """Where an answer in this ticket would go; None when no way to the customer is known. *said*: its messages, if at hand."""
    channel = _channel(ticket)
    return _recipient(ticket, channel, said) if channel else None


def promise_reply(ticket: Ticket, message: Message) -> Delivery:
    """Promise the answer to the customer by the way they wrote, else by mail; raises Conflict when no way is known."""
    channel = _channel(ticket)
    recipient = _recipient(ticket, channel) if channel is not None else None
    if channel is None or recipient is None:
        raise Conflict("There is no address to write to; call, or write a note.")
    return _promise(ticket, message, channel, "reply", recipient)


def promise_acknowledgement(ticket: Ticket, message: Message, recipient: str) -> Delivery:
    """Promise the automatic acknowledgement of a new ticket to the address that it was sent from."""
    channel = db.session.get_one(Channel, ticket.channel_id)
    return _promise(ticket, message, channel, "acknowledgement", recipient)


def _promise(ticket: Ticket, message: Message, channel: Channel, kind: str, recipient: str) -> Delivery:
    delivery = Delivery(
        ticket=ticket,
        message=message,
        channel=channel.kind,
        channel_id=channel.id,
        kind=kind,
        recipient=recipient,
        key=_key(ticket, channel, recipient),
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


def _channel(ticket: Ticket) -> Channel | None:
    channel = db.session.get(Channel, ticket.channel_id) if ticket.channel_id else None
    if channel is not None and channel.kind in SENT_FROM:
        return channel
    query = select(Channel).where(Channel.kind == "mail", Channel.active)
    return db.session.scalar(query.order_by(Channel.team_id != ticket.team_id, Channel.id).limit(1))


def _recipient(ticket: Ticket, channel: Channel, said: Sequence[Message] | None = None) -> str | None:
    """Where the last accepted message of the ticket's own channel came from; else the customer's point of that kind."""
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
