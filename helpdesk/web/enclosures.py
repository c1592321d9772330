"""What a mail holds beside its text, in words: seals that can't be opened here, invitations of calendars."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from helpdesk.tickets.models import Message

LINES = ("who", "what", "where")


def sealed(message: Message) -> Mapping[str, Any] | None:
    """How a mail is signed or encrypted, and whether that keeps it from being read."""
    seal = str(message.facts.get("seal") or "")
    if not seal:
        return None
    text = {
        "signed_smime": _("Signed (S/MIME); the signature is not checked here."),
        "signed_pgp": _("Signed (PGP); the signature is not checked here."),
        "wrapped_smime": _("The text of this mail lies within its signature (S/MIME) and can't be read here."),
        "encrypted_smime": _("This mail is encrypted (S/MIME) and can't be read here."),
        "encrypted_pgp": _("This mail is encrypted (PGP) and can't be read here."),
    }.get(seal)
    return {"text": text, "closed": not seal.startswith("signed")} if text else None


def invitation(message: Message) -> Mapping[str, Any] | None:
    """An invitation: whether it is off, and its lines by name; instants as such, days and unknown zones as they stand."""
    told = message.facts.get("invitation")
    if not isinstance(told, dict):
        return None
    title = {
        "cancel": _("Invitation, called off"),
        "reply": _("Answer to an invitation"),
    }.get(str(told.get("method")), _("Invitation"))
    names = {"who": _("Invited by"), "what": _("What"), "where": _("Where")}
    times = {"start": _("Begins"), "end": _("Ends")}
    return {
        "title": title,
        "lines": [(names[name], str(told[name])) for name in LINES if told.get(name)],
        "times": [(label, *_instant(str(told[name]))) for name, label in times.items() if told.get(name)],
    }


def _instant(text: str) -> tuple[datetime | None, str]:
    """An instant, or the text that names none: a day, or a time of an unknown zone."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None, text
    return (found, "") if found.tzinfo else (None, text.replace("T", " "))
