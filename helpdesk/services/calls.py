"""Call logs into the ledger: looked at first, then each call written down once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from helpdesk import blobs
from helpdesk.channels.calls.layout import layout
from helpdesk.channels.calls.log import Log, read_log
from helpdesk.channels.calls.record import Call, write
from helpdesk.channels.calls.table import Problem
from helpdesk.channels.ledger import Inbox
from helpdesk.channels.models import Channel
from helpdesk.errors import Conflict, NotFound
from helpdesk.orm import Json
from helpdesk.people.models import Person
from helpdesk.people.roles import may
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.ledger import accept_all, prepare
from helpdesk.services.store import get, permit, settings, transaction

SHOWN = 20
BATCH = 500
ASIDE = timedelta(days=1)

Options = Mapping[str, Any]


@dataclass(frozen=True)
class Preview:
    """What an import would do. *first* are the first calls as they would be read."""

    rows: int
    new: int
    there: int
    internal: int
    problems: list[Problem]
    first: list[Call]


@dataclass(frozen=True)
class Imported:
    """What an import did. *there* were in the ledger already, *internal* are talks between colleagues."""

    new: int
    there: int
    internal: int
    problems: list[Problem]


def preview(channel_id: int, content: bytes, mapping: Options | None = None, *, by: Person | None) -> Preview:
    """How the log would be read; nothing is kept. Without a *mapping* the channel's own holds."""
    channel = _channel(channel_id, by)
    log = _read(channel, content, mapping)
    there = sum(_there(channel.id, batch) for batch in _batches(log.calls))
    return Preview(log.rows, len(log.calls) - there, there, log.internal, log.problems, log.calls[:SHOWN])


def import_(channel_id: int, content: bytes, mapping: Options | None = None, *, by: Person | None) -> Imported:
    """Write every call of the log down; what is there already stays as it is, so it may be done again.

    *by* is nobody at the command line.
    """
    channel = _channel(channel_id, by)
    log = _read(channel, content, mapping)
    new = sum(_keep(channel, batch, by) for batch in _batches(log.calls))
    _remember(channel.id, mapping)
    return Imported(new, len(log.calls) - new, log.internal, log.problems)


def channels(by: Person) -> Sequence[Channel]:
    """The phone logs that this person may import into."""
    query = select(Channel).where(Channel.kind == "calls", Channel.active)
    found = db.session.scalars(query.order_by(Channel.name))
    return [channel for channel in found if may(by.role, "import_calls", by.team_ids, channel.team_id)]


def named(name: str | None) -> Channel:
    """The phone log of this name; without one, the only one there is."""
    query = select(Channel).where(Channel.kind == "calls", Channel.active, *([Channel.name == name] if name else []))
    found = db.session.scalars(query.order_by(Channel.id)).all()
    if len(found) != 1:
        raise NotFound("There is no such phone log; make one under Channels, or name one of several.")
    return found[0]


def lay_aside(content: bytes) -> str:
    """Keep a log between its preview and its import, for a day at most; returns its name."""
    _sweep(_aside())
    return blobs.put(_aside(), content)


def laid_aside(sha256: str) -> bytes:
    """The log that was laid aside under this name."""
    try:
        return blobs.get(_aside(), sha256)
    except FileNotFoundError as error:
        raise Conflict("This log was chosen too long ago; choose it again.") from error


def _aside() -> Path:
    return settings().var / "call-logs"


def _sweep(folder: Path) -> None:
    """Logs hold telephone numbers: what nobody imported within a day is removed."""
    for path in folder.glob("*/*"):
        if path.stat().st_mtime < (now() - ASIDE).timestamp():
            path.unlink(missing_ok=True)


def _channel(channel_id: int, by: Person | None) -> Channel:
    channel: Channel = get(Channel, channel_id)
    if channel.kind != "calls":
        raise NotFound("There is no such phone log.")
    if by is not None:
        permit(by, "import_calls", channel.team_id)
    return channel


def _read(channel: Channel, content: bytes, mapping: Options | None) -> Log:
    options = channel.settings.get("mapping", {}) if mapping is None else mapping
    return read_log(content, layout(options, channel.team.time_zone), now())


def _batches(calls: list[Call]) -> Iterator[list[Call]]:
    return (calls[begin : begin + BATCH] for begin in range(0, len(calls), BATCH))


def _there(channel_id: int, calls: list[Call]) -> int:
    query = select(func.count()).where(Inbox.channel_id == channel_id, Inbox.key.in_([call.key for call in calls]))
    return db.session.scalar(query) or 0


def _keep(channel: Channel, calls: list[Call], by: Person | None) -> int:
    with transaction():
        return accept_all([_line(channel.id, call, by) for call in calls])


def _line(channel_id: int, call: Call, by: Person | None) -> Json:
    facts = {"line": call.line, **({"by": by.id} if by else {})}
    return prepare(channel_id=channel_id, source="calls", key=call.key, raw=write(call), facts=facts)


def _remember(channel_id: int, mapping: Options | None) -> None:
    """Note the import on the channel, and the mapping that was right for it, so that it is given once."""
    with transaction():
        channel: Channel = get(Channel, channel_id)
        channel.seen_at = now()
        if mapping is not None:
            channel.settings = {**channel.settings, "mapping": dict(mapping)}
