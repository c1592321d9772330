"""Who wrote, to whom, and which mails it answers (RFC 5322, 3.6)."""

import re

from helpdesk.channels.incoming import Sender
from helpdesk.channels.mail import addresses, automatic
from helpdesk.channels.mail.headers import Headers
from helpdesk.channels.mail.own import OwnAddresses

MESSAGE_ID = re.compile(r"<\s*([^<>]{1,400}?)\s*>")
BARE_ID = re.compile(r"[^<>\s,;]{1,400}")
DELIVERED = (
    "delivered-to",
    "x-original-to",
    "x-envelope-to",
    "envelope-to",
    "x-delivered-to",
    "x-rcpt-to",
    "apparently-to",
)
MOST_IDS = 200


def people(found: Headers, *names: str) -> tuple[Sender, ...]:
    """Everybody in the fields of these names."""
    return tuple(person for name in names for value in found.raws(name) for person in addresses.parse(value))


def sender(found: Headers) -> Sender | None:
    """Who the mail says it is from: the first address of From, else of the fields that stand in for it."""
    for names in (("from",), ("reply-to",), ("sender",), ("return-path",)):
        for person in people(found, *names):
            if person.address:
                return person
    return None


def effective_sender(found: Headers, author: Sender | None, own: OwnAddresses) -> str:
    """Whom the ticket is for: the author behind a list, Reply-To of a robot or of a form of ours."""
    address = author.address if author else ""
    if automatic.is_list(found) and (listed := people(found, "x-original-from", "x-original-sender")):
        return listed[0].address
    answers = [one.address for one in people(found, "reply-to") if "@" in one.address and not own.is_ours(one.address)]
    if answers and (automatic.is_list(found) or automatic.is_robot(address) or own.is_inside(address)):
        return address if automatic.is_list(found) and rewritten(found, answers[0]) else answers[0]
    return address


def rewritten(found: Headers, answer: str) -> bool:
    """Does Reply-To lead back to the list instead of to the author?"""
    return answer.lower() in found.text("list-post").lower() or answer.lower() in found.text("to").lower()


def recipients(found: Headers, everybody: tuple[Sender, ...]) -> tuple[str, ...]:
    """Every address this copy may have been delivered to, those of the last hop first, in lower case."""
    last_hop = [person.address.lower() for person in people(found, *DELIVERED)]
    return tuple(dict.fromkeys([*last_hop, *(person.address.lower() for person in everybody)]))


def message_id(found: Headers) -> str:
    """The Message-ID without < >; empty when there is none that names one mail."""
    value = found.text("message-id")
    named = MESSAGE_ID.search(value) or BARE_ID.search(value)
    return named[named.lastindex or 0].replace(" ", "") if named else ""


def ids(found: Headers, name: str) -> tuple[str, ...]:
    """The ids of a field in their order, the newest MOST_IDS."""
    value = found.text(name)
    named = MESSAGE_ID.findall(value) or [one for one in BARE_ID.findall(value) if "@" in one]
    return tuple(dict.fromkeys(one.replace(" ", "") for one in named))[-MOST_IDS:]
