"""Settings: the people who work here and their teams."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from helpdesk.people.models import Person, Team
from helpdesk.people.roles import Role
from helpdesk.services import administration
from helpdesk.web import words
from helpdesk.web.admin_forms import PersonForm, SwitchForm, TeamForm, attempt, typed
from helpdesk.web.context import current_person
from helpdesk.web.desk_forms import Form

bp = Blueprint("admin", __name__, url_prefix="/admin")


@bp.get("")
def show() -> ResponseReturnValue:
    """The settings begin with people."""
    return redirect(url_for("admin.people"))


@bp.get("/people")
def people() -> ResponseReturnValue:
    """Everybody who works here."""
    return render_template("admin/people.html", staff=administration.staff(current_person()), roles=words.ROLES)


@bp.get("/people/new")
def new_person() -> ResponseReturnValue:
    """The form for somebody new."""
    return _person_form(None, {"role": Role.AGENT, "locale": "", "teams": []})


@bp.post("/people/new")
def add_person() -> ResponseReturnValue:
    """Let somebody in: the page that follows has their sign-in link."""
    made, wrong = attempt(PersonForm, lambda data: administration.add_person(**_fields(data), by=current_person()))
    if made is None:
        return _person_form(None, typed("teams", "languages"), wrong), 422
    flash(_("%(name)s is added. Make a sign-in link for them.", name=made.name), "success")
    return redirect(url_for("admin.person", person_id=made.id), 303)


@bp.get("/people/<int:person_id>")
def person(person_id: int) -> ResponseReturnValue:
    """One person: what is known, and what may be done."""
    known = administration.person(person_id, current_person())
    return _person_form(known, _values(known))


@bp.post("/people/<int:person_id>")
def change_person(person_id: int) -> ResponseReturnValue:
    """Change one person."""

    def change(data: dict[str, Any]) -> bool:
        administration.change_person(person_id, **_fields(data), by=current_person())
        return True

    done, wrong = attempt(PersonForm, change)
    if not done:
        return _person_form(administration.person(person_id, current_person()), typed("teams", "languages"), wrong), 422
    flash(_("Saved."), "success")
    return redirect(url_for("admin.people"), 303)


def _fields(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in Form().fields}


def _values(known: Person) -> dict[str, Any]:
    mail = known.contact("email")
    return {
        "name": known.name, "login": known.login, "role": known.role, "locale": known.locale,
        "time_zone": known.time_zone or "", "email": mail.shown if mail else "",
        "teams": [str(team) for team in known.team_ids], "languages": known.languages,
        "skills": ", ".join(known.skills),
    }  # fmt: skip


def _person_form(
    known: Person | None, values: dict[str, Any], wrong: dict[str, str] | None = None, link: str = ""
) -> str:
    teams = [team for team in administration.teams(current_person()) if team.active]
    return render_template(
        "admin/person.html", known=known, values=values, wrong=wrong or {}, link=link, roles=words.ROLES, teams=teams
    )


@bp.post("/people/<int:person_id>/active")
def switch_person(person_id: int) -> ResponseReturnValue:
    """Let somebody in again, or no more."""
    active = SwitchForm().load(request.form)["active"]
    administration.switch_person(person_id, active=active, by=current_person())
    flash(_("Switched on.") if active else _("Switched off; their sessions have ended."), "success")
    return redirect(url_for("admin.people"), 303)


@bp.post("/people/<int:person_id>/link")
def link(person_id: int) -> ResponseReturnValue:
    """Make a sign-in link and show it this once: it is in this answer and nowhere else."""
    Form().load(request.form)
    made = administration.link_for(person_id, by=current_person())
    known = administration.person(person_id, current_person())
    return _person_form(known, _values(known), link=made)


@bp.post("/people/<int:person_id>/sessions/end")
def end_sessions(person_id: int) -> ResponseReturnValue:
    """Sign somebody out everywhere."""
    Form().load(request.form)
    administration.end_sessions(person_id, by=current_person())
    flash(_("All their sessions have ended."), "success")
    return redirect(url_for("admin.person", person_id=person_id), 303)


@bp.get("/teams")
def teams() -> ResponseReturnValue:
    """Every team."""
    return render_template("admin/teams.html", teams=administration.teams(current_person()))


@bp.get("/teams/new")
def new_team() -> ResponseReturnValue:
    """The form for a new team."""
    return _team_form(
        None, {"time_zone": "Asia/Almaty", "active": "1", "sheet_minutes": 30, "answer_minutes": 10, "most_asked": 3}
    )


@bp.get("/teams/<int:team_id>")
def team(team_id: int) -> ResponseReturnValue:
    """One team."""
    known = _team(team_id)
    return _team_form(known, {name: getattr(known, name) for name in TeamForm().fields if name not in Form().fields})


def _team(team_id: int) -> Team:
    return administration.team(team_id, current_person())


@bp.post("/teams/new")
def add_team() -> ResponseReturnValue:
    """Make a team."""
    return _save_team(None)


@bp.post("/teams/<int:team_id>")
def change_team(team_id: int) -> ResponseReturnValue:
    """Change a team."""
    return _save_team(team_id)


def _save_team(team_id: int | None) -> ResponseReturnValue:
    def save(data: dict[str, Any]) -> Team:
        return administration.save_team(team_id, **_fields(data), by=current_person())

    saved, wrong = attempt(TeamForm, save)
    if saved is None:
        return _team_form(_team(team_id) if team_id else None, typed(), wrong), 422
    flash(_("Saved."), "success")
    return redirect(url_for("admin.teams"), 303)


def _team_form(known: Team | None, values: dict[str, Any], wrong: dict[str, str] | None = None) -> str:
    return render_template("admin/team.html", known=known, values=values, wrong=wrong or {})
