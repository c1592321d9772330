"""The conditions of a policy in words."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from helpdesk.services.trying import Unmet
from helpdesk.web import words

NAMES = {
    "team": _l("team"), "channel": _l("channel"), "priority": _l("priority"), "tag": _l("customer's tag"),
    "reason": _l("reason"),
}  # fmt: skip
VALUES = {"channel": words.channel, "priority": words.priority}


def said(when: dict[str, Any]) -> str:
    """All conditions of a policy."""
    return "; ".join(f"{NAMES[name]}: {_listed(name, values)}" for name, values in when.items()) or _("every ticket")


def missing(unmet: Unmet) -> str:
    """What a policy wants, and what a ticket has instead."""
    wanted, has = _listed(unmet.name, unmet.wanted), _listed(unmet.name, unmet.has) or _("none")
    return _("%(name)s: wants %(wanted)s, the ticket has %(has)s", name=NAMES[unmet.name], wanted=wanted, has=has)


def _listed(name: str, values: Sequence[str]) -> str:
    return ", ".join(VALUES.get(name, str)(value) for value in values)
