"""The automatic acknowledgement (RFC 3834): to people only, seldom, and without a word of the sender's in it."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import func, select

from helpdesk.channels.models import Channel
from helpdesk.services import sending
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import settings
from helpdesk.tickets import actions
from helpdesk.tickets.actions import Said
from helpdesk.tickets.models import Delivery, Message, Ticket

ONE_PER_ADDRESS = timedelta(hours=24)
LATEST = timedelta(days=1)

TEXTS = {
    "ru": "Здравствуйте!\n\nМы получили ваше обращение, его номер — {number}. Ответим в ближайшее время.\n"
    "Чтобы дополнить его, ответьте на это письмо.\n",
    "kk": "Сәлеметсіз бе!\n\nӨтінішіңіз қабылданды, нөмірі — {number}. Жақын арада жауап береміз.\n"
    "Толықтыру үшін осы хатқа жауап беріңіз.\n",
    "en": "Hello,\n\nwe have received your request; its number is {number}. We will answer soon.\n"
    "To add to it, reply to this mail.\n",
}


def in_an_hour() -> int:
    """How many were promised within the last hour, up to the most that may be."""
    hour = select(Delivery.id).where(
        Delivery.kind == "acknowledgement", Delivery.promised_at > now() - timedelta(hours=1)
    )
    some = hour.limit(settings().acknowledgements).subquery()
    return db.session.scalar(select(func.count()).select_from(some)) or 0


class Acknowledged:
    """How often some addresses, and everybody, were acknowledged lately: looked up once, then kept count of."""

    def __init__(self, addresses: Collection[str]) -> None:
        recent = select(Delivery.recipient).where(
            Delivery.kind == "acknowledgement",
            Delivery.recipient.in_(addresses),
            Delivery.promised_at > now() - ONE_PER_ADDRESS,
        )
        with db.session.no_autoflush:  # it is asked before the first of a batch
            self._addresses = set(db.session.scalars(recent))
            self._in_an_hour, self._most = in_an_hour(), settings().acknowledgements

    def enough(self, address: str) -> bool:
        """Whether this address, or the hour, has had enough."""
        return address in self._addresses or self._in_an_hour >= self._most

    def add(self, address: str) -> None:
        """Count one more."""
        self._addresses.add(address)
        self._in_an_hour += 1


def acknowledge(ticket: Ticket, channel: Channel, address: str, message: Message, lately: Acknowledged) -> None:
    """Promise the acknowledgement of a new ticket, unless the channel, its address or the hour has had enough."""
    if channel.kind != "mail" or not channel.settings.get("acknowledge", True) or lately.enough(address):
        return
    lately.add(address)
    said = Said(TEXTS[ticket.language].format(number=ticket.number), "mail")
    sent = actions.acknowledge(ticket, said, at=message.at)
    db.session.add(sent)
    sending.promise_acknowledgement(ticket, sent, address)


def in_time(channel: Channel, at: datetime) -> bool:
    """Whether what arrived then may still be acknowledged: not from before the mailbox was connected, nor a day old."""
    connected_at = str(channel.settings.get("connected_at", ""))
    return at >= now() - LATEST and (not connected_at or at >= datetime.fromisoformat(connected_at))
