"""Settings: to whom tickets are given, by the team and by the person."""

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from helpdesk.services import dealing, taking
from helpdesk.web.admin_forms import DealForm, FitForm, RuleForm, sent
from helpdesk.web.context import current_person

bp = Blueprint("giving", __name__, url_prefix="/admin")


@bp.post("/teams/<int:team_id>/giving")
def rule(team_id: int) -> ResponseReturnValue:
    """Which tags of a team ask for a skill, how many tickets one person holds, and for how long they may lie still."""
    wanted = RuleForm().load(request.form)
    taking.rule(
        team_id, skill_tags=_names(wanted["skill_tags"]), most_open=wanted["most_open"],
        idle_minutes=wanted["idle_minutes"], by=current_person(),
    )  # fmt: skip
    flash(_("Saved."), "success")
    return redirect(url_for("admin.team", team_id=team_id), 303)


@bp.post("/teams/<int:team_id>/dealing")
def deal(team_id: int) -> ResponseReturnValue:
    """How a team's tickets get their owners."""
    wanted = DealForm().load(request.form)
    dealing.rule(
        team_id, **{name: wanted[name] for name in ("way", "by_fit", "to_last", "limits")}, by=current_person()
    )
    flash(_("Saved."), "success")
    return redirect(url_for("admin.team", team_id=team_id), 303)


@bp.post("/people/<int:person_id>/giving")
def fit(person_id: int) -> ResponseReturnValue:
    """Which languages and skills a person has."""
    wanted = FitForm().load(sent(FitForm))
    taking.fit(
        person_id, languages=wanted["languages"], skills=_names(wanted["skills"]), by=current_person()
    )  # fmt: skip
    flash(_("Saved."), "success")
    return redirect(url_for("admin.person", person_id=person_id), 303)


def _names(text: str) -> list[str]:
    """What was written with commas between."""
    return [name.strip()[:60] for name in text.split(",") if name.strip()]
