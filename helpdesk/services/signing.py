"""Signing a mailbox's mail with DKIM: its key is made here and never shown; what others need stands in the name service."""

from dataclasses import dataclass

import dns.exception
import dns.resolver

from helpdesk.channels.mail import signing
from helpdesk.channels.mail.compose import domain_of
from helpdesk.channels.models import Channel
from helpdesk.errors import Conflict
from helpdesk.people.models import Person
from helpdesk.services.administration import changed
from helpdesk.services.secrets import open_, seal
from helpdesk.services.store import get, permit, transaction

KEY = "dkim_key"
USUAL = "helpdesk"
PATIENCE = 5.0


@dataclass(frozen=True)
class Record:
    """What the name service must say: its *name* and its *text*."""

    name: str
    text: str


def selector_of(channel: Channel) -> str:
    """The name of this key among those of the domain."""
    return str(channel.settings.get("dkim_selector") or USUAL)


def record_of(channel: Channel) -> Record | None:
    """What the name service must say; None while there is no key."""
    key = open_(channel.secrets).get(KEY)
    if not key:
        return None
    return Record(signing.name(selector_of(channel), domain_of(channel.address)), signing.record(key))


def sign(raw: bytes, channel: Channel) -> bytes:
    """The mail as it leaves this mailbox: signed if the mailbox wants that and has a key."""
    key = open_(channel.secrets).get(KEY) if channel.settings.get("dkim") else None
    return signing.signed(raw, selector_of(channel), domain_of(channel.address), key) if key else raw


def make_key(channel_id: int, *, by: Person) -> Channel:
    """A new key for a mailbox; what the old one signed can't be checked any more once the record is changed."""
    permit(by, "administer")
    with transaction():
        known: Channel = get(Channel, channel_id)
        if known.kind != "mail":
            raise Conflict("Only a mailbox has a key to sign with.")
        known.secrets = seal({**open_(known.secrets), KEY: signing.make_key()})
    changed("channel.dkim_key", by, channel=channel_id)
    return known


def looked_up(channel_id: int, *, by: Person) -> str:
    """Whether the name service says it: right, other, none or away."""
    permit(by, "administer")
    wanted = record_of(get(Channel, channel_id))
    if wanted is None:
        raise Conflict("This mailbox has no key yet; make one first.")
    try:
        answer = dns.resolver.get_default_resolver().resolve(wanted.name, "TXT", lifetime=PATIENCE, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return "none"
    except (dns.exception.DNSException, OSError):
        return "away"
    texts = [b"".join(row.strings).decode("ascii", "replace") for row in answer]
    return "right" if any(signing.same(text, wanted.text) for text in texts) else "other"
