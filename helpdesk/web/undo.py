"""Taking an answer back while it is held."""

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from helpdesk.errors import Conflict
from helpdesk.services import undo
from helpdesk.services.quoting import FORWARDED
from helpdesk.web import talk
from helpdesk.web.context import current_person
from helpdesk.web.desk_forms import Form
from helpdesk.web.ticket import conflict

bp = Blueprint("undo", __name__, url_prefix="/tickets/<int:number>/messages/<int:message_id>")
bp.register_error_handler(Conflict, conflict)


@bp.post("/withdrawal")
def withdraw(number: int, message_id: int) -> ResponseReturnValue:
    """Take it back; the text comes into the composer again, or into the form of what is forwarded."""
    Form().load(request.form)
    message = undo.withdraw(number, message_id, by=current_person())
    if FORWARDED in message.facts:
        flash(_("Nothing was sent; change it and forward it again."), "ok")
        return redirect(talk.anew(message, number), 303)
    flash(_("Nothing was sent; change the answer and send it again."), "ok")
    return redirect(url_for("ticket.show", number=number, again=message_id, _anchor="composer"), 303)
