"""Breaks: going on one and being ready again, from any page."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import fields, validate

from helpdesk.services import breaks
from helpdesk.web.context import current_person
from helpdesk.web.desk_forms import Form
from helpdesk.web.doors import local
from helpdesk.web.resting import USUAL

bp = Blueprint("breaks", __name__, url_prefix="/breaks")
LONGEST = 12 * 60


class BreakForm(Form):
    """Which break, and how long it is meant to be; without that as long as is usual for it."""

    kind = fields.String(load_default="rest", validate=validate.OneOf(breaks.KINDS, error="Choose which break it is."))
    minutes = fields.Integer(
        load_default=None, validate=validate.Range(1, LONGEST, error="Give the length in minutes, 720 at most.")
    )


@bp.post("")
def begin() -> ResponseReturnValue:
    """Go on a break."""
    wanted = BreakForm().load(request.form)
    kind = wanted["kind"]
    breaks.begin(kind, minutes=wanted["minutes"] or USUAL.get(kind), by=current_person())
    return redirect(local(wanted["back"]) or url_for("desk.queue"), 303)


@bp.post("/end")
def end() -> ResponseReturnValue:
    """Be ready again."""
    wanted = Form().load(request.form)
    breaks.end(by=current_person())
    return redirect(local(wanted["back"]) or url_for("desk.queue"), 303)


@bp.post("/of/<int:person_id>/end")
def end_for(person_id: int) -> ResponseReturnValue:
    """End a break that somebody forgot to end."""
    wanted = Form().load(request.form)
    breaks.end_for(person_id, by=current_person())
    return redirect(local(wanted["back"]) or url_for("admin_shifts.show"), 303)
