"""A page's tab says that its ticket is read or written in, and hears who else is there."""

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from marshmallow import fields, validate

from helpdesk.services import presence
from helpdesk.web.context import current_person
from helpdesk.web.desk_forms import Form

bp = Blueprint("presence", __name__, url_prefix="/tickets/<int:number>")


class PresenceForm(Form):
    """Which tab it is, and what is done in it."""

    tab = fields.String(required=True, validate=validate.Regexp(r"[a-z0-9]{1,40}\Z"))
    state = fields.String(required=True, validate=validate.OneOf(list(presence.STATES)))


@bp.post("/presence")
def speak(number: int) -> ResponseReturnValue:
    """Say it, and hear of the others."""
    wanted = PresenceForm().load(request.form)
    people = presence.speak(number, wanted["tab"], wanted["state"], by=current_person())
    return jsonify([[one.state, one.name] for one in people])
