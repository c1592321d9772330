"""Who a mailbox's answers come from: the sender's name, and the signature under them."""

from helpdesk.channels.mail.headers import clean
from helpdesk.channels.models import Channel
from helpdesk.orm import Json
from helpdesk.people.models import Person
from helpdesk.services.store import settings
from helpdesk.tickets.models import Ticket
from helpdesk.tickets.placeholders import check, fill

IN_NAME = frozenset({"agent", "mailbox"})
IN_SIGNATURE = frozenset(
    {"agent.name", "customer.name", "ticket.number", "ticket.subject", "team.name", "mailbox.name", "mailbox.address"}
)
LONGEST_VALUE = 200


def check_identity(known: Json) -> None:
    """Refuse a mailbox's settings that name an unknown placeholder."""
    check(str(known.get("from_name") or ""), IN_NAME)
    check(str(known.get("signature") or ""), IN_SIGNATURE)


def sender_name(channel: Channel, agent: Person | None) -> str:
    """What stands before the address: as the mailbox says, with the agent's name where it wants that."""
    wanted = str(channel.settings.get("from_name") or settings().name)
    return fill(wanted, {"agent": _one_line(agent.name if agent else channel.name), "mailbox": _one_line(channel.name)})


def signature(channel: Channel, ticket: Ticket, agent: Person | None) -> str:
    """What stands under an answer, or nothing."""
    values = {
        "agent.name": agent.name if agent else "",
        "customer.name": ticket.customer.name,
        "ticket.number": str(ticket.number),
        "ticket.subject": ticket.subject,
        "team.name": ticket.team.name,
        "mailbox.name": channel.name,
        "mailbox.address": channel.address,
    }
    text = str(channel.settings.get("signature") or "").strip()
    return fill(text, {name: _one_line(value) for name, value in values.items()})


def _one_line(value: str) -> str:
    return clean(value)[:LONGEST_VALUE]
