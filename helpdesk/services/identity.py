"""Who a mailbox's answers come from: the sender's name, and the signature under them."""

from helpdesk.channels.mail.headers import clean
from helpdesk.channels.models import Channel
from helpdesk.orm import Json
from helpdesk.people.models import Person
from helpdesk.services.store import settings
from helpdesk.tickets.models import Ticket
from helpdesk.tickets.placeholders import check, fill

IN_NAME = frozenset({"agent", "mailbox"})
IN_MACRO = frozenset({"agent.name", "customer.name", "ticket.number", "ticket.subject", "team.name"})
IN_SIGNATURE = IN_MACRO | {"mailbox.name", "mailbox.address"}
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
    own = {"mailbox.name": _one_line(channel.name), "mailbox.address": _one_line(channel.address)}
    text = str(channel.settings.get("signature") or "").strip()
    return fill(text, values_of(ticket, agent) | own)


def values_of(ticket: Ticket, agent: Person | None) -> dict[str, str]:
    """What the placeholders of IN_MACRO stand for in a ticket."""
    values = {
        "agent.name": agent.name if agent else "",
        "customer.name": ticket.customer.name,
        "ticket.number": str(ticket.number),
        "ticket.subject": ticket.subject,
        "team.name": ticket.team.name,
    }
    return {name: _one_line(value) for name, value in values.items()}


def _one_line(value: str) -> str:
    return clean(value)[:LONGEST_VALUE]
