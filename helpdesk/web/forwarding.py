"""Call-forwarding for the administrator of the telephony: what to set, as a page and as a table."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import fields

from helpdesk.services import forwarding, spreadsheets
from helpdesk.services.forwarding import Redirect
from helpdesk.services.instant import now
from helpdesk.web import zone
from helpdesk.web.admin_forms import ROW_ID
from helpdesk.web.context import current_person
from helpdesk.web.desk_forms import Form
from helpdesk.web.resting import ABSENCES

bp = Blueprint("forwarding", __name__, url_prefix="/admin/forwarding")


class TargetForm(Form):
    """To whom calls go now."""

    to = fields.Integer(required=True, validate=ROW_ID)


@bp.get("")
def show() -> ResponseReturnValue:
    """What is to be set."""
    by, at = current_person(), now()
    listed, targets = forwarding.to_change(by, at), forwarding.targets(by, at)
    return render_template("roster/forwarding.html", listed=listed, targets=targets, kinds=ABSENCES)


@bp.get("/table")
def table() -> ResponseReturnValue:
    """The same as a table for a spreadsheet."""
    head = [_("Person"), _("Their number"), _("Set instead"), _("Number to set"), _("Why"), _("From"), _("To")]
    lines = [head, *(_cells(one) for one in forwarding.to_change(current_person(), now()))]
    headers = {"Content-Disposition": "attachment; filename=forwarding.csv"}
    return Response(spreadsheets.written(lines, ";"), content_type="text/csv; charset=utf-8", headers=headers)


def _cells(one: Redirect) -> list[str]:
    why = str(ABSENCES[one.absence.kind]) if one.absence else _("is back")
    edges = [one.absence.starts_at, one.absence.ends_at] if one.absence else []
    spans = [at.astimezone(zone()).strftime("%Y-%m-%d %H:%M") for at in edges] or ["", ""]
    to = [one.to.name, one.to.forward_number] if one.to else [_("no substitute is named"), ""]
    return [one.person.name, one.now_to.forward_number, *to, why, *spans]


@bp.post("/<int:person_id>")
def set_to(person_id: int) -> ResponseReturnValue:
    """Note that it is set."""
    forwarding.set_to(person_id, to_id=TargetForm().load(request.form)["to"], by=current_person())
    flash(_("Saved."), "success")
    return redirect(url_for(".show"), 303)
