"""A mail out of an archive: when it came, and whether it was ours."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from helpdesk.channels.incoming import Incoming, Reason, Sender
from helpdesk.channels.mail import dates, envelope
from helpdesk.channels.mail.headers import Headers
from helpdesk.channels.mail.own import OwnAddresses
from helpdesk.errors import Refused

EARLIEST = datetime(1982, 1, 1, tzinfo=UTC)


def arrived(found: Headers, kept_at: datetime | None, until: datetime) -> datetime:
    """When the last server took it (Received), else its own Date, else when it was *kept_at*; never after *until*."""
    credible = (at for at in _instants(found) if EARLIEST <= at <= until)
    return next(credible, min(kept_at or until, until)).astimezone(UTC)


def _instants(found: Headers) -> Iterator[datetime]:
    """What the headers say, the newest server first."""
    said = [value.rpartition(";")[2] for value in found.raws("received")[:20]] + found.raws("date")[:1]
    return (at for at in map(dates.parse, said) if at is not None)


def ids(found: Headers) -> tuple[str, ...]:
    """The Message-IDs that bind it to others: its own, and those that it answers."""
    own = envelope.message_id(found)
    return tuple(dict.fromkeys([own, *envelope.ids(found, "references"), *envelope.ids(found, "in-reply-to")]))


def directed(incoming: Incoming, own: OwnAddresses) -> Incoming:
    """The same, going out when one of us wrote it to somebody else: *facts* then name that *customer*.

    Raises Refused with OWN for what a mailbox wrote to nobody else.
    """
    author = str(incoming.facts.get("from", ""))
    others = [one for one in (*incoming.to, *incoming.cc) if not own.is_inside(one.address)]
    if own.is_ours(author) and not others:
        raise Refused(Reason.OWN)
    if not own.is_inside(author) or not others:
        return incoming
    return replace(incoming, direction="out", facts={**incoming.facts, "customer": _told(others[0])})


def _told(one: Sender) -> tuple[str, str, str]:
    return one.name, one.kind, one.address
