"""The postman: takes one delivery after the other to wherever it goes, with one connection to each mail server."""

from collections.abc import Callable
from contextlib import ExitStack
from smtplib import SMTP
from types import TracebackType

from sqlalchemy import select

from helpdesk.channels.mail import smtp
from helpdesk.channels.mail.compose import BadAddress, address, compose
from helpdesk.channels.mail.tls import Server, Unsafe
from helpdesk.channels.models import Channel
from helpdesk.channels.outcome import Outcome, failed, later, sent
from helpdesk.channels.sign_in import Grant
from helpdesk.errors import Conflict
from helpdesk.orm import Json
from helpdesk.services import chat, letters, provider, secrets, servers, signing
from helpdesk.services.database import db
from helpdesk.services.sent_folder import Copies
from helpdesk.services.store import get
from helpdesk.tickets.models import Delivery
from helpdesk.tickets.withdrawing import SENT

HandingOver = Callable[[], bool]
Sender = Callable[[Json, str, Json, dict[str, str], HandingOver], Outcome]
SENDERS: dict[str, Sender] = {"webhook": chat.post_webhook, "telegram": chat.post_telegram}


class Postman:
    """One round. A mail server that did not open its door is not asked again in the same round."""

    def __init__(self) -> None:
        self._doors = ExitStack()
        self._links: dict[Server, SMTP] = {}
        self._shut: dict[Server, str] = {}
        self._copies, self._raw = Copies(self._doors), b""

    def __enter__(self) -> "Postman":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._doors.__exit__(kind, error, at)

    def send(self, delivery_id: int, handing_over: HandingOver) -> Outcome:
        """Send one delivery. *handing_over* is asked once, just before its content goes out."""
        delivery: Delivery = get(Delivery, delivery_id)
        channel = way_out(delivery.channel_id)
        if channel is None:
            return later("No mailbox is set up to send from; set one up under Channels.")
        if channel.demo or (delivery.ticket is not None and delivery.ticket.demo):
            return sent("demo: not sent")
        try:
            if delivery.channel == "mail":
                return self._mail(delivery, channel, handing_over)
            return _chat(delivery, channel, handing_over)
        except BadAddress as error:
            return failed(str(error))
        except FileNotFoundError:
            return failed("A file of this answer is missing from the store; attach it to a new answer.")
        except (Conflict, Unsafe) as error:
            return later(str(error))

    def keep_copy(self, delivery_id: int) -> None:
        """Once it is written down that a mail was sent: a copy into the mailbox, if that is wanted."""
        raw, self._raw = self._raw, b""
        if raw:
            self._copies.keep(delivery_id, raw)

    def _mail(self, delivery: Delivery, channel: Channel, handing_over: HandingOver) -> Outcome:
        if not sends(channel):
            return later(f"No outgoing server is set up for {channel.address}; set it up under Channels.")
        raw = signing.sign(compose(letters.letter_of(delivery, channel)), channel)
        sender = address(channel.address) if delivery.kind in SENT else ""
        recipient, self._raw = address(delivery.recipient), raw
        if provider.chosen(channel):
            return provider.post(channel, recipient, raw, handing_over)
        server = servers.smtp_server(channel)
        db.session.rollback()
        return self._hand_in(server, sender, recipient, raw, handing_over)

    def _hand_in(self, server: Server, sender: str, recipient: str, raw: bytes, handing_over: HandingOver) -> Outcome:
        if server in self._shut:
            return later(self._shut[server])
        try:
            return smtp.send(self._link(server), sender, recipient, raw, handing_over=handing_over)
        except (*smtp.TROUBLE, Unsafe) as error:
            self._links.pop(server, None)
            self._shut[server] = f"{server.host} did not take it: {smtp.words(error)}"[:500]
            return later(self._shut[server])

    def _link(self, server: Server) -> SMTP:
        """The open connection, or a new one when the server has hung up since."""
        if server not in self._links or not smtp.alive(self._links[server]):
            self._links[server] = self._doors.enter_context(smtp.session(server))
        return self._links[server]


def _chat(delivery: Delivery, channel: Channel, handing_over: HandingOver) -> Outcome:
    content, key, settings = letters.answer_of(delivery), delivery.key, channel.settings
    opened, post = secrets.open_(channel.secrets), SENDERS[delivery.channel]
    db.session.rollback()
    return post(content, key, settings, opened, handing_over)


def way_out(channel_id: int | None) -> Channel | None:
    """The channel that something was promised by; a notice leaves by any mailbox, rather by one that is well itself."""
    if channel_id is not None:
        return db.session.get(Channel, channel_id)
    query = select(Channel, Grant.refused).outerjoin(Grant, Grant.channel_id == Channel.id)
    found = db.session.execute(query.where(Channel.kind == "mail", Channel.active))
    ways = [(one.demo, not sends(one), bool(one.alarm or one.error or refused), one.id, one) for one, refused in found]
    return min(ways, default=(None,))[-1]


def sends(channel: Channel) -> bool:
    """Whether it is set up how mail leaves this mailbox."""
    return bool(provider.chosen(channel) or channel.settings.get("smtp_host"))
