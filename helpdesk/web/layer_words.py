"""The layers of a mailbox as the administrator reads them."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from helpdesk.channels.mail.probe import Layer
from helpdesk.channels.mail.providers import Provider, of_domain, of_server
from helpdesk.channels.models import Channel
from helpdesk.services.dry_run import Foreseen
from helpdesk.web.context import language
from helpdesk.web.errors import told

STEPS = {
    "name": _l("Name of the server"),
    "port": _l("Connection"),
    "certificate": _l("Encryption and certificate"),
    "sign_in": _l("Sign-in"),
    "folder": _l("Folder"),
}
BEHIND = {
    "name": "", "port": _l("after the name"), "certificate": _l("after the connection"),
    "sign_in": _l("after the encryption"), "folder": _l("after the sign-in"),
}  # fmt: skip


def step(layer: Layer) -> str:
    """What is tried."""
    return str(STEPS[layer.step])


def found(layer: Layer, known: Channel) -> str:
    """What was found, what to do about it, or what has to be done first."""
    if layer.refusal is not None:
        return told(layer.refusal)
    return str(BEHIND[layer.step]) if layer.state == "waiting" else _well(layer, known)


def _well(layer: Layer, known: Channel) -> str:
    host, port = (known.settings.get(f"{layer.protocol}_{name}") for name in ("host", "port"))
    if layer.step == "name":
        return f"{host}, " + ngettext("%(num)s address", "%(num)s addresses", layer.facts["addresses"])
    if layer.step == "port":
        return _("port %(port)s is open", port=port)
    if layer.step == "folder":
        folder = known.settings.get("folder") or "INBOX"
        return f"{folder}, " + ngettext("%(num)s mail", "%(num)s mails", layer.facts["count"])
    return ""


def provider(known: Channel) -> Provider | None:
    """Who runs the mailbox, as far as we know."""
    at = of_domain(known.address.rpartition("@")[2])
    return at or of_server(str(known.settings.get("imap_host", "")))


def name(one: Provider) -> str:
    """What a provider is called."""
    return one.names[language()]


def todo(one: Provider | None) -> str:
    """What has to be done at a provider before it lets us in."""
    return one.todo[language()] if one is not None else ""


REFUSED = {
    "automatic": _l("Automatic, no ticket"),
    "bounce": _l("Bounces, no ticket"),
    "duplicate": _l("The same mail again"),
    "own": _l("Our own mail"),
    "loop": _l("Our own mail"),
    "empty": _l("Empty, no ticket"),
    "blocked": _l("The sender is blocked"),
    "copy": _l("Copies of mail that is here"),
    "drop": _l("No message, a notice of the channel"),
    "outsider": _l("From colleagues who do not work with the ticket"),
    "spam": _l("Marked as spam by the mail server"),
    "unreadable": _l("Unreadable, kept in the intake"),
}


def refused(found: Foreseen) -> list[tuple[str, int]]:
    """What would become no ticket and why, most of it first; automatic mail always."""
    counts = {"automatic": 0, **found.refused}
    return [(str(REFUSED.get(reason, reason)), count) for reason, count in sorted(counts.items(), key=_most)]


def _most(counted: tuple[str, int]) -> int:
    return -counted[1]
