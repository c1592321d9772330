"""What kept a delivery or a mailbox, and what will, in the reader's language."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import format_date
from flask_babel import gettext as _

from helpdesk.services import troubles


def trouble(stored: str) -> str:
    """A stored sentence in the reader's language."""
    return troubles.said(stored, _) if stored else ""


def ending(facts: Mapping[str, Any]) -> str:
    """What will end, and when."""
    day = format_date(date.fromisoformat(str(facts["day"])), "d MMMM")
    if facts["what"] == "secret":
        return _("The client secret of %(service)s ends on %(day)s", service=facts["service"], day=day)
    return _("Mailbox %(name)s: the sign-in ends on %(day)s", name=facts["mailbox"], day=day)
