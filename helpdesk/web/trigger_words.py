"""Rules as people read them: when, if and then, in a line, and what came of it."""

from collections.abc import Iterator, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from helpdesk.services.trigger_keeping import Names
from helpdesk.tickets.models import Event
from helpdesk.tickets.triggers import Trigger, TriggerRun
from helpdesk.web import words

OCCASIONS = {
    "created": _l("a ticket is opened"),
    "written": _l("the customer writes"),
    "status": _l("the status changes"),
    "assigned": _l("somebody becomes the owner"),
    "tagged": _l("a tag is added"),
    "warned": _l("a deadline is near"),
    "breached": _l("a deadline is missed"),
    "solved": _l("a ticket is solved"),
    "reopened": _l("a ticket is reopened"),
}
WHATS = {
    "channel": _l("Channel"),
    "mailbox": _l("Mailbox or chat"),
    "team": _l("Team"),
    "status": _l("Status"),
    "priority": _l("Priority"),
    "language": _l("Language"),
    "tag": _l("Tag"),
    "words": _l("Words"),
    "customer": _l("Customer"),
    "domain": _l("Mail domain"),
    "owner": _l("Owner"),
    "hours": _l("Working hours of"),
}
ACTIONS = {
    "team": _l("team"),
    "owner": _l("owner"),
    "priority": _l("priority"),
    "add_tags": _l("adds tags"),
    "drop_tags": _l("takes tags away"),
    "status": _l("status"),
    "note": _l("note"),
    "tell": _l("tells"),
}
STATUSES = {"pend": "pending", "hold": "on_hold", "resume": "open", "solve": "solved", "close": "closed"}
LANGUAGES = {"ru": "Русский", "kk": "Қазақша", "en": "English"}
FIXED: Mapping[str, Mapping[str, Any]] = {
    "channel": words.WAYS,
    "status": words.STATUSES,
    "priority": words.PRIORITIES,
    "language": LANGUAGES,
    "customer": {"known": _l("had a ticket before"), "new": _l("never had a ticket before")},
    "owner": {"nobody": _l("nobody"), "on_duty": _l("somebody at work"), "away": _l("somebody away")},
}
OWNERS = {
    "nobody": _l("nobody"),
    "turns": _l("by turns, when nobody owns it"),
    "load": _l("who has the least to do, when nobody owns it"),
}
TOLD = {"owner": _l("the owner"), "lead": _l("who leads the team")}


def when(trigger: Trigger) -> str:
    """What it waits for."""
    return str(OCCASIONS.get(trigger.occasion, trigger.occasion))


def choices(what: str, names: Names) -> list[tuple[str, str]]:
    """What a condition can be ticked to be."""
    found = names.get(what) or FIXED.get(what, {})
    return [(value, str(name)) for value, name in found.items()]


def condition(one: Mapping[str, Any], names: Names) -> str:
    """One condition, such as "Team: Claims, Sales"."""
    known = dict(choices(one["what"], names))
    values = ", ".join(known.get(value, value) for value in one["values"])
    name = str(WHATS.get(one["what"], one["what"]))
    if one.get("not"):
        return _("%(what)s is not: %(values)s", what=name, values=values)
    return f"{name}: {values}"


def action(what: str, value: Any, names: Names) -> str:
    """One action, such as "priority: Urgent"."""
    return f"{ACTIONS.get(what, what)}: {', '.join(_values(what, value, names))}"


def _values(what: str, value: Any, names: Names) -> Iterator[str]:
    known: Mapping[str, Any] = {
        "team": names["team"], "owner": {**names["person"], **OWNERS}, "tell": {**names["person"], **TOLD},
        "priority": words.PRIORITIES,
    }.get(what, {})  # fmt: skip
    for one in value if isinstance(value, list) else [value]:
        if what == "status":
            yield words.status(STATUSES[one])
        else:
            yield str(known.get(str(one), one))


def actor(event: Event) -> str:
    """Who it was: somebody, a rule, or the machine."""
    if event.actor is not None:
        return event.actor.name
    return by_rule(event.facts["rule"]) if "rule" in event.facts else _("automatic")


def by_rule(name: str) -> str:
    """A rule as who did something."""
    return _("rule «%(name)s»", name=name)


def outcome(row: TriggerRun) -> list[str]:
    """What came of it, in some lines."""
    facts = row.facts
    if row.outcome == "stopped":
        return [_("Not done: it led here itself.") if facts["why"] == "again" else _("Not done: three rules led here.")]
    if row.outcome == "failed":
        return [_("No rule was tried for this, after several attempts: %(error)s", error=facts.get("error", ""))]
    did = ", ".join(str(ACTIONS.get(what, what)) for what in facts.get("did", ())) or _("nothing had to be changed")
    return [did, *map(_refused, facts.get("undone", ()))]


def _refused(one: Mapping[str, Any]) -> str:
    """Why something of it was not done."""
    text = _(one["text"])
    return text.format(**one["facts"]) if one["facts"] else text
