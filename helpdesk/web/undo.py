"""Taking an answer back while it is held."""

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from helpdesk.errors import Conflict
from helpdesk.services import undo
from helpdesk.web.context import current_person
from helpdesk.web.desk_forms import Form
from helpdesk.web.ticket import conflict

bp = Blueprint("undo", __name__, url_prefix="/tickets/<int:number>/messages/<int:message_id>")
bp.register_error_handler(Conflict, conflict)


@bp.post("/withdrawal")
def withdraw(number: int, message_id: int) -> ResponseReturnValue:
    """Take it back; the text comes into the composer again."""
    Form().load(request.form)
    undo.withdraw(number, message_id, by=current_person())
    flash(_("Nothing was sent; change the answer and send it again."), "ok")
    return redirect(url_for("ticket.show", number=number, again=message_id, _anchor="composer"), 303)
