"""Blacking out what must not be kept."""

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import fields, pre_load, validate

from helpdesk.errors import Conflict
from helpdesk.services import redacting
from helpdesk.web.context import current_person
from helpdesk.web.desk_forms import Form, plain
from helpdesk.web.ticket import conflict

bp = Blueprint("redacting", __name__, url_prefix="/tickets/<int:number>/messages/<int:message_id>")
bp.register_error_handler(Conflict, conflict)


class RedactionForm(Form):
    """Which words, or none for all of them; which files; and why."""

    words = fields.String(load_default="", validate=[validate.Length(max=2000), plain])
    files = fields.List(fields.Integer(validate=validate.Range(1, 2**62)), load_default=list)
    reason = fields.String(load_default="", validate=[validate.Length(max=300), plain])

    @pre_load
    def _several(self, data: Any, **_options: Any) -> dict[str, Any]:
        return {**{name: data[name] for name in data}, "files": data.getlist("files")}


@bp.post("/redaction")
def redact(number: int, message_id: int) -> ResponseReturnValue:
    """Black it out."""
    wanted = RedactionForm().load(request.form)
    redacting.redact(
        number, message_id, words=wanted["words"], files=wanted["files"], reason=wanted["reason"], by=current_person()
    )
    flash(_("It is blacked out; the history says why."), "ok")
    return redirect(url_for("ticket.show", number=number, _anchor=f"m{message_id}"), 303)
