"""What a draft would have meant, and saving it with one of the three treatments."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import EXCLUDE, Schema, fields, validate

from helpdesk.people.roles import may
from helpdesk.services import simulations
from helpdesk.services.simulate import SCOPES
from helpdesk.services.simulations import PAGE
from helpdesk.sla.clock import CLOCKS
from helpdesk.sla.models import TREATMENTS, PolicyVersion
from helpdesk.web import words
from helpdesk.web.admin_forms import attempt
from helpdesk.web.context import current_person
from helpdesk.web.desk_forms import Form

bp = Blueprint("simulations", __name__, url_prefix="/admin/simulations")


class Look(Schema):
    """Which of the clocks that would come out otherwise are listed."""

    class Meta:
        unknown = EXCLUDE

    scope = fields.String(load_default="past", validate=validate.OneOf(SCOPES))
    kind = fields.String(load_default="", validate=validate.OneOf(("", *CLOCKS)))
    after = fields.Integer(load_default=0, validate=validate.Range(0, 2**62))


class SaveForm(Form):
    treatment = fields.String(required=True, validate=validate.OneOf(TREATMENTS))


@bp.get("/<int:simulation_id>")
def show(simulation_id: int) -> ResponseReturnValue:
    """How far it is counted, what came out, and the tickets that would change."""
    by, look = current_person(), Look().load(request.args.to_dict())
    found = simulations.simulation(simulation_id, by)
    rows = simulations.changes(simulation_id, by=by, **look)
    return render_template(
        "simulation/_found.html" if "HX-Request" in request.headers else "simulation/show.html",
        found=found,
        row=found.row,
        look=look,
        rows=rows[:PAGE],
        more=rows[PAGE - 1][0].id if len(rows) > PAGE else None,
        may_save=may(by.role, "administer", by.team_ids),
        words=words,
        verdict=_verdict,
    )


def _verdict(name: str) -> str:
    told = {
        "met": _("in time"), "missed": _("late"), "not_due": _("not due yet"), "waived": _("no answer was needed"),
        "closed_unanswered": _("closed without an answer"), "void": _("does not count"), "none": _("nothing promised"),
    }  # fmt: skip
    return told[name]


@bp.post("/<int:simulation_id>")
def save(simulation_id: int) -> ResponseReturnValue:
    """Save the draft as the next version."""

    SaveForm().load(request.form)

    def act(data: dict[str, Any]) -> Any:
        return simulations.save(simulation_id, treatment=data["treatment"], by=current_person())

    saved, wrong = attempt(SaveForm, act)
    if saved is None:
        flash(next(iter(wrong.values())), "danger")
        return redirect(url_for("simulations.show", simulation_id=simulation_id), 303)
    flash(_("Version %(version)s is in force.", version=saved.version), "success")
    if isinstance(saved, PolicyVersion):
        return redirect(url_for("admin_policies.show", policy_id=saved.policy_id), 303)
    return redirect(url_for("admin_rules.calendars"), 303)
