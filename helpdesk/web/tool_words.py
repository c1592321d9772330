"""What is done to a ticket with the tools beside its talk, as staff read it in its history and their notices."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from helpdesk.tickets.models import Notice
from helpdesk.web import words

Facts = Mapping[str, Any]
LINKS = {
    "related": _l("has to do with"),
    "related_of": _l("has to do with"),
    "duplicate": _l("asks the same as"),
    "duplicate_of": _l("is asked again in"),
    "child": _l("is part of"),
    "child_of": _l("has as a part"),
}
WOKEN = {
    "time": _l("its time has come"),
    "no_reply": _l("nobody replied"),
    "customer": _l("the customer is heard"),
    "owner": _l("it has another owner"),
    "ended": _l("it is done"),
    "asked": _l("brought back"),
    "forward": _l("what was forwarded is answered"),
}
CHANGED = {
    "status": _l("Status"),
    "priority": _l("Priority"),
    "tags": _l("Tags"),
    "owner": _l("Owner"),
    "reason": _l("Contact reason"),
    "snooze": _l("Set aside"),
}
NAMES = {
    "linked": _l("link"),
    "unlinked": _l("link"),
    "redacted": _l("blacked out"),
    "macro_applied": _l("macro"),
    "unjoined": _l("parted"),
    "parted": _l("parted"),
    "split": _l("split"),
    "split_from": _l("split"),
    "snoozed": _l("set aside"),
    "woken": _l("back"),
}


def at(instant: datetime | str | None) -> str:
    """An instant as the reader's history shows it."""
    found = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
    return str(current_app.jinja_env.filters["full_stamp"](found)) if found else ""


def _snoozed(facts: Facts) -> str:
    told = {"time": at(facts.get("until")), "reminder": facts.get("reminder", "")}
    if facts.get("waits_for") != "time":
        text = _("Set aside until a reply comes, %(time)s at the latest", **told)
    else:
        text = _("Set aside until %(time)s", **told)
    return f"{text}: «{told['reminder']}»" if told["reminder"] else text


def _woken(facts: Facts) -> str:
    text = _("In its owner's list again: %(why)s", why=WOKEN.get(str(facts.get("why")), ""))
    return f"{text}: «{facts['reminder']}»" if facts.get("reminder") else text


EVENTS: dict[str, Callable[[Facts], str]] = {
    "snoozed": _snoozed,
    "woken": _woken,
    "unjoined": lambda _facts: _("It is a ticket of its own again"),
    "parted": lambda facts: _("Parted from #%(number)s; what came from there went back", number=facts.get("other", "")),
    "split": lambda facts: _("Messages opened #%(number)s", number=facts.get("other", "")),
    "split_from": lambda facts: _("Opened with messages of #%(number)s", number=facts.get("other", "")),
    "linked": lambda facts: f"{LINKS.get(str(facts.get('how')), '')} #{facts.get('other', '')}",
    "unlinked": lambda facts: _("No link to #%(number)s any more", number=facts.get("other", "")),
    "redacted": lambda facts: _("Blacked out: %(reason)s", reason=facts.get("reason", "")),
    "macro_applied": lambda facts: _("Macro «%(name)s»", name=facts.get("name", "")),
}


def notice(told: Notice, ticket: str) -> str:
    """What one member of staff was told, in a line; nothing when it is about something else."""
    match told.kind:
        case "tell_customer":
            return _("%(ticket)s: the solution is late, tell the customer by when", ticket=ticket)
        case "woken":
            text = _("%(ticket)s is in your list again", ticket=ticket)
            return f"{text}: {told.facts['reminder']}" if told.facts.get("reminder") else text
        case "mentioned":
            return _("%(ticket)s: %(name)s names you in a note", ticket=ticket, name=told.facts.get("name", ""))
        case "forward_answered":
            return _("%(ticket)s: %(name)s answered what was forwarded", ticket=ticket, name=told.facts.get("name", ""))
        case "followed_message":
            return _("%(ticket)s, which you follow: the customer wrote", ticket=ticket)
        case "followed_solved":
            return _("%(ticket)s, which you follow: solved", ticket=ticket)
    return ""


def change(what: str, old: object, new: object) -> tuple[str, str, str]:
    """One thing that a macro would change: its name, before and after, in words."""
    return str(CHANGED[what]), _value(what, old), _value(what, new)


def _value(what: str, value: object) -> str:
    if what == "snooze":
        return at(value) if isinstance(value, datetime) else _("no")
    if isinstance(value, list):
        return ", ".join(value) or _("none")
    if what == "reason":
        return str(value) or _("none")
    named = {"status": words.status, "priority": words.priority}.get(what, str)
    return named(str(value)) if value is not None else _("nobody")
