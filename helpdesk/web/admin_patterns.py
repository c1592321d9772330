"""Settings: the weekly patterns from which shifts are made."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from helpdesk.people.models import Pattern
from helpdesk.services import patterns, weeks
from helpdesk.services.instant import now
from helpdesk.web.admin_forms import attempt, typed
from helpdesk.web.context import current_person, language
from helpdesk.web.desk_forms import Form
from helpdesk.web.format import WEEKDAYS
from helpdesk.web.roster_forms import NewPatternForm, PatternForm

bp = Blueprint("admin_patterns", __name__, url_prefix="/admin/patterns")


@bp.get("/team/<int:team_id>")
def show(team_id: int) -> ResponseReturnValue:
    """The patterns of a team."""
    return _page(team_id)


@bp.post("/team/<int:team_id>")
def add(team_id: int) -> ResponseReturnValue:
    """A new pattern, with its shifts of the next weeks."""

    def save(data: dict[str, Any]) -> int:
        return patterns.add(team_id, person_id=data.pop("person"), by=current_person(), **_said(data))

    made, wrong = attempt(NewPatternForm, save)
    if made is None:
        return _page(team_id, wrong, typed("weekdays")), 422
    return _saved(team_id, made)


@bp.get("/<int:pattern_id>")
def pattern(pattern_id: int) -> ResponseReturnValue:
    """One pattern."""
    known = patterns.pattern_for(pattern_id, current_person())
    return _form(known, _values(known))


@bp.post("/<int:pattern_id>")
def change(pattern_id: int) -> ResponseReturnValue:
    """Another pattern from now on."""

    def save(data: dict[str, Any]) -> int:
        return patterns.change(pattern_id, by=current_person(), **_said(data))

    known = patterns.pattern_for(pattern_id, current_person())
    made, wrong = attempt(PatternForm, save)
    if made is None:
        return _form(known, typed("weekdays"), wrong), 422
    return _saved(known.team_id, made)


@bp.post("/<int:pattern_id>/remove")
def remove(pattern_id: int) -> ResponseReturnValue:
    """No pattern any more, nor the shifts ahead that were made from it."""
    Form().load(request.form)
    team_id = patterns.pattern_for(pattern_id, current_person()).team_id
    patterns.remove(pattern_id, by=current_person())
    flash(_("The pattern is gone, and the shifts ahead that were made from it."), "success")
    return redirect(url_for(".show", team_id=team_id), 303)


def _said(data: dict[str, Any]) -> dict[str, Any]:
    return {name: data[name] for name in ("weekdays", "starts", "ends", "zone_of", "valid_from", "valid_until")}


def _saved(team_id: int, made: int) -> ResponseReturnValue:
    flash(ngettext("%(num)s shift added.", "%(num)s shifts added.", made), "success")
    return redirect(url_for(".show", team_id=team_id), 303)


def _page(team_id: int, wrong: dict[str, str] | None = None, values: dict[str, Any] | None = None) -> str:
    by = current_person()
    known = patterns.of_team(team_id, by)
    return render_template(
        "roster/patterns.html", patterns=known, team=weeks.team(team_id, by), people=weeks.people(team_id, by),
        teams=weeks.teams_of(by), values=values or {"valid_from": now().date().isoformat()}, ahead=patterns.AHEAD,
        names=_names(), wrong=wrong or {},
    )  # fmt: skip


def _form(known: Pattern, values: dict[str, Any], wrong: dict[str, str] | None = None) -> str:
    return render_template(
        "roster/pattern.html", pattern=known, team=known.team, values=values, names=_names(), wrong=wrong or {}
    )


def _values(known: Pattern) -> dict[str, Any]:
    return {
        "weekdays": [str(day) for day in known.weekdays], "starts": known.starts, "ends": known.ends, "zone_of": known.zone_of,
        "valid_from": known.valid_from.isoformat(), "valid_until": known.valid_until.isoformat() if known.valid_until else "",
    }  # fmt: skip


def _names() -> Any:
    return WEEKDAYS["ru" if language() == "ru" else "en"]
