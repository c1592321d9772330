"""Links between tickets."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import fields, pre_load, validate

from helpdesk.errors import Conflict
from helpdesk.services import linking
from helpdesk.tickets.linking import KINDS
from helpdesk.web.context import current_person
from helpdesk.web.desk_forms import Form
from helpdesk.web.ticket import conflict

bp = Blueprint("linking", __name__, url_prefix="/tickets/<int:number>/links")
bp.register_error_handler(Conflict, conflict)


class OtherForm(Form):
    """The number of another ticket, as people write it."""

    other = fields.Integer(required=True, validate=validate.Range(1, 2**31 - 1))

    @pre_load
    def _bare(self, data: dict[str, str], **_options: object) -> dict[str, str]:
        return {**{name: data[name] for name in data}, "other": data.get("other", "").strip(" #№\u00a0")}


class LinkForm(OtherForm):
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))


@bp.post("")
def link(number: int) -> ResponseReturnValue:
    """Link it to another one."""
    wanted = LinkForm().load(request.form)
    linking.link(number, wanted["other"], wanted["kind"], by=current_person())
    return redirect(url_for("ticket.show", number=number), 303)


@bp.post("/removal")
def unlink(number: int) -> ResponseReturnValue:
    """Take a link away."""
    linking.unlink(number, OtherForm().load(request.form)["other"], by=current_person())
    return redirect(url_for("ticket.show", number=number), 303)
