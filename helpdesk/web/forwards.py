"""Forwarding a message of a ticket to somebody outside of its talk."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, Schema, fields, pre_load, validate

from helpdesk.errors import Conflict
from helpdesk.services import drafts, forwards, undo
from helpdesk.services.quoting import FORWARDED
from helpdesk.services.recipients import Misaddressed
from helpdesk.tickets.models import Message
from helpdesk.web.context import current_person
from helpdesk.web.desk_forms import LONGEST, LONGEST_LIST, Form
from helpdesk.web.errors import told

bp = Blueprint("forwards", __name__, url_prefix="/tickets/<int:number>/forward")
ROW = validate.Range(1, 2**62)


class ForwardQuery(Schema):
    """The address of the page: which *message*, the customer's last when it is not said; *again* is what was taken back."""

    class Meta:
        unknown = EXCLUDE

    message = fields.Integer(load_default=None, validate=ROW)
    again = fields.Integer(load_default=None, validate=ROW)


class ForwardForm(Form):
    """What is forwarded to whom. *then* is "hold" when the ticket waits for them, *seen* the last message on the page."""

    message = fields.Integer(required=True, validate=ROW)
    seen = fields.Integer(load_default=0, validate=validate.Range(0, 2**62))
    to = fields.String(load_default="", validate=validate.Length(max=LONGEST_LIST))
    text = fields.String(load_default="", validate=validate.Length(max=LONGEST))
    files = fields.List(fields.Integer(validate=ROW), load_default=list)
    then = fields.String(load_default="", validate=validate.OneOf(("", "hold")))

    @pre_load
    def _several(self, data: Any, **_options: Any) -> dict[str, Any]:
        return {**{name: data[name] for name in data}, "files": data.getlist("files")}


@bp.get("")
def show(number: int) -> ResponseReturnValue:
    """The message as it would go, and where to."""
    wanted = ForwardQuery().load(request.args)
    message = forwards.source(number, wanted["message"], by=current_person())
    before = undo.kept_draft(number, wanted["again"], by=current_person()) if wanted["again"] else None
    if before is None:
        files = [file.id for file in message.attachments if not file.inline]
        return _page(message, {"to": "", "text": "", "files": files})
    files = before.facts.get(FORWARDED, {}).get("files", [])
    return _page(message, {"to": drafts.way_of(before).get("to", ""), "text": before.text, "files": files})


@bp.post("")
def forward(number: int) -> ResponseReturnValue:
    """Send it; while it is held it can be taken back."""
    wanted, by = ForwardForm().load(request.form), current_person()
    try:
        message = forwards.forward(
            number, wanted["message"], to=wanted["to"], text=wanted["text"], files=wanted["files"],
            hold=wanted["then"] == "hold", seen=wanted["seen"], by=by,
        )  # fmt: skip
    except Conflict as error:
        status = 422 if isinstance(error, Misaddressed) else 409
        return _page(forwards.source(number, wanted["message"], by=by), wanted, error), status
    return redirect(url_for("ticket.show", number=number, _anchor=f"m{message.id}"), 303)


def _page(message: Message, sent: dict[str, Any], error: Conflict | None = None) -> str:
    wrong, said = isinstance(error, Misaddressed), told(error) if error else ""
    return render_template(
        "ticket/forward.html", ticket=message.ticket, m=message, sent=sent, seen=forwards.last_said(message.ticket),
        files=[file for file in message.attachments if file.erased_at is None],
        wrong=said if wrong else "", refusal="" if wrong else said,
    )  # fmt: skip
