"""Connecting a mailbox: it is written down switched off, looked at, and read only after somebody said yes."""

from collections.abc import Mapping

from sqlalchemy import select

from helpdesk.channels.models import Channel
from helpdesk.errors import Conflict, NotFound
from helpdesk.orm import Json
from helpdesk.people.models import Person
from helpdesk.services import channels, grants
from helpdesk.services.administration import changed
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import get, permit, transaction


def draft(
    channel_id: int | None, *, name: str, address: str, team_id: int, settings: Json, secrets: Mapping[str, str],
    by: Person,
) -> Channel:  # fmt: skip
    """Write down where a mailbox is, or change that. A new one is switched off: nothing is read, nothing sent.

    Whoever begins anew with an address goes on with what was begun before.
    """
    permit(by, "administer")
    channel_id = channel_id or _begun(address)
    known, _made = channels.save(
        channel_id, kind="mail", name=name, team_id=team_id, address=address, secrets=secrets, by=by, active=False,
        settings=settings if channel_id else {**settings, "draft": True},
    )  # fmt: skip
    return known


def _begun(address: str) -> int | None:
    """The mailbox of this address that nobody has connected yet."""
    found = db.session.scalars(
        select(Channel).where(Channel.kind == "mail", Channel.address == address, ~Channel.active)
    )
    return next((one.id for one in found if one.settings.get("draft")), None)


def mailbox(channel_id: int, by: Person) -> Channel:
    """One mailbox."""
    known = channels.channel(channel_id, by)
    if known.kind != "mail":
        raise NotFound("There is no such mailbox.")
    return known


def entered(known: Channel) -> bool:
    """Whether there is something to enter it with: a password, or a sign-in that is good."""
    way = known.settings.get("auth") or "password"
    grant = grants.of(known.id)
    return way == "password" or (grant is not None and grant.service == way and not grant.refused)


def connect(channel_id: int, *, since: str, since_date: str, acknowledge: bool, by: Person) -> Channel:
    """Yes: read it from now on, beginning with what arrives now, since a day, or with all that is there."""
    permit(by, "administer")
    with transaction():
        known: Channel = get(Channel, channel_id)
        if not known.settings.get("draft"):
            raise Conflict("{name} is connected already; change it under Channels.", name=known.name)
        kept = {name: value for name, value in known.settings.items() if name != "draft"}
        known.settings = {**kept, **_from(since, since_date), "acknowledge": acknowledge}
        known.active, known.error = True, ""
    changed("channel.connected", by, channel=channel_id, since=since)
    channels.look(known)
    return known


def _from(since: str, day: str) -> Json:
    """What the settings say of old mail; the mailbox is connected this second, as servers date their mail."""
    told = {"since_date": day} if since == "date" else {}
    return {"since": since, "connected_at": now().replace(microsecond=0).isoformat(), **told}
