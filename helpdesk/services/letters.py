"""What a promised mail says: from the ticket, its message and its files, as they are when it is sent."""

from collections.abc import Sequence

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import load_only

from helpdesk import blobs
from helpdesk.channels.incoming import File
from helpdesk.channels.mail.compose import Letter, answer_subject, forward_subject, tagged
from helpdesk.channels.mail.written import laid_out, plain
from helpdesk.channels.models import Channel
from helpdesk.orm import Json
from helpdesk.services.database import db
from helpdesk.services.identity import sender_name
from helpdesk.services.instant import now
from helpdesk.services.quoting import FORWARDED, NONE, passed_on, quoted
from helpdesk.services.store import settings
from helpdesk.tickets.models import Attachment, Delivery, Message, Ticket
from helpdesk.tickets.tokens import token
from helpdesk.tickets.withdrawing import SENT

AUTOMATIC = {"reply": "", "forward": "", "acknowledgement": "auto-replied", "notice": "auto-generated"}
THREAD = 20
TALK = ("received", "reply", "acknowledgement")  # and what the customer's own machine says
LOOKED_AT = 100  # of the newest with a Message-ID: what is said later was written before some of them
BARE = load_only(Message.reference, Message.direction, Message.seq, Message.facts)
RECEIVED = {"ru": "Обращение №{number}", "kk": "Өтініш №{number}", "en": "Request #{number}"}


def letter_of(delivery: Delivery, channel: Channel) -> Letter:
    """The mail of this delivery."""
    ticket, message = delivery.ticket, message_of(delivery)
    answered, thread = _thread(ticket, message) if delivery.kind not in ("notice", "forward") else ("", [])
    reply = message if delivery.kind in SENT else None
    files = _files(reply) if reply else ()
    pictures = {file.filename: file.cid for file in files if file.inline}
    text = _whole(reply, channel) if reply else _text(delivery, message)
    return Letter(
        sender_name=sender_name(channel, reply.author if reply else None),
        sender=channel.address,
        to=reply.facts.get("to") or [delivery.recipient] if reply else [delivery.recipient],
        cc=reply.facts.get("cc") or () if reply else (),
        subject=_subject(delivery, ticket),
        text=plain(text, pictures),
        html=laid_out(text, pictures) if reply else "",
        message_id=delivery.key,
        at=now(),
        reply_to=_reply_to(delivery, ticket, channel),
        answers=answered,
        references=thread,
        automatic=AUTOMATIC[delivery.kind],
        files=files,
    )


def answer_of(delivery: Delivery) -> Json:
    """The same for a chat, which needs no letter."""
    message = message_of(delivery)
    return {
        "text": _text(delivery, message),
        "conversation": delivery.recipient,
        "ticket": delivery.ticket.number if delivery.ticket else None,
        "author": message.author.name if message and message.author else settings().name,
    }


def message_of(delivery: Delivery) -> Message | None:
    """The message that this delivery carries; a notice has none."""
    return db.session.get(Message, delivery.message_id) if delivery.message_id else None


def _whole(reply: Message, channel: Channel) -> str:
    """An answer with its signature and what it quotes."""
    signed = str(reply.facts.get("signature") or "")
    how_much = str(reply.facts.get("quote") or NONE)
    quotation = passed_on(reply, channel) if reply.kind == "forward" else quoted(reply, how_much, channel)
    return "\n\n".join(filter(None, [reply.text, f"-- \n{signed}" if signed else "", quotation]))


def _text(delivery: Delivery, message: Message | None) -> str:
    return message.text if message else str(delivery.content["text"])


def _subject(delivery: Delivery, ticket: Ticket | None) -> str:
    """An answer bears the ticket's subject; what is sent automatically bears no word of the sender's."""
    if ticket is None or "subject" in delivery.content:
        return str(delivery.content["subject"])
    if delivery.kind == "reply":
        return answer_subject(ticket.subject)
    if delivery.kind == "forward":
        return forward_subject(ticket.subject)
    return RECEIVED.get(ticket.language, RECEIVED["en"]).format(number=ticket.number)


def _reply_to(delivery: Delivery, ticket: Ticket | None, channel: Channel) -> str:
    """The mailbox's address with the ticket's signed token, unless its server knows no plus addresses."""
    if ticket is None or delivery.kind == "notice" or not channel.settings.get("plus", True):
        return ""
    return tagged(channel.address, token(ticket.secret, settings().secret_key, delivery.recipient))


def _thread(ticket: Ticket | None, message: Message | None) -> tuple[str, list[str]]:
    """The customer's last Message-ID before this message, and the last ones of the whole talk; none of what is internal."""
    if ticket is None or message is None:
        return "", []
    talk = or_(Message.kind.in_(TALK), and_(Message.kind == "automatic", Message.author_id == ticket.customer_id))
    query = select(Message).where(Message.ticket_id == ticket.id, Message.reference.is_not(None), talk)
    rows = db.session.scalars(query.order_by(Message.id.desc()).limit(LOOKED_AT).options(BARE))
    earlier = sorted((one for one in rows if one.said_seq < message.said_seq), key=lambda one: one.said_seq)[-THREAD:]
    asked = [str(one.reference) for one in earlier if one.direction == "in"]
    return asked[-1] if asked else "", [str(one.reference) for one in earlier]


def _files(message: Message) -> Sequence[File]:
    """Its own files, or those of another message that it passes on: they go along, but stand nowhere in its text."""
    folder = settings().blobs
    if message.kind == "forward":
        query = select(Attachment).where(Attachment.id.in_(message.facts[FORWARDED]["files"])).order_by(Attachment.id)
        passed_on = [row for row in db.session.scalars(query) if row.erased_at is None]
        return [File(row.filename, row.content_type, blobs.get(folder, row.sha256)) for row in passed_on]
    return [
        File(row.filename, row.content_type, blobs.get(folder, row.sha256), row.cid or "", row.inline)
        for row in message.attachments
        if row.erased_at is None
    ]
