"""Intake: what could not be read, what was refused and why, how the mailboxes do, and what could not be sent."""

import re
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response
from flask_babel import gettext as _
from marshmallow import EXCLUDE, Schema, fields, pre_load, validate

from helpdesk.channels.incoming import Reason
from helpdesk.channels.ledger import Inbox
from helpdesk.channels.mail.limits import Cause
from helpdesk.people.roles import Role
from helpdesk.services import approvals, blocking, inboxes, intake, outbox
from helpdesk.services.inboxes import STATES
from helpdesk.web import words
from helpdesk.web.admin_forms import ROW_ID, attempt, line, typed
from helpdesk.web.context import current_person
from helpdesk.web.desk_forms import Form
from helpdesk.web.doors import local

bp = Blueprint("intake", __name__, url_prefix="/intake")

TABS = ("poison", "refused", "approval", "received", "filed", "dismissed", "blocks", "outbox", "sending")
TYPES = {"mail": ("message/rfc822", "eml"), "calls": ("text/plain", "txt")}
CHAT = ("application/json", "json")


class IntakeQuery(Schema):
    """The address of a page of the ledger or of the outbox."""

    class Meta:
        unknown = EXCLUDE

    tab = fields.String(load_default="", validate=validate.OneOf(["", *TABS]))
    before = fields.Integer(load_default=None, validate=validate.Range(1, 2**62))


class ActForm(Schema):
    """What a button here sends: nothing but where to go back to."""

    csrf_token = fields.String(load_only=True)
    back = fields.String(load_default="")


class BlockForm(Form):
    """Whose mail is refused, where, and why; an empty field says nothing."""

    value = fields.String(required=True, validate=line(400, 1))
    channel = fields.Integer(load_default=None, validate=ROW_ID)
    note = fields.String(load_default="", validate=line(300))

    @pre_load
    def filled(self, data: dict[str, Any], **_more: object) -> dict[str, Any]:
        """Only what was entered."""
        return {name: value for name, value in data.items() if value}


@bp.get("")
def show() -> ResponseReturnValue:
    """One tab of the ledger or the outbox, under the state of the mailboxes."""
    wanted, person = IntakeQuery().load(request.args), current_person()
    tab = wanted["tab"] or _pressing()
    shared = {**_shared(tab), "back_url": url_for("intake.show", tab=tab) if wanted["before"] else ""}
    if tab in STATES:
        page = inboxes.page(tab, by=person, before=wanted["before"])
        return render_template("intake/show.html", lines=page.lines, next_url=_next(tab, page.next), **shared)
    if tab == "approval":
        return render_template("intake/show.html", waiting=approvals.waiting(person), next_url="", **shared)
    if tab == "blocks":
        return _blocks()
    rows, after = inboxes.deliveries(by=person, stuck=tab == "outbox", before=wanted["before"])
    return render_template("intake/show.html", deliveries=rows, next_url=_next(tab, after), **shared)


def _pressing() -> str:
    """The tab where something waits for somebody."""
    counts = inboxes.counts(current_person())
    return next((name for name in (*STATES[:3], "approval", "outbox") if counts[name]), "filed")


def _shared(tab: str) -> dict[str, Any]:
    """What every tab shows."""
    person = current_person()
    return {
        "tab": tab, "counts": inboxes.counts(person), "most": inboxes.MOST, "mailboxes": inboxes.mailboxes(person),
        "reason": reason, "words": words, "tab_name": _tab_name, "tabs": TABS, "result": _result, "seen_at": _seen_at,
    }  # fmt: skip


def _blocks(values: dict[str, str] | None = None, wrong: dict[str, str] | None = None) -> str:
    person = current_person()
    boxes = [(box.id, box.name) for box in blocking.mailboxes(person)]
    where = [("", _("all mailboxes")), *boxes] if person.role == Role.ADMINISTRATOR else boxes
    return render_template(
        "intake/show.html", blocks=blocking.blocks(person), where=where, values=values or {}, wrong=wrong or {},
        next_url="", back_url="", **_shared("blocks"),
    )  # fmt: skip


def _seen_at(row: Inbox) -> datetime:
    """When somebody dismissed it."""
    return datetime.fromisoformat(row.facts["dismissed"]["at"])


def _next(tab: str, after: int | None) -> str:
    return url_for("intake.show", tab=tab, before=after) if after else ""


@bp.get("/<int:inbox_id>/raw")
def raw(inbox_id: int) -> ResponseReturnValue:
    """The contact byte for byte, as a file that no browser opens by itself."""
    row, content = inboxes.raw(inbox_id, by=current_person())
    kind, ending = TYPES.get(row.source, CHAT)
    response = Response(content, mimetype=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="contact-{row.id}.{ending}"'
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@bp.post("/<int:inbox_id>/retry")
def retry(inbox_id: int) -> ResponseReturnValue:
    """Put it back in line."""
    back = ActForm().load(request.form)["back"]
    intake.retry(inbox_id, by=current_person())
    flash(_("It is in line again and will be filed in a moment."), "success")
    return _back(back)


@bp.post("/<int:inbox_id>/file")
def file(inbox_id: int) -> ResponseReturnValue:
    """Have it filed as a ticket whatever the rule says."""
    back = ActForm().load(request.form)["back"]
    intake.file_as_ticket(inbox_id, by=current_person())
    flash(_("It will be filed as a ticket in a moment."), "success")
    return _back(back)


@bp.post("/<int:inbox_id>/dismiss")
def dismiss(inbox_id: int) -> ResponseReturnValue:
    """Mark it as seen."""
    back = ActForm().load(request.form)["back"]
    intake.dismiss(inbox_id, by=current_person())
    flash(_("It counts no more; you find it under Dismissed."), "success")
    return _back(back)


@bp.post("/blocks")
def block() -> ResponseReturnValue:
    """Refuse mail from an address or a domain."""
    made, wrong = attempt(
        BlockForm,
        lambda data: blocking.block(data["value"], channel_id=data["channel"], note=data["note"], by=current_person()),
    )
    if made is None:
        return _blocks(typed(), wrong), 422
    flash(_("Mail from %(sender)s is refused from now on.", sender=made.value), "success")
    return redirect(url_for("intake.show", tab="blocks"), 303)


@bp.post("/blocks/<int:block_id>/removal")
def unblock(block_id: int) -> ResponseReturnValue:
    """Let mail from there in again."""
    ActForm().load(request.form)
    sender = blocking.unblock(block_id, by=current_person())
    flash(_("Mail from %(sender)s is let in again.", sender=sender), "success")
    return redirect(url_for("intake.show", tab="blocks"), 303)


@bp.post("/deliveries/<int:delivery_id>/again")
def send_again(delivery_id: int) -> ResponseReturnValue:
    """Send once more what failed or is unknown."""
    back = ActForm().load(request.form)["back"]
    outbox.send_again(delivery_id, by=current_person())
    flash(_("It is on its way again."), "success")
    return _back(back)


@bp.post("/deliveries/<int:delivery_id>/drop")
def drop(delivery_id: int) -> ResponseReturnValue:
    """Give it up."""
    back = ActForm().load(request.form)["back"]
    outbox.drop(delivery_id, by=current_person())
    flash(_("It is given up; its ticket says so."), "success")
    return _back(back)


def _back(to: str) -> ResponseReturnValue:
    return redirect(local(to) or url_for("intake.show"), 303)


def _tab_name(tab: str) -> str:
    return {
        "poison": _("Can't be read"),
        "refused": _("Refused"),
        "approval": _("Waiting for approval"),
        "received": _("Waiting to be filed"),
        "filed": _("Filed"),
        "dismissed": _("Dismissed"),
        "blocks": _("Blocked senders"),
        "outbox": _("Not delivered"),
        "sending": _("On its way out"),
    }[tab]


def reason(row: Inbox) -> str:
    """Why it was refused or can't be read, in words."""
    state = row.facts["dismissed"]["was"] if row.state == "dismissed" else row.state
    if state == "refused":
        return _refusal(row.reason)
    if state == "poison" and "withheld" in row.facts:
        return _(
            "The mail server did not hand it out, asked three times (UID %(uid)s). Look at it there; moved to another "
            "folder and back it is fetched anew.",
            uid=row.facts["withheld"],
        )
    if state == "poison":
        return next(
            (text for cause, text in _causes().items() if cause in row.reason), _("It can't be read: ") + row.reason
        )
    return ""


def _refusal(text: str) -> str:
    """What rule refused it; its reason is stored as a word."""
    found = next((name for name in re.findall(r"[a-z]+", text.lower()) if name in Reason._value2member_map_), "")
    return {
        "automatic": _("An automatic message: a holiday notice, a newsletter or a robot."),
        "bounce": _("A report that mail was not delivered; no message of ours fits it."),
        "empty": _("There is nothing in it: no text and no file."),
        "loop": _("Too many messages from this sender within a short time."),
        "own": _("Our own mail that came back."),
        "spam": _("The mail server marked it as spam."),
        "drop": _("Not a message: a notice of the channel itself."),
        "duplicate": _("The same message is here already."),
        "copy": _("It came to another of our mailboxes as well, and is filed there."),
        "blocked": _("The sender is blocked."),
        "outsider": _("A colleague who does not work with the ticket that this answers."),
    }.get(found, text)


def _causes() -> dict[str, str]:
    return {
        Cause.SIZE: _("Larger than 25 MB."),
        Cause.HEADERS: _("Its header is larger than 64 KB."),
        Cause.PARTS: _("It has more than 500 parts."),
        Cause.DEPTH: _("Its parts are nested more than 50 deep."),
        Cause.BROKEN: _("It is so broken that no part can be told from another."),
        Cause.SECONDS: _("It takes longer to read than HELPDESK_READ_SECONDS allows; such a mail may be made to harm."),
        Cause.PATIENCE: _("It was still not read after 30 seconds."),
        Cause.MEMORY: _("It takes more than 300 MB of memory to read; such a mail may be made to harm."),
        Cause.DIED: _("Reading it ended the program that reads mails, twice."),
        "three times": _("Filing it ended the program three times."),
        ": empty": _("It is empty: not a single byte."),
    }


def _result(state: str) -> str:
    """What the state of a delivery means and asks for."""
    return {
        "failed": _("not delivered"),
        "unknown": _("it is not known whether it arrived"),
        "waiting": _("waits for its turn"),
        "sending": _("is being sent"),
    }[state]
