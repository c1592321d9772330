"""The mail servers of a channel, as they are entered: with its password."""

from helpdesk.channels.mail.tls import Server
from helpdesk.channels.models import Channel
from helpdesk.orm import Json
from helpdesk.services import secrets
from helpdesk.services.store import settings


def imap_server(channel: Channel) -> Server:
    """Where its mail is read."""
    return _server(channel, "imap", (993, "tls"), channel.settings.get("imap_user") or channel.address)


def smtp_server(channel: Channel) -> Server:
    """Where its answers go out."""
    return _server(channel, "smtp", (587, "starttls"), channel.settings.get("smtp_user") or "")


def placed(known: Json, protocol: str) -> Server:
    """Where the server in these settings is; Conflict or Unsafe when it may not be there."""
    host, port, security = (known[f"{protocol}_{name}"] for name in ("host", "port", "security"))
    return Server(host, port, security, private=settings().private_mail)


def _server(channel: Channel, protocol: str, usual: tuple[int, str], user: str) -> Server:
    known = channel.settings
    return Server(
        host=known[f"{protocol}_host"],
        port=int(known.get(f"{protocol}_port") or usual[0]),
        security=known.get(f"{protocol}_security") or usual[1],
        user=user,
        password=secrets.open_(channel.secrets).get(f"{protocol}_password", ""),
        ca=known.get("ca") or "",
        private=settings().private_mail,
    )
