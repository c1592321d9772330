"""What is known of a chat's message only once it has arrived: through which channel, and when."""

from dataclasses import replace
from datetime import datetime, timedelta

from helpdesk.channels.incoming import Incoming

LATEST = timedelta(days=7)


def arrived(incoming: Incoming, *, channel_id: int, received: datetime) -> Incoming:
    """The message as this channel's: a chat's ids are its own, and a time that cannot be gives way to *received*."""
    at, sender = incoming.at, incoming.sender
    believable = at is not None and received - LATEST <= at <= received
    own = replace(sender, address=f"{channel_id}/{sender.address}") if sender.kind == "chat" else sender
    return replace(incoming, sender=own, at=at if believable else received)
