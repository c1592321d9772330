"""The note on a ticket's customer."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import fields, validate

from helpdesk.errors import Conflict
from helpdesk.services import customer_notes
from helpdesk.web.admin_forms import printable
from helpdesk.web.context import current_person
from helpdesk.web.desk_forms import Form
from helpdesk.web.ticket import conflict

bp = Blueprint("customer_notes", __name__, url_prefix="/tickets/<int:number>/customer")
bp.register_error_handler(Conflict, conflict)


class NoteForm(Form):
    """A text; *seen* is the note that stood there before."""

    customer_note = fields.String(load_default="", validate=[validate.Length(max=4000), printable])
    seen_note = fields.Integer(load_default=0, validate=validate.Range(0, 2**62))


@bp.post("/note")
def note(number: int) -> ResponseReturnValue:
    """Write down what colleagues should know of the customer."""
    wanted = NoteForm().load(request.form)
    customer_notes.note(number, wanted["customer_note"], seen=wanted["seen_note"], by=current_person())
    return redirect(url_for("ticket.show", number=number), 303)
