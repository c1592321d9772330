"""The ways in as the administrator sets them up; what is secret goes in and never comes out again."""

import base64
import secrets as chance
from collections.abc import Mapping, Sequence
from contextlib import suppress

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from helpdesk.channels.chat.webhook import PREFIX
from helpdesk.channels.models import Channel
from helpdesk.errors import Conflict
from helpdesk.orm import Json
from helpdesk.people.models import Person, Team
from helpdesk.services import bell, grants
from helpdesk.services.administration import changed
from helpdesk.services.database import db
from helpdesk.services.identity import check_identity
from helpdesk.services.instant import now
from helpdesk.services.reach import check
from helpdesk.services.secrets import open_, seal
from helpdesk.services.servers import placed
from helpdesk.services.store import get, permit, transaction

KINDS = ("mail", "webhook", "telegram", "calls")
MADE = {"webhook": "secret", "telegram": "secret_token"}  # secrets that we make, shown once


def channels(by: Person) -> Sequence[Channel]:
    """Every channel, by kind and name."""
    permit(by, "administer")
    return db.session.scalars(
        select(Channel).options(selectinload(Channel.team)).order_by(Channel.kind, Channel.name)
    ).all()


def channel(channel_id: int, by: Person) -> Channel:
    """One channel."""
    permit(by, "administer")
    found: Channel = get(Channel, channel_id)
    return found


def kept(known: Channel) -> frozenset[str]:
    """The names of the secrets that are kept for it."""
    return frozenset(name for name, value in open_(known.secrets).items() if value)


def save(
    channel_id: int | None, *, kind: str, name: str, team_id: int, address: str, settings: Json,
    secrets: Mapping[str, str], by: Person, active: bool = True,
) -> tuple[Channel, str]:  # fmt: skip
    """A new channel or a change of one, and the secret made for it, if one was. An empty secret leaves the kept one.

    A new one is *active* or not; a change leaves it as it is.
    """
    permit(by, "administer")
    _check(kind, settings)
    with transaction():
        same = db.session.scalar(select(Channel.id).where(Channel.name == name))
        if same is not None and same != channel_id:
            raise Conflict("There is a channel {name} already; choose another name.", name=name)
        fresh = Channel(kind=kind, state={}, settings={}, active=active)
        known: Channel = fresh if channel_id is None else get(Channel, channel_id)
        opened, made, entered = open_(known.secrets), "", _entered(known)
        known.name, known.team_id, known.address = name, get(Team, team_id).id, address
        known.settings = {**_connected(kind, settings), **known.settings, **settings}
        _keep_to_one(opened, entered, _entered(known), secrets)
        if channel_id is not None and _elsewhere(entered, _entered(known)):
            grants.forget(channel_id)
        opened.update({name: value for name, value in secrets.items() if value})
        if known.kind in MADE and not opened.get(MADE[known.kind]):
            made = opened[MADE[known.kind]] = _made(known.kind)
        known.secrets, known.error, known.failures = seal(opened) if opened else None, "", 0
        db.session.add(known)
    changed("channel.saved", by, channel=known.id, kind=known.kind, secrets=sorted(n for n, v in secrets.items() if v))
    look(known)
    return known, made


def _entered(known: Channel) -> dict[str, tuple[str, str]]:
    """Which server each password is for, and whose it is there."""
    way = known.settings
    return {
        "imap_password": (way.get("imap_host") or "", way.get("imap_user") or known.address or ""),
        "api_key": (way.get("api_url") or "", "api"),
        "smtp_password": (way.get("smtp_host") or "", way.get("smtp_user") or ""),
        "service": (way.get("auth") or "password", ""),
    }


def _keep_to_one(
    opened: dict[str, str], before: Mapping[str, tuple[str, str]], after: Mapping[str, tuple[str, str]],
    typed: Mapping[str, str],
) -> None:  # fmt: skip
    """Never hand a kept password to another server, or in another name: it must be typed again."""
    for name in before:
        if opened.get(name) and before[name] != after[name] and not typed.get(name):
            if all(after[name]):
                raise Conflict("The server or the user has changed; enter the password for it again.")
            del opened[name]


def _elsewhere(before: Mapping[str, tuple[str, str]], after: Mapping[str, tuple[str, str]]) -> bool:
    """Whether what was granted for one server, one name and by one service would go to another now."""
    return any(after[name] != before[name] for name in after)


def _check(kind: str, settings: Json) -> None:
    """Refuse servers that can't be reached safely, and answers to a place that may not be posted to."""
    if kind == "mail":
        check_identity(settings)
    for protocol in ("imap", "smtp") if kind == "mail" else ():
        if settings.get(f"{protocol}_host"):
            with suppress(OSError):  # a name that nobody knows yet is judged when it is dialled
                placed(settings, protocol).addresses()
    if kind == "webhook" and settings.get("answer_url"):
        check(settings["answer_url"])


def _connected(kind: str, settings: Json) -> Json:
    """When a mailbox was connected, by the second as servers date their mail: what is older may be left alone."""
    fetched = kind == "mail" and settings.get("imap_host")
    return {"connected_at": now().replace(microsecond=0).isoformat()} if fetched else {}


def _made(kind: str) -> str:
    raw = chance.token_bytes(32)
    return PREFIX + base64.b64encode(raw).decode() if kind == "webhook" else base64.urlsafe_b64encode(raw).decode()[:43]


def renew_secret(channel_id: int, *, by: Person) -> tuple[Channel, str]:
    """Make a new secret for a chat; the old one is worth nothing from now on."""
    permit(by, "administer")
    with transaction():
        known: Channel = get(Channel, channel_id)
        if known.kind not in MADE:
            raise Conflict("This channel has no secret that is made here.")
        made = _made(known.kind)
        known.secrets = seal({**open_(known.secrets), MADE[known.kind]: made})
    changed("channel.secret", by, channel=channel_id)
    return known, made


def switch(channel_id: int, *, active: bool, by: Person) -> None:
    """Open or shut a way in."""
    permit(by, "administer")
    with transaction():
        known: Channel = get(Channel, channel_id)
        if active and known.settings.get("draft"):
            raise Conflict("{name} is not connected yet; go through its steps first.", name=known.name)
        known.active = active
    changed("channel.opened" if active else "channel.shut", by, channel=channel_id)
    look(known)


def look(known: Channel) -> None:
    """See at once whether a mailbox can be read."""
    if known.kind == "mail" and known.active and not known.demo and known.settings.get("imap_host"):
        bell.wake("workers.mailboxes.read", known.id)
