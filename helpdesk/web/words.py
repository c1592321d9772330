"""Statuses, priorities, clocks and events as staff read them."""

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from helpdesk.people.roles import Role
from helpdesk.tickets.models import Event, Notice
from helpdesk.web import hands, tool_words
from helpdesk.web.owner_words import owner
from helpdesk.web.troubles import ending

STATUSES = {
    "new": _l("New"),
    "open": _l("Open"),
    "pending": _l("Waiting for the customer"),
    "on_hold": _l("On hold"),
    "solved": _l("Solved"),
    "closed": _l("Closed"),
}
PRIORITIES = {"low": _l("Low"), "normal": _l("Normal"), "high": _l("High"), "urgent": _l("Urgent")}
CLOCKS = {
    "first_response": _l("First response"),
    "answer": _l("Answer"),
    "update": _l("News to the customer"),
    "resolution": _l("Resolution"),
}
WAYS = {
    "mail": _l("Mail"),
    "webhook": _l("Chat"),
    "telegram": "Telegram",
    "calls": _l("Phone"),
    "desk": _l("By hand"),
}
CONTACTS = {"email": _l("Mail"), "phone": _l("Phone"), "telegram": "Telegram", "chat": _l("Chat")}
NAMES = {
    "opened": _l("opened"),
    "taken": _l("owner"),
    "assigned": _l("owner"),
    "pended": _l("paused"),
    "held": _l("paused"),
    "resumed": _l("resumed"),
    "solved": _l("solved"),
    "reopened": _l("reopened"),
    "closed": _l("closed"),
    "priority_changed": _l("priority"),
    "subject_changed": _l("subject"),
    "tags_changed": _l("tags"),
    "reason_changed": _l("contact reason"),
    "team_changed": _l("team"),
    "junked": _l("junk"),
    "unjunked": _l("no junk"),
    "policy_applied": _l("policy"),
    "import_ended": _l("imported"),
    "loop_broken": _l("loop"),
    "warned": _l("deadline near"),
    "breached": _l("deadline missed"),
    "overdue": _l("overdue"),
    "ladder_stopped": _l("in hand"),
    "reply_withdrawn": _l("taken back"),
    "undone": _l("undone"),
    "reply_held": _l("held back"),
    "schedule_cancelled": _l("cancelled"),
    "handover_offered": _l("handover"),
    "handover_accepted": _l("handover"),
    "handover_refused": _l("handover"),
    "handover_withdrawn": _l("handover"),
    "handover_lapsed": _l("handover"),
}
ROLES = {
    Role.OBSERVER: _l("Observer (reads only)"),
    Role.AGENT: _l("Agent"),
    Role.SUPERVISOR: _l("Supervisor"),
    Role.ADMINISTRATOR: _l("Administrator"),
}
HELD = {
    "news": _l("something new was said meanwhile"),
    "ended": _l("the ticket was solved or closed meanwhile"),
    "author": _l("who wrote it does not work here any more"),
    "address": _l("there is no address to send it to"),
}
CHANNELS = ("mail", "webhook", "telegram", "calls", "desk")


def status(name: str) -> str:
    """A ticket's status."""
    return str(STATUSES.get(name, name))


def mark(name: str) -> str:
    """The shape that goes with a status: open, wait or done."""
    return {"pending": "wait", "on_hold": "wait", "solved": "done", "closed": "done"}.get(name, "open")


def priority(name: str) -> str:
    """How urgent."""
    return str(PRIORITIES.get(name, name))


def role(name: str) -> str:
    """What somebody is here for."""
    return str(ROLES[Role(name)])


def clock(name: str) -> str:
    """One of the promises."""
    return str(CLOCKS.get(name, name))


def channel(name: str) -> str:
    """The way a contact came."""
    return str(WAYS.get(name, name))


def contact(kind: str) -> str:
    """A kind of contact point."""
    return str(CONTACTS.get(kind, kind))


def reached_at(kind: str, shown: str) -> str:
    """An address as people know it: a chat's own id is kept behind the number of its channel."""
    return shown.partition("/")[2] or shown if kind == "chat" else shown


def held(why: str) -> str:
    """Why an answer that was to be sent later was not."""
    return str(HELD.get(why, why))


def event(happened: Event) -> str:
    """One line of the history in words."""
    tell = EVENTS.get(happened.kind) or tool_words.EVENTS.get(happened.kind)
    return str(tell(happened.facts)) if tell else happened.kind


def short(kind: str) -> str:
    """An event's name in a word or two, for the summary of a run."""
    return str(NAMES.get(kind) or tool_words.NAMES.get(kind, ""))


def notice(told: Notice) -> str:
    """What one member of staff was told, in a line."""
    number = f"#{told.ticket.number}" if told.ticket else ""
    name = clock(str(told.facts.get("clock", "")))
    match told.kind:
        case "breached":
            return _("%(ticket)s: deadline missed, %(clock)s", ticket=number, clock=name.lower())
        case "warned":
            share = told.facts.get("threshold", "")
            return _(
                "%(ticket)s: deadline near, %(clock)s, %(share)s used", ticket=number, clock=name.lower(), share=share
            )
        case "overdue":
            late = _minutes(told.facts)
            return _("%(ticket)s: %(minutes)s min overdue, %(clock)s", ticket=number, minutes=late, clock=name.lower())
        case "bounced":
            return _("%(ticket)s: not delivered to %(address)s", ticket=number, address=told.facts.get("address", ""))
        case "loop_broken":
            return _("%(ticket)s: %(name)s answers like a machine", ticket=number, name=told.facts.get("name", ""))
        case "reply_held":
            return _("%(ticket)s: a scheduled answer waits for you", ticket=number)
        case "offered" | "untaken" | "refused" | "hangs" | "sheet" | "dealt" | "ruled":
            return hands.notice(told, number)
        case "given_back":
            return _("%(ticket)s went back to the team: nothing was done", ticket=number)
        case "sign_in_again":
            return _("Mailbox %(name)s: sign in again", name=told.facts.get("mailbox", ""))
        case "mailbox":
            return mailbox(told.facts)
        case "ending":
            return ending(told.facts)
    return tool_words.notice(told, number) or f"{number} {told.kind}"


def mailbox(facts: Mapping[str, Any]) -> str:
    """What happened to a mailbox, in a line."""
    name = str(facts.get("mailbox", ""))
    match facts.get("trouble"):
        case "failing":
            return _("Mailbox %(name)s cannot be read", name=name)
        case "silent":
            return _("Nobody reads mailbox %(name)s", name=name)
        case "differing":
            return _("Mailbox %(name)s has other mails on the server than here", name=name)
        case "refused":
            return _("The server lets nobody mark or move mail of %(name)s", name=name)
    return _("Mailbox %(name)s works again", name=name)


def _minutes(facts: Mapping[str, Any]) -> int:
    """How long after its deadline a step of the ladder came."""
    return int(facts.get("threshold", "+0")) // 60


def _status(new: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda facts: _("Status: %(old)s → %(new)s", old=status(str(facts.get("old", ""))), new=status(new))


def _tags(facts: Mapping[str, Any]) -> str:
    old, new = (", ".join(facts.get(side) or []) or _("none") for side in ("old", "new"))
    return _("Tags: %(old)s → %(new)s", old=old, new=new)


def _offered(facts: Mapping[str, Any]) -> str:
    return hands.offered(str(facts.get("why", "")), str(facts.get("new") or _("nobody on duty")))


def _applied(facts: Mapping[str, Any]) -> str:
    what = {"name": facts.get("policy", ""), "version": facts.get("version", "")}
    if "old" not in facts:
        return _("Policy «%(name)s», version %(version)s, from here on", **what)
    if "ordered_by" not in facts:
        return _("Policy «%(name)s», version %(version)s: the clocks of the time zone go otherwise now", **what)
    return _("Policy «%(name)s», version %(version)s, by order of %(by)s", by=facts["ordered_by"], **what)


def _changed(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {"old": facts.get("old"), "new": facts.get("new")}


EVENTS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "opened": lambda facts: _(
        "Opened: %(team)s, %(channel)s", team=facts.get("team", ""), channel=channel(str(facts.get("channel", "")))
    ),
    "received": lambda _facts: _("A follow-up was approved"),
    "taken": owner,
    "assigned": owner,
    "pended": _status("pending"),
    "held": _status("on_hold"),
    "resumed": _status("open"),
    "solved": _status("solved"),
    "reopened": _status("open"),
    "closed": _status("closed"),
    "priority_changed": lambda facts: _(
        "Priority: %(old)s → %(new)s", old=priority(str(facts.get("old"))), new=priority(str(facts.get("new")))
    ),
    "subject_changed": lambda facts: _("Subject: «%(old)s» → «%(new)s»", **_changed(facts)),
    "tags_changed": _tags,
    "reason_changed": lambda facts: _(
        "Contact reason: %(old)s → %(new)s", old=facts.get("old") or _("none"), new=facts.get("new") or _("none")
    ),
    "team_changed": lambda facts: _("Team: %(old)s → %(new)s", **_changed(facts)),
    "imported": lambda _facts: _("Imported from an archive"),
    "import_ended": lambda facts: _(
        "Imported from an archive, status: %(status)s", status=status(str(facts.get("new", "")))
    ),
    "loop_broken": lambda facts: _(
        "%(name)s answers like a machine: more of that is kept and moves nothing", name=facts.get("name", "")
    ),
    "answer_waived": lambda _facts: _("No answer needed"),
    "replied": lambda _facts: _("A scheduled answer was sent"),
    "reply_held": lambda facts: _("A scheduled answer was not sent: %(why)s", why=held(str(facts.get("why", "")))),
    "schedule_cancelled": lambda _facts: _("A scheduled answer was cancelled"),
    "forwarded": lambda facts: _("Forwarded to %(name)s", name=", ".join(facts.get("to", ()))),
    "noted": lambda _facts: _("An answer to what was forwarded was approved"),
    "reply_withdrawn": lambda _facts: _("Taken back before it left"),
    "undone": lambda facts: _("Undone; status: %(status)s", status=status(str(facts.get("status", "")))),
    "policy_applied": _applied,
    "warned": lambda facts: _(
        "Deadline near: %(clock)s, %(share)s used",
        clock=clock(str(facts.get("clock"))),
        share=facts.get("threshold", ""),
    ),
    "breached": lambda facts: _("Deadline missed: %(clock)s", clock=clock(str(facts.get("clock")))),
    "overdue": lambda facts: _(
        "%(minutes)s min overdue: %(clock)s", minutes=_minutes(facts), clock=clock(str(facts.get("clock")))
    ),
    "ladder_stopped": lambda facts: _("In hand: %(clock)s", clock=clock(str(facts.get("clock")))),
    "handover_offered": _offered,
    "handover_accepted": lambda facts: _("Handover accepted by %(name)s", name=facts.get("new", "")),
    "handover_refused": lambda facts: _("Handover refused: %(reason)s", reason=facts.get("reason", "")),
    "handover_withdrawn": lambda _facts: _("The handover was withdrawn"),
    "handover_lapsed": lambda facts: _("%(name)s did not answer in time", name=facts.get("name", "")),
    "junked": lambda _facts: _("Junk: it counts nowhere"),
    "unjunked": lambda _facts: _("No junk: it counts as before"),
    "joined": lambda facts: _("It belongs to #%(number)s; what was written is there now", number=facts.get("into", "")),
    "belonging_dismissed": lambda facts: _("It does not belong to #%(number)s", number=facts.get("other", "")),
    "approval_refused": lambda _facts: _("A follow-up was refused"),
    "participant_approved": lambda facts: _("%(address)s takes part now", address=facts.get("address", "")),
    "participant_withdrawn": lambda facts: _(
        "%(address)s takes part no more: the answer was taken back", address=facts.get("address", "")
    ),
    "participant_refused": lambda facts: _("%(address)s is kept out", address=facts.get("address", "")),
    "delivery_failed": lambda facts: _("Not delivered to %(name)s", name=_recipient(facts)),
    "delivery_delayed": lambda facts: _("Delivery to %(name)s is delayed", name=_recipient(facts)),
    "sent_again": lambda facts: _("Sent again to %(name)s", name=_recipient(facts)),
    "delivery_dropped": lambda facts: _("No more tries to deliver to %(name)s", name=_recipient(facts)),
}


def belongs(why: str) -> str:
    """Why a ticket perhaps belongs to another one."""
    return {
        "closed": _("It answers a mail of that ticket, which is closed."),
        "old": _("It answers a mail of that ticket with an address from before, and was not sent by who takes part."),
        "foreign": _("It answers a mail of that ticket that was not sent to this sender."),
        "broken": _("It bears a cut or forged address of that ticket."),
    }.get(why, "")


def _recipient(facts: Mapping[str, Any]) -> str:
    return str(facts.get("recipient", ""))
