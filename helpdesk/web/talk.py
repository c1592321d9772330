"""Messages, events and clocks of a ticket in the form that the components ask for."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from helpdesk.services import forwards, undo
from helpdesk.services.asides import ASIDE
from helpdesk.services.quoting import FORWARDED
from helpdesk.services.timeline import ClockShown, Entry, Shown
from helpdesk.tickets.models import Delivery, Event, Message, Ticket
from helpdesk.web import enclosures, words
from helpdesk.web.addresses import url_for
from helpdesk.web.context import current_person
from helpdesk.web.prose import BIDI
from helpdesk.web.trigger_words import actor, by_rule
from helpdesk.web.troubles import trouble

LOOKS = {
    "received": "in",
    "unapproved": "in",
    "declined": "in",
    "automatic": "in",
    "reply": "out",
    "note": "note",
    "forward": "note",
    "call": "call",
}
FOLDED = ("automatic", "acknowledgement")


def thread(page: Shown, duty: frozenset[int], seen: int) -> list[dict[str, Any]]:
    """The entries of a thread; messages after *seen* are new to whoever has the page open."""
    found: list[dict[str, Any]] = []
    newest = False
    for entry in page.entries:
        if isinstance(entry, Message):
            fresh = entry.id > seen
            outcome = page.outcomes.get(entry.seq, "")
            found.append({"message": said(entry, page.ticket, duty, fresh, outcome), "first_new": fresh and not newest})
            newest = newest or fresh
        else:
            found.append({"events": happened(entry), "summary": summary(entry)})
    return found


def said(message: Message, ticket: Ticket, duty: frozenset[int], fresh: bool, outcome: str) -> dict[str, Any]:
    """One message."""
    kind = "note" if FORWARDED in message.facts else LOOKS.get(message.kind, "out")
    folded = message.kind in FOLDED or "returned_to" in message.facts
    author = message.author or (ticket.customer if kind == "in" else None)
    told = author.name if author else _machine(message)
    return {
        "id": message.id,
        "kind": kind,
        "what": message.kind,
        "folded": folded,
        "nature": nature(message) if folded else "",
        "sealed": enclosures.sealed(message),
        "invitation": enclosures.invitation(message),
        "author": {"name": BIDI.sub("", told)},
        "on_duty": author.id in duty if author and author.staff else None,
        "at": message.at,
        "via": _via(message),
        "moved_from": message.facts.get("moved_from"),
        "forwarded": message.facts.get(FORWARDED),
        "outside": message.kind == "note" and message.direction == "in",
        "aside": ASIDE in message.facts,
        "forward": url_for("forwards.show", number=ticket.number, message=message.id)
        if message.kind in forwards.PASSED_ON and not ticket.voided_at
        else "",
        "machine": message.facts.get("machine"),
        "genuine": message.facts.get("authentication"),
        "prose": message.text,
        "quote": BIDI.sub("", message.quoted[:20_000]),
        "signature": BIDI.sub("", message.signature[:20_000]),
        "files": [
            _file(ticket, file)
            for file in message.attachments
            if file.erased_at or not (file.inline and file.cid and message.html)
        ],
        "new": fresh,
        "original": url_for("ticket.original", number=ticket.number, message_id=message.id) if message.html else "",
        "raw": url_for("intake.raw", inbox_id=message.inbox_id)
        if message.inbox_id and message.channel == "mail"
        else "",
        "has_images": bool(message.html and "<img" in message.html[:500_000].casefold()),
        "cut": len(message.text) > 60_000,
        **_delivery(message.deliveries),
        **_undo(message, ticket),
        **_scheduled(message, ticket),
        **_call(message, outcome),
    }


def _machine(message: Message) -> str:
    """Who wrote it when nobody did."""
    if "rule" in message.facts:
        return by_rule(message.facts["rule"])
    return str(message.facts.get("sender") or _("Automatic"))


def _undo(message: Message, ticket: Ticket) -> dict[str, Any]:
    """How its writer takes it back, or writes it anew."""
    me, where = current_person(), {"number": ticket.number, "message_id": message.id}
    leaves = undo.leaves_at(message, me)
    mine = message.kind == "withdrawn" and "returned_to" not in message.facts and message.author_id == me.id
    return {
        "undo": {"url": url_for("undo.withdraw", **where), "until": leaves} if leaves else None,
        "again": anew(message, ticket.number) if mine else "",
    }


def anew(message: Message, number: int) -> str:
    """Where what was taken back is written anew."""
    if FORWARDED in message.facts:
        return url_for("forwards.show", number=number, message=message.facts[FORWARDED]["message"], again=message.id)
    return url_for("ticket.show", number=number, again=message.id, _anchor="composer")


def nature(message: Message) -> str:
    """What a machine's message is, in words that begin its folded line."""
    if "returned_to" in message.facts:
        return _("Went back to #%(number)s", number=message.facts["returned_to"])
    if message.kind == "acknowledgement":
        return _("Automatic acknowledgement")
    name = BIDI.sub("", message.author.name) if message.author else _("Automatic")
    return {
        "away": _("Out of the office: %(name)s", name=name),
        "receipt": _("Read receipt from %(name)s", name=name),
        "abuse": _("Reported as spam: %(name)s", name=name),
    }.get(str(message.facts.get("nature")), _("Automatic message from %(name)s", name=name))


def _scheduled(message: Message, ticket: Ticket) -> dict[str, Any]:
    """When an answer is to be said, or why it is not; and how to decide otherwise."""
    if message.kind != "scheduled":
        return {}
    where: dict[str, Any] = {"number": ticket.number, "message_id": message.id}
    return {
        "scheduled": {
            "at": datetime.fromisoformat(message.facts["say_at"]), "held": words.held(message.facts.get("held", "")),
            "say": url_for("scheduled.say", **where), "cancel": url_for("scheduled.cancel", **where),
            "may": current_person().works,
        }
    }  # fmt: skip


def _via(message: Message) -> str:
    if message.kind == "call":
        return str(message.facts.get("caller") or message.facts.get("sender") or "")
    if message.direction == "in":
        way, sender = words.channel(message.channel), str(message.facts.get("sender") or "")
        kind = "chat" if message.channel == "webhook" else message.channel
        return f"{way} · {words.reached_at(kind, sender)}" if sender else way
    return _receivers(message)


def _receivers(message: Message) -> str:
    """Whom an answer went to, if that was not the customer alone."""
    lists = {name: ", ".join(map(str, message.facts.get(name) or ())) for name in ("to", "cc", "bcc")}
    if not (lists["cc"] or lists["bcc"]):
        return lists["to"]
    copies = _("%(to)s, copy to %(cc)s", **lists) if lists["cc"] else lists["to"]
    return _("%(others)s, hidden copy to %(bcc)s", others=copies, bcc=lists["bcc"]) if lists["bcc"] else copies


def _file(ticket: Ticket, file: Any) -> dict[str, Any]:
    url = url_for("ticket.file", number=ticket.number, file_id=file.id)
    return {
        "name": BIDI.sub("", file.filename),
        "size": file.size,
        "kind": file.content_type,
        "url": url,
        "id": file.id,
        "erased": file.erased_at,
    }


def _delivery(deliveries: Sequence[Delivery]) -> dict[str, Any]:
    """The worst that became of it: what was not delivered is said first."""
    worst = ("failed", "unknown", "dropped", "withdrawn", "sending", "waiting", "sent")
    found = min(deliveries, key=lambda one: worst.index(one.state), default=None)
    if found is None:
        return {"delivery": ""}
    return {**_result(found), "each": [_result(one) for one in deliveries] if len(deliveries) > 1 else []}


def _result(one: Delivery) -> dict[str, Any]:
    """What became of it at one recipient."""
    state = "delayed" if one.state == "sent" and "delayed_at" in one.content else one.state
    told = {"delivery": state, "delivered_at": one.done_at, "trouble": trouble(one.result[:300])}
    return {**told, "recipient": one.recipient, "no_copy": trouble(str(one.content.get("no_copy", ""))[:300])}


def _call(message: Message, outcome: str) -> dict[str, Any]:
    if message.kind != "call":
        return {}
    facts = message.facts
    return {"wait": facts.get("ring_seconds"), "length": facts.get("talk_seconds"), "outcome": outcome}


def happened(run: Entry) -> list[dict[str, Any]]:
    """A run of events, each in words."""
    events = [one for one in run if isinstance(one, Event)] if isinstance(run, list) else []
    return [{"at": one.at, "text": words.event(one), "actor": BIDI.sub("", actor(one))} for one in events]


def summary(run: Sequence[Event]) -> str:
    """The names of what happened, each once, three at most."""
    names = [name for name in dict.fromkeys(words.short(one.kind) for one in run) if name]
    return ", ".join(names[:3]) + ("…" if len(names) > 3 else "")


def clocks(shown: Sequence[ClockShown]) -> list[dict[str, Any]]:
    """The clocks of the side panel."""
    return [_clock(one) for one in shown]


def _clock(one: ClockShown) -> dict[str, Any]:
    look = one.look
    note = {
        "waived": _("No answer was needed"), "closed_unanswered": _("Closed without an answer"), "void": _("Does not count"),
    }.get(one.verdict, "")  # fmt: skip
    return {
        "name": words.clock(one.kind), "state": look.state, "used": one.used, "due_at": look.due_at, "left": look.left,
        "resume_at": look.resume_at, "ended_at": look.ended_at, "turns_at": look.turns_at, "zone": None, "note": note,
        "in_hand": one.in_hand, "warns": one.warns, "ladder": {"clock": one.kind, "started_seq": one.started_seq},
    }  # fmt: skip


def next_clock(shown: Sequence[ClockShown]) -> ClockShown | None:
    """The clock that decides how the ticket looks: the running one due first, else a paused one."""
    open_ones = [one for one in shown if one.look.ended_at is None and one.verdict != "void"]
    running = [one for one in open_ones if one.look.due_at is not None]
    return min(running, key=lambda one: one.look.due_at or 0, default=None) or next(iter(open_ones), None)
