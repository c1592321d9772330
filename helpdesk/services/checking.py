"""Is a mailbox set up right? Looked at layer by layer, without touching anything there."""

from collections.abc import Callable

from helpdesk.channels.mail.probe import Layer, probe
from helpdesk.channels.mail.tls import Server
from helpdesk.channels.models import Channel
from helpdesk.errors import Conflict, HelpdeskError
from helpdesk.people.models import Person
from helpdesk.services.database import db
from helpdesk.services.servers import imap_server, smtp_server
from helpdesk.services.store import get, permit


def check(channel_id: int, *, by: Person) -> list[Layer]:
    """Every layer of a mailbox's servers."""
    permit(by, "administer")
    return layers(channel_id)


def layers(channel_id: int) -> list[Layer]:
    """The same, for whoever is at the machine itself."""
    channel: Channel = get(Channel, channel_id)
    if channel.kind != "mail":
        raise Conflict("{name} is not a mailbox.", name=channel.name)
    refused: list[Layer] = []
    reading, sending = (_placed(channel, *one, refused) for one in (("imap", imap_server), ("smtp", smtp_server)))
    folder = str(channel.settings.get("folder") or "INBOX")
    db.session.rollback()
    return sorted([*refused, *probe(reading, folder, sending)], key=lambda layer: layer.protocol)


def _placed(
    channel: Channel, protocol: str, server: Callable[[Channel], Server], refused: list[Layer]
) -> Server | None:
    """The server, when the mailbox has one and it may be spoken to."""
    if not channel.settings.get(f"{protocol}_host"):
        return None
    try:
        return server(channel)
    except HelpdeskError as refusal:
        refused.append(Layer(protocol, "name", "failed", refusal=refusal))
        return None


def works(found: list[Layer]) -> bool:
    """Whether there is something to read from, and nothing stands in the way."""
    return any(layer.protocol == "imap" for layer in found) and all(layer.state == "ok" for layer in found)
