"""Answers that are said later: sending one at once, or not at all."""

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from helpdesk.errors import Conflict
from helpdesk.services import scheduling
from helpdesk.web.context import current_person
from helpdesk.web.desk_forms import Form
from helpdesk.web.ticket import conflict

bp = Blueprint("scheduled", __name__, url_prefix="/tickets/<int:number>/messages/<int:message_id>/schedule")
bp.register_error_handler(Conflict, conflict)


@bp.post("/now")
def say(number: int, message_id: int) -> ResponseReturnValue:
    """Send it now."""
    Form().load(request.form)
    scheduling.say_now(number, message_id, by=current_person())
    flash(_("The reply is on its way."), "ok")
    return redirect(url_for("ticket.show", number=number, _anchor=f"m{message_id}"), 303)


@bp.post("/cancellation")
def cancel(number: int, message_id: int) -> ResponseReturnValue:
    """Do not send it; its writer may change it."""
    Form().load(request.form)
    scheduling.cancel(number, message_id, by=current_person())
    flash(_("Nothing was sent; change the answer and send it again."), "ok")
    return redirect(url_for("ticket.show", number=number, again=message_id, _anchor="composer"), 303)
