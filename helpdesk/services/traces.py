"""What a mail bears of our tokens: where they stand, and whether they were sent to whoever uses them."""

from dataclasses import dataclass

from helpdesk.channels.incoming import Incoming
from helpdesk.channels.ledger import Inbox
from helpdesk.services.store import settings
from helpdesk.tickets.tokens import signed_in

REFERENCES = 50


@dataclass(frozen=True)
class Trace:
    """A rightly signed token in a mail.

    It is *direct* when the mail was sent to it or answers the very mail that bore it, and not when it stands farther back
    in the thread; *bound* when it was sent to the sender; *old* when it is bound to nobody.
    """

    secret: str
    direct: bool
    bound: bool
    old: bool


def traces(row: Inbox, incoming: Incoming) -> list[Trace]:
    """In the order in which they count: where it was sent to, then what it answers, newest first."""
    reached = [*row.facts.get("recipients", ()), *incoming.recipients][:REFERENCES]
    answered = list(incoming.references[: -REFERENCES - 1 : -1])
    places = [*((text, True) for text in [*reached, *answered[:1]]), *((text, False) for text in answered[1:])]
    found = (_trace(text, direct, incoming.sender.address) for text, direct in places)
    return [trace for trace in found if trace is not None]


def _trace(text: str, direct: bool, sender: str) -> Trace | None:
    key = settings().secret_key
    signed = signed_in(text, key)
    return Trace(signed.secret, direct, signed.is_for(sender, key), not signed.tag) if signed else None
