"""Settings: who works when, week by week, and who is away."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from marshmallow import EXCLUDE, Schema, fields

from helpdesk.people.models import Shift
from helpdesk.services import breaks, coverage, patterns, roster, weeks
from helpdesk.services.instant import now
from helpdesk.services.weeks import Week
from helpdesk.web.admin_forms import DAYS, ROW_ID, AbsenceForm, ShiftForm, attempt, typed
from helpdesk.web.context import current_person, language
from helpdesk.web.desk_forms import Form
from helpdesk.web.format import WEEKDAYS
from helpdesk.web.resting import ABSENCES
from helpdesk.web.resting import KINDS as BREAKS
from helpdesk.web.roster_forms import HoursForm, SubstituteForm

bp = Blueprint("admin_shifts", __name__, url_prefix="/admin/shifts")


class WeekQuery(Schema):
    """The address of a week."""

    class Meta:
        unknown = EXCLUDE

    team = fields.Integer(load_default=None, validate=ROW_ID)
    week = fields.Date(load_default=None, validate=DAYS)


@bp.get("")
def show() -> ResponseReturnValue:
    """A team's week: this one, when none is chosen."""
    wanted, teams = WeekQuery().load(request.args), weeks.teams_of(current_person())
    if not teams:
        return render_template("admin/no_teams.html")
    team_id = wanted["team"] or teams[0].id
    zone = next((team.time_zone for team in teams if team.id == team_id), "UTC")
    return _page(team_id, _monday(wanted["week"] or now().astimezone(ZoneInfo(zone)).date()))


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _page(team_id: int, monday: date, wrong: dict[str, str] | None = None, values: dict[str, Any] | None = None) -> str:
    week = weeks.week(team_id, monday, by=current_person())
    return render_template(
        "admin/shifts.html",
        week=week,
        zone_of_team=ZoneInfo(week.team.time_zone),
        teams=weeks.teams_of(current_person()),
        names=WEEKDAYS["ru" if language() == "ru" else "en"],
        today=now().astimezone(ZoneInfo(week.team.time_zone)).date(),
        back=_url(team_id, monday - weeks.WEEK),
        ahead=_url(team_id, monday + weeks.WEEK),
        absences=_absences(week),
        breaks=[rest for rest in breaks.of_teams(current_person(), now()) if rest.person in week.people],
        break_kinds=BREAKS,
        coverage=coverage.of_week(team_id, monday, current_person()),
        last_day=lambda away: away.ends_at - timedelta(microseconds=1),
        kinds=ABSENCES,
        values=values or {},
        wrong=wrong or {},
    )


def _absences(week: Week) -> list[Any]:
    """Each absence of the week once."""
    return list({one.id: one for some in week.absences.values() for one in some}.values())


def _url(team_id: int, monday: date) -> str:
    return url_for("admin_shifts.show", team=team_id, week=monday.isoformat())


@bp.post("/<int:team_id>/<week>")
def add(team_id: int, week: str) -> ResponseReturnValue:
    """Put somebody on duty on the chosen days."""

    def save(data: dict[str, Any]) -> int:
        made = weeks.add_shifts(
            team_id, person_id=data["person"], days=data["days"], starts=data["starts"], ends=data["ends"],
            by=current_person(),
        )  # fmt: skip
        return len(made)

    monday = _monday(_day(week))
    added, wrong = attempt(ShiftForm, save)
    if added is None:
        return _page(team_id, monday, wrong, typed("days")), 422
    flash(ngettext("%(num)s shift added.", "%(num)s shifts added.", added), "success")
    return redirect(_url(team_id, monday), 303)


@bp.post("/<int:team_id>/<week>/copy")
def copy(team_id: int, week: str) -> ResponseReturnValue:
    """Bring last week's shifts into this week."""
    Form().load(request.form)
    monday = _monday(_day(week))
    copied = weeks.copy_week(team_id, monday, by=current_person())
    flash(ngettext("%(num)s shift added.", "%(num)s shifts added.", copied), "success")
    return redirect(_url(team_id, monday), 303)


@bp.post("/<int:team_id>/<week>/fill")
def fill(team_id: int, week: str) -> ResponseReturnValue:
    """Make the shifts of this week from the weekly patterns."""
    Form().load(request.form)
    monday = _monday(_day(week))
    made = patterns.fill(team_id, monday, by=current_person())
    flash(ngettext("%(num)s shift added.", "%(num)s shifts added.", made), "success")
    return redirect(_url(team_id, monday), 303)


@bp.get("/<int:team_id>/<week>/<int:shift_id>")
def shift(team_id: int, week: str, shift_id: int) -> ResponseReturnValue:
    """One shift, to be changed for its day alone."""
    known = roster.shift_for(shift_id, current_person())
    zone = ZoneInfo(known.team.time_zone)
    starts, ends = (at.astimezone(zone).strftime("%H:%M") for at in (known.starts_at, known.ends_at))
    return _shift_page(known, _url(team_id, _monday(_day(week))), {"starts": starts, "ends": ends})


def _shift_page(known: Shift, back: str, values: dict[str, Any], wrong: dict[str, str] | None = None) -> str:
    return render_template(
        "roster/shift.html", shift=known, zone_of_team=ZoneInfo(known.team.time_zone), values=values, back=back, wrong=wrong or {},
    )  # fmt: skip


@bp.post("/<int:team_id>/<week>/<int:shift_id>")
def change(team_id: int, week: str, shift_id: int) -> ResponseReturnValue:
    """Give one shift other hours."""

    def save(data: dict[str, Any]) -> bool:
        weeks.change_shift(shift_id, starts=data["starts"], ends=data["ends"], by=current_person())
        return True

    known, back = roster.shift_for(shift_id, current_person()), _url(team_id, _monday(_day(week)))
    done, wrong = attempt(HoursForm, save)
    if not done:
        return _shift_page(known, back, typed(), wrong), 422
    flash(_("Saved."), "success")
    return redirect(back, 303)


@bp.post("/<int:team_id>/<week>/absences")
def add_absence(team_id: int, week: str) -> ResponseReturnValue:
    """Write down that somebody is away."""

    def save(data: dict[str, Any]) -> bool:
        says = {name: data[name] for name in ("kind", "first", "last")}
        substitute_id = data["substitute"] or None
        weeks.add_absence(data["person"], team_id=team_id, **says, substitute_id=substitute_id, by=current_person())
        return True

    monday = _monday(_day(week))
    done, wrong = attempt(AbsenceForm, save)
    if not done:
        return _page(team_id, monday, wrong, typed()), 422
    flash(_("Saved."), "success")
    return redirect(_url(team_id, monday), 303)


@bp.post("/<int:team_id>/<week>/<int:shift_id>/remove")
def remove(team_id: int, week: str, shift_id: int) -> ResponseReturnValue:
    """Take a shift off the roster."""
    Form().load(request.form)
    roster.remove_shift(shift_id, by=current_person())
    return redirect(_url(team_id, _monday(_day(week))), 303)


@bp.post("/<int:team_id>/<week>/absences/<int:absence_id>/substitute")
def name_substitute(team_id: int, week: str, absence_id: int) -> ResponseReturnValue:
    """Say who stands in for somebody."""
    chosen = SubstituteForm().load(request.form)["substitute"]
    roster.name_substitute(absence_id, substitute_id=chosen or None, by=current_person())
    flash(_("Saved."), "success")
    return redirect(_url(team_id, _monday(_day(week))), 303)


@bp.post("/<int:team_id>/<week>/absences/<int:absence_id>/remove")
def remove_absence(team_id: int, week: str, absence_id: int) -> ResponseReturnValue:
    """Take an absence back."""
    Form().load(request.form)
    roster.remove_absence(absence_id, by=current_person())
    return redirect(_url(team_id, _monday(_day(week))), 303)


def _day(text: str) -> date:
    day: date = WeekQuery().load({"week": text})["week"]
    return day
