"""The mail servers of a channel, as they are entered: with its password, or with a token that is good for a while."""

from helpdesk.channels.mail.tls import Server
from helpdesk.channels.models import Channel
from helpdesk.orm import Json
from helpdesk.services import grants, secrets
from helpdesk.services.store import settings


def imap_server(channel: Channel) -> Server:
    """Where its mail is read."""
    return _server(channel, "imap", (993, "tls"), channel.settings.get("imap_user") or channel.address)


def smtp_server(channel: Channel) -> Server:
    """Where its answers go out."""
    user = channel.settings.get("smtp_user") or (channel.address if _granted(channel) else "")
    return _server(channel, "smtp", (587, "starttls"), user)


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
        password="" if _granted(channel) else secrets.open_(channel.secrets).get(f"{protocol}_password", ""),
        token=grants.token(channel.id) if _granted(channel) else "",
        ca=known.get("ca") or "",
        private=settings().private_mail,
    )


def _granted(channel: Channel) -> bool:
    """Whether it is entered by what a sign-in service granted."""
    return (channel.settings.get("auth") or "password") != "password"
