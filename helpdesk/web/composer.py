"""The place to answer, as the page shows it: whom an answer goes to, in which ways it can be sent."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import request
from flask_babel import gettext as _

from helpdesk.channels.models import Channel
from helpdesk.orm import Json
from helpdesk.services import drafts, identity, macros, mentions, recipients, scheduling, sending, undo
from helpdesk.services.quoting import NONE
from helpdesk.services.sending import Manner
from helpdesk.services.timeline import Shown
from helpdesk.tickets.drafts import Draft
from helpdesk.tickets.models import Message
from helpdesk.tickets.placeholders import read
from helpdesk.web.addresses import url_for
from helpdesk.web.context import current_person

LISTS = ("to", "cc", "bcc")
KINDS = ("reply", "note")


def draft(page: Shown, kind: str, error: str, inserted: str = "") -> dict[str, Any]:
    """What the composer needs: what was sent just now or else begun before, and *inserted*, which comes after it."""
    number, note, said, by = page.ticket.number, kind == "note", messages(page), current_person()
    channel = sending.way_of(page.ticket)
    usual = (sending.usual_of(page.ticket, channel, said) if channel else None) or ""
    kept = drafts.of(page.ticket, kind if note else "reply", by)
    form = _sent() or _begun(number, kept)
    mail = _mail(page, channel, usual, form) if channel and not note else None
    if inserted and form.get("text", "").endswith(inserted):
        inserted = ""
    text = "\n\n".join(filter(None, [form.get("text", "").rstrip(), inserted]))
    return {
        "action": url_for("ticket.say", number=number), "kind": "note" if note else "reply", "ways": _ways(note),
        "text": text, "inserted": inserted, "fresh": text != (kept.text.rstrip() if kept else ""),
        "to": _receiver(page, usual), "error": error, "files": True, "again": _again(form, said),
        "hidden": {
            "seen": page.last, "heard": page.ticket.event_count, "base": form.get("base", kept.mark if kept else ""),
            "asked": "1" if form.get("without") or form.get("asked") else "",
            "said": max((one.id for one in said if one.author_id == by.id), default=0),
        },
        "mail": mail, "to_all": bool(mail and mail["offered"] and not mail["open"]), "keeper": by.id,
        "keep_url": url_for("drafts.keep", number=number), "saved_at": kept.saved_at if kept else None,
        "later": None if note else {"zone": scheduling.zone_of(by).key, "at": form.get("later_at", "")},
        "snippets": _snippets(page), "mentions": mentions.choices(page.ticket, by) if note else (),
        "reply_url": url_for("ticket.show", number=number, _anchor="composer"),
        "note_url": url_for("ticket.show", number=number, kind="note", _anchor="composer"),
        "all_url": url_for("ticket.show", number=number, all=1, _anchor="composer"),
    }  # fmt: skip


def _sent() -> dict[str, Any]:
    """The form as it was sent, when it was."""
    if request.method != "POST" or request.form.get("kind", "reply") not in KINDS or "text" not in request.form:
        return {}
    return {**request.form, "again": request.form.getlist("again", type=int)}


def _begun(number: int, kept: Draft | None) -> Json:
    """What was begun; and what was taken back, if the page is asked for with it, after it."""
    again = _taken_back(number)
    begun = {**kept.way, "text": kept.text} if kept else {}
    if not again or again["text"] in begun.get("text", ""):
        return begun
    return {**again, "text": "\n\n".join(filter(None, [begun.get("text", "").rstrip(), again["text"]]))}


def _again(form: Mapping[str, Any], said: Sequence[Message]) -> list[tuple[int, str]]:
    """The files of what was taken back that go along, by id and name."""
    wanted = frozenset(form.get("again", ()))
    files = [file for message in said if message.kind in undo.AGAIN for file in message.attachments]
    return [(file.id, file.filename) for file in files if file.id in wanted]


def _snippets(page: Shown) -> list[tuple[int, str, str]]:
    """Words that can be put into the text: id, name, and how they read in this ticket."""
    by = current_person()
    values = identity.values_of(page.ticket, by)
    return [(one.id, one.name, read(one.body, values)) for one in macros.offered(page.ticket, "snippet")]


def messages(page: Shown) -> list[Message]:
    """What was said, without what happened."""
    return [entry for entry in page.entries if isinstance(entry, Message)]


def manner(wanted: Mapping[str, Any]) -> Manner:
    """How the answer is to go, as the form says."""
    return Manner(to=wanted["to"], cc=wanted["cc"], bcc=wanted["bcc"], quote=wanted["quote"])


def _taken_back(number: int) -> Json:
    """The form as it was when an answer was written that was taken back or cancelled, if the page is asked for with one."""
    wanted = request.args.get("again", type=int)
    message = undo.kept_draft(number, wanted, by=current_person()) if wanted else None
    return {**drafts.way_of(message), "text": message.text} if message is not None else {}


def schedule(number: int, wanted: Mapping[str, Any], way: Mapping[str, Any]) -> Message:
    """Write it down to be said later."""
    say_at = scheduling.instant_of(wanted["later"], wanted["later_at"], current_person())
    return scheduling.schedule(number, say_at=say_at, manner=manner(wanted), **way)


def _ways(note: bool) -> list[tuple[str, str]]:
    if note:
        return [("", _("Add the note"))]
    ways = [
        ("", _("Send the reply")), ("pend", _("Send and wait")), ("solve", _("Send and solve")),
        ("next", _("Send, solve, take the next")),
    ]  # fmt: skip
    return sorted(ways, key=lambda way: way[0] != current_person().usual_way)


def _receiver(page: Shown, usual: str) -> str:
    """Who an answer goes to, in words: a chat's visitor by name, because their id says nothing to anybody."""
    ticket = page.ticket
    return ticket.customer.name if usual and ticket.channel in ("webhook", "telegram") else usual


def _mail(page: Shown, channel: Channel, usual: str, form: Mapping[str, str]) -> dict[str, Any] | None:
    """The fields that only a mail has."""
    if channel.kind != "mail":
        return None
    offered = recipients.offered(messages(page), page.trust.approved, usual)
    every = channel.settings.get("answer_all") or "all" in request.args
    known = {"to": usual, "cc": ", ".join(offered) if every else "", "bcc": ""}
    return {
        **known, **{name: form[name] for name in LISTS if name in form}, "offered": offered,
        "open": bool(known["cc"]) or any(form.get(name, known[name]) != known[name] for name in LISTS),
        "quote": form.get("quote") or channel.settings.get("quote") or NONE,
        "quotes": [
            ("none", _("without what was said before")), ("last", _("quote the last message")),
            ("thread", _("quote the whole talk")),
        ],
    }  # fmt: skip
