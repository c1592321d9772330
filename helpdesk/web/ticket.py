"""A ticket's page: what was said and done, saying more, and looking at what came."""

import re
from base64 import b64encode
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, make_response, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from helpdesk.channels.incoming import File
from helpdesk.channels.mail import filenames, sanitise
from helpdesk.errors import Conflict
from helpdesk.services import (
    administration,
    desk,
    drafts,
    following,
    macros,
    presence,
    scheduling,
    snoozing,
    solving,
    telling,
    timeline,
    undo,
)  # fmt: skip
from helpdesk.services.forwards import PASSED_ON
from helpdesk.services.instant import now
from helpdesk.services.mentions import Unseen
from helpdesk.services.news import News
from helpdesk.services.recipients import Misaddressed
from helpdesk.services.solving import PartsOpen
from helpdesk.services.timeline import Shown
from helpdesk.tickets.models import Message, Ticket
from helpdesk.tickets.reasons import ReasonWanted, offered, titles
from helpdesk.web import composer, forgotten, hands, onward, talk, tool_words, words
from helpdesk.web.context import current_person, fragment
from helpdesk.web.desk_forms import SayForm, ending
from helpdesk.web.errors import told
from helpdesk.web.forgotten import FileForgotten
from helpdesk.web.pictures import picture, placed

bp = Blueprint("ticket", __name__, url_prefix="/tickets/<int:number>")

FILE_CSP = "default-src 'none'; sandbox; frame-ancestors 'none'"
FRAME_CSP = (
    "default-src 'none'; img-src data:{remote}; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
FRAME = Markup(
    '<!doctype html><html><head><meta charset="utf-8"><meta name="color-scheme" content="light"></head><body>{}</body></html>'
)


@bp.get("")
def show(number: int) -> ResponseReturnValue:
    """The whole page; with a time in its address, the words that promise it lie in the answer."""
    promised = request.args.get("promise", "")[:40]
    words = telling.words(number, promised, by=current_person()) if promised else ""
    return _page(number, kind=request.args.get("kind", ""), insert=words)


@bp.get("/thread")
def thread(number: int) -> ResponseReturnValue:
    """The talk alone, for the open page; what came after `seen` is marked as new."""
    seen = request.args.get("seen", default=0, type=int)
    page = timeline.shown(number, by=current_person(), at=now())
    return fragment("ticket/_thread.html", **_told(page, seen))


@bp.get("/facts")
def facts(number: int) -> ResponseReturnValue:
    """The column at the side alone, for the open page."""
    return fragment("ticket/_facts.html", **_told(timeline.shown(number, by=current_person(), at=now()), 0))


@bp.get("/head")
def head(number: int) -> ResponseReturnValue:
    """The heading alone, for the open page."""
    return fragment("ticket/_head.html", **_told(timeline.shown(number, by=current_person(), at=now()), 0))


@bp.post("/messages")
def say(number: int) -> ResponseReturnValue:
    """Answer the customer, or write a note."""
    wanted = SayForm().load(request.form)
    by, here = current_person(), url_for("ticket.show", number=number)
    if wanted["discard"]:
        drafts.discard(number, wanted["kind"], by=by)
        return redirect(here, 303)
    if wanted["insert"]:
        return _page(number, kind=wanted["kind"], insert=_snippet(number, wanted["snippet"]))
    if wanted["used"]:
        macros.count(number, wanted["used"], by=by)
    files = placed([*undo.files_again(number, wanted["again"], by=by), *_files()], wanted["text"])
    if wanted["kind"] == "note":
        message = desk.note(number, text=wanted["text"], by=by, files=files, unseen=wanted["unseen"].split())
    else:
        if not files and not wanted["without"] and not wanted["asked"]:
            forgotten.ask(wanted["text"])
        seen = wanted["anyway"] if wanted["anyway"] is not None else wanted["seen"]
        way: dict[str, Any] = {"text": wanted["text"], "by": by, "files": files, "seen": seen, "heard": wanted["heard"]}
        if wanted["later"]:
            message = composer.schedule(number, wanted, way)
            return redirect(f"{here}#m{message.id}", 303)
        then = "solve" if wanted["then"] == "next" else wanted["then"]
        way |= {"then": then, "ending": ending(wanted), "manner": composer.manner(wanted)}
        message = desk.reply(number, **way)
        if not wanted["keyed"]:
            administration.choose_way(wanted["then"], by=by)
        return onward.after(message, wanted["then"])
    return redirect(f"{here}#m{message.id}", 303)


def _files() -> list[File]:
    """What was uploaded; the browser's names and types are only claims."""
    sent = [file for file in request.files.getlist("files") if file.filename]
    return [File(filenames.safe(file.filename or ""), (file.content_type or "")[:200], file.read()) for file in sent]


@bp.errorhandler(Conflict)
def conflict(error: Conflict) -> ResponseReturnValue:
    """The page again, with what was typed, and what changed meanwhile."""
    number = (request.view_args or {})["number"]
    status = 422 if isinstance(error, Misaddressed) else 409
    return _page(number, kind=request.form.get("kind", ""), error=error), status


ASKED = {ReasonWanted: "reason", PartsOpen: "parts", FileForgotten: "without"}


def _asks(error: Conflict | None) -> dict[str, Any] | None:
    """What the page is to ask for, so that what was refused can be done after all, and what is sent again with it."""
    what = next((name for kind, name in ASKED.items() if isinstance(error, kind)), None)
    sent = {name: value for name, value in request.form.items() if name not in ("csrf_token", what)}
    return {"what": what, "sent": sent} if what else None


def _snippet(number: int, snippet_id: int | None) -> str:
    return macros.use_snippet(number, snippet_id, by=current_person()) if snippet_id else ""


def _macro(ticket: Ticket) -> str:
    """The words that a macro has just left to be looked at."""
    wanted = request.args.get("macro", type=int)
    return macros.text_of(ticket, wanted, by=current_person(), kind="macro") if wanted else ""


def _page(number: int, *, kind: str, error: Conflict | None = None, insert: str = "") -> str:
    page, refusal = timeline.shown(number, by=current_person(), at=now()), told(error) if error else ""
    typed, asks = request.endpoint in ("ticket.say", "drafts.keep"), _asks(error)
    seen, version = (
        _number(request.form.get("anyway") or request.form.get("seen")),
        _number(request.form.get("version")),
    )
    guard = _news(page, seen) if isinstance(error, News) and seen is not None else None
    draft = composer.draft(page, kind, refusal if typed and guard is None else "", insert or _macro(page.ticket))
    draft["hidden"] |= {"unseen": error.logins} if isinstance(error, Unseen) else {}
    changes = timeline.since(page.ticket, version) if refusal and version is not None else []
    return render_template(
        "ticket/page.html",
        **_told(page, seen if seen is not None and refusal else page.last),
        draft=draft,
        refusal="" if typed else refusal,
        changes=talk.happened(list(changes)),
        asks=asks,
        parts=solving.open_parts(page.ticket, by=current_person()) if asks else (),
        guard=guard,
    )


def _news(page: Shown, seen: int) -> Message | None:
    heard = _number(request.form.get("heard"))
    return timeline.news(composer.messages(page), seen, page.ticket.event_count if heard is None else heard)


def _number(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"[0-9]{1,18}", text) else None


def _told(page: Shown, seen: int) -> dict[str, Any]:
    duty = frozenset(one.id for one in page.colleagues if one.on_duty)
    return {
        "page": page, "ticket": page.ticket, "thread": talk.thread(page, duty, seen), "seen": seen, "duty": duty,
        "clocks": talk.clocks(page.clocks), "first": talk.next_clock(page.clocks), "words": words,
        "hands": hands,
        "trust": page.trust,
        "local_zone": ZoneInfo(page.ticket.customer.time_zone) if page.ticket.customer.time_zone else None,
        "images": request.args.get("images", default=0, type=int),
        "talked": any(one.kind in PASSED_ON for one in composer.messages(page)),
        "linked": page.linked, "link_words": tool_words.LINKS,
        "follows": lambda: following.follows(page.ticket, current_person()),
        "others": lambda: presence.others(page.ticket.number, current_person()),
        "asides": _asides(page.ticket) if page.ticket.open else None,
        "late": telling.usual(page.ticket, current_person()) if _is_asked(page) else "",
        "titles": titles(page.reasons), "reasons": offered(page.reasons),
    }  # fmt: skip


def _is_asked(page: Shown) -> bool:
    """Whether the reader is to tell the customer that the solution is late."""
    me = current_person()
    mine = me.works and page.ticket.owner_id in (None, me.id)
    return mine and telling.owed(page.happened, page.clocks)


def _asides(ticket: Ticket) -> dict[str, Any]:
    """How the ticket can be set aside, and by whose hours a typed time is meant."""
    return {"ways": snoozing.offered(ticket), "zone": scheduling.zone_of(current_person()).key}


@bp.get("/messages/<int:message_id>/html")
def original(number: int, message_id: int) -> ResponseReturnValue:
    """A mail as its sender laid it out, cleaned, for a frame that may run nothing; from elsewhere only if asked."""
    message = timeline.message_of(number, message_id, by=current_person())
    remote = request.args.get("images") == "1"
    pictures = {cid: _inline(*found) for cid, found in timeline.inline_images(message).items()}
    safe = sanitise.sanitise(message.html or "", {cid: url for cid, url in pictures.items() if url})
    answer = make_response(FRAME.format(Markup(sanitise.with_remote_images(safe) if remote else safe)))  # noqa: S704
    answer.headers["Content-Security-Policy"] = FRAME_CSP.format(remote=" https: http:" if remote else "")
    return answer


def _inline(claimed: str, content: bytes) -> str:
    kind = picture(claimed, content)
    return f"data:{kind};base64,{b64encode(content).decode()}" if kind else ""


@bp.get("/files/<int:file_id>")
def file(number: int, file_id: int) -> ResponseReturnValue:
    """A file to keep, never one to open here."""
    found, content = timeline.file_of(number, file_id, by=current_person())
    kind = picture(found.content_type, content) or "application/octet-stream"
    answer = send_file(
        BytesIO(content), mimetype=kind, as_attachment=True, download_name=filenames.safe(found.filename) or "file"
    )
    answer.headers["Content-Security-Policy"] = FILE_CSP
    return answer
