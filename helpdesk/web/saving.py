"""Lists of the queue that somebody keeps under a name."""

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from helpdesk.errors import Conflict
from helpdesk.services import saving
from helpdesk.web.chips import address
from helpdesk.web.context import current_person
from helpdesk.web.desk import refused
from helpdesk.web.desk_forms import LISTED, Form, QueueQuery, SaveForm

bp = Blueprint("saving", __name__, url_prefix="/queue/saved")
bp.register_error_handler(Conflict, refused)


@bp.post("")
def save() -> ResponseReturnValue:
    """Keep the list that was looked at."""
    wanted = SaveForm().load(request.form)
    QueueQuery().load(request.form)
    query = {name: request.form[name] for name in LISTED if request.form.get(name)}
    made = saving.save(name=wanted["name"], query=query, team_id=wanted["team"], by=current_person())
    flash(_("«%(name)s» is kept beside the other views.", name=made.name), "ok")
    return redirect(address(made), 303)


@bp.post("/<int:view_id>/removal")
def remove(view_id: int) -> ResponseReturnValue:
    """Take a kept list away."""
    Form().load(request.form)
    saving.remove(view_id, by=current_person())
    return redirect(url_for("desk.queue"), 303)
