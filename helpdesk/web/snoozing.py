"""Setting a ticket aside for a while, and bringing it back."""

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import fields, validate

from helpdesk.errors import Conflict
from helpdesk.services import snoozing
from helpdesk.tickets.models import Ticket
from helpdesk.web import tool_words
from helpdesk.web.context import current_person
from helpdesk.web.desk_forms import Act, plain
from helpdesk.web.ticket import conflict

bp = Blueprint("snoozing", __name__, url_prefix="/tickets/<int:number>")
bp.register_error_handler(Conflict, conflict)


class SnoozeForm(Act):
    """Until when: a button's name, or a date and a time."""

    until = fields.String(required=True, validate=validate.OneOf((*snoozing.PRESETS, "at", "no_reply")))
    local = fields.String(load_default="", validate=[validate.Length(max=40), plain])
    reminder = fields.String(load_default="", validate=[validate.Length(max=300), plain])


@bp.post("/snooze")
def snooze(number: int) -> ResponseReturnValue:
    """Set it aside."""
    wanted = SnoozeForm().load(request.form)
    ticket = snoozing.snooze(
        number, wanted["until"], local=wanted["local"], reminder=wanted["reminder"], by=current_person(),
        version=wanted["version"],
    )  # fmt: skip
    assert ticket.wakes_at is not None, "what is set aside comes back"
    flash(_("#%(number)s is set aside until %(time)s; its deadlines go on.", **_told(ticket)), "ok")
    return redirect(url_for("ticket.show", number=number), 303)


def _told(ticket: Ticket) -> dict[str, Any]:
    return {"number": ticket.number, "time": tool_words.at(ticket.wakes_at)}


@bp.post("/waking")
def wake(number: int) -> ResponseReturnValue:
    """Bring it back."""
    wanted = Act().load(request.form)
    snoozing.wake(number, by=current_person(), version=wanted["version"])
    return redirect(url_for("ticket.show", number=number), 303)
