"""Settings: calendars and policies. Each save makes a new version; tickets keep the one they came under."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from helpdesk.services import administration, rules
from helpdesk.services.instant import now
from helpdesk.sla import ics
from helpdesk.sla.calendar import Calendar
from helpdesk.sla.days import Change, Days, changes, taken_over
from helpdesk.sla.definition import CalendarError
from helpdesk.sla.models import CalendarRow, PolicyRow
from helpdesk.sla.policy import Policy
from helpdesk.sla.production import production
from helpdesk.web import words, zone
from helpdesk.web.admin_forms import CalendarForm, CountryForm, MoveForm, SwitchForm, attempt, typed
from helpdesk.web.context import current_person, language
from helpdesk.web.errors import told
from helpdesk.web.format import WEEKDAYS, duration
from helpdesk.web.rule_texts import (
    CLOCKS,
    DAYS,
    PRIORITIES,
    PolicyForm,
    calendar_definition,
    calendar_values,
    policy_definition,
    policy_values,
)

LARGEST_FILE = 500_000

bp = Blueprint("admin_rules", __name__, url_prefix="/admin")


@bp.get("/calendars")
def calendars() -> ResponseReturnValue:
    """Every calendar."""
    found = rules.calendars(current_person())
    unknown = {one.id: rules.unknown_years(one.versions[-1].definition, now()) for one in found}
    return render_template("admin/calendars.html", calendars=found, hours=_hours, unknown=unknown)


def _hours(definition: dict[str, Any]) -> str:
    """The week in a line: days of the same hours together."""
    names, weekly = _names(), definition.get("weekly", {})
    runs: list[list[Any]] = []
    for i, day in enumerate(DAYS):
        text = ", ".join(f"{opens}–{closes}" for opens, closes in weekly.get(day, []))
        if runs and runs[-1][2] == text and runs[-1][1] == i - 1:
            runs[-1][1] = i
        else:
            runs.append([i, i, text])
    return "; ".join(f"{names[a]}{f'–{names[b]}' if b > a else ''} {text}" for a, b, text in runs if text)


def _names() -> list[str]:
    return WEEKDAYS["ru" if language() == "ru" else "en"]


@bp.get("/calendars/new")
def new_calendar() -> ResponseReturnValue:
    """The form for a new calendar."""
    office = dict.fromkeys(DAYS[:5], "09:00-18:00")
    return _calendar_form(None, {"tz": str(zone()), **office})


@bp.get("/calendars/<int:calendar_id>")
def calendar(calendar_id: int) -> ResponseReturnValue:
    """One calendar as its newest version says, or as it would be with the days of a country."""
    row = rules.calendar(calendar_id, current_person())
    definition = row.versions[-1].definition
    wanted = {name: request.args[name] for name in ("country", "year") if name in request.args}
    if not wanted:
        return _calendar_form(row, calendar_values(row.name, definition))
    asked = CountryForm().load(wanted)
    return _with_days(row, production(asked["country"], [asked["year"]], definition["weekly"]))


@bp.route("/calendars/<int:calendar_id>/days", methods=("GET", "POST"))
def days(calendar_id: int) -> ResponseReturnValue:
    """The same with the days of a calendar file; nothing is kept before it is saved."""
    if request.method == "GET":
        return redirect(url_for("admin_rules.calendar", calendar_id=calendar_id))
    row, file = rules.calendar(calendar_id, current_person()), request.files.get("file")
    raw = file.read(LARGEST_FILE + 1) if file else b""
    this_year = now().year
    try:
        if len(raw) > LARGEST_FILE:
            raise CalendarError("The file is larger than half a megabyte; choose one with holidays only.")
        return _with_days(row, ics.read(raw, [this_year, this_year + 1]))
    except CalendarError as error:
        definition = row.versions[-1].definition
        return _calendar_form(row, calendar_values(row.name, definition), {"file": told(error)}), 422


def _with_days(row: CalendarRow, found: Days) -> str:
    before = row.versions[-1].definition
    after = taken_over(before, found)
    return _calendar_form(
        row, calendar_values(row.name, after), changed=list(changes(before, after)), doubtful=found.doubtful
    )


@bp.post("/calendars/new")
def add_calendar() -> ResponseReturnValue:
    """Make a calendar."""
    return _save_calendar(None)


@bp.post("/calendars/<int:calendar_id>")
def change_calendar(calendar_id: int) -> ResponseReturnValue:
    """Make a new version of a calendar."""
    return _save_calendar(rules.calendar(calendar_id, current_person()))


def _save_calendar(row: CalendarRow | None) -> ResponseReturnValue:
    def save(data: dict[str, Any]) -> CalendarRow:
        definition = calendar_definition(data, row.versions[-1].definition if row else {})
        return rules.save_calendar(
            row.id if row else None, name=data["name"], definition=definition, by=current_person()
        )

    saved, wrong = attempt(CalendarForm, save)
    if saved is None:
        return _calendar_form(row, typed(), wrong), 422
    flash(_("Version %(version)s is in force.", version=saved.versions[-1].version), "success")
    return redirect(url_for("admin_rules.calendars"), 303)


def _calendar_form(
    row: CalendarRow | None, values: dict[str, Any], wrong: dict[str, str] | None = None,
    changed: list[Change] | None = None, doubtful: tuple[int, ...] = (),
) -> str:  # fmt: skip
    """The form; *changed* are the days that saving would change, None when none were taken over."""
    year = now().year
    return render_template(
        "admin/calendar.html",
        row=row,
        values=values,
        wrong=wrong or {},
        days=list(zip(DAYS, _names(), strict=True)),
        changed=changed,
        doubtful=doubtful,
        years=range(year - 1, year + 3),
        year=year,
        hours_of=_windows,
    )


def _windows(hours: list[list[str]] | str | None) -> str:
    """What holds on a day, in words."""
    if hours is None:
        return _("as every week")
    if isinstance(hours, str) or not hours:
        return _("day off") + (f": {hours}" if hours else "")
    return ", ".join(f"{opens}–{closes}" for opens, closes in hours)


@bp.get("/policies")
def policies() -> ResponseReturnValue:
    """The list, in the order in which policies are tried."""
    return render_template(
        "admin/policies.html",
        policies=rules.policies(current_person()),
        gap=rules.without_policy(),
        words=words,
        clocks=CLOCKS,
        said=_said,
    )


def _said(when: dict[str, Any]) -> str:
    """The conditions of a policy in words."""
    names = {
        "team": _("team"), "channel": _("channel"), "priority": _("priority"), "tag": _("customer's tag"),
        "reason": _("reason"),
    }  # fmt: skip
    shown = {"channel": words.channel, "priority": words.priority}
    parts = [
        f"{names[name]}: {', '.join(shown.get(name, str)(value) for value in values)}" for name, values in when.items()
    ]
    return "; ".join(parts) or _("every ticket")


@bp.get("/policies/new")
def new_policy() -> ResponseReturnValue:
    """The form for a new policy."""
    return _policy_form(None, {"time": "working", "pauses": ["pending", "on_hold"]})


@bp.get("/policies/<int:policy_id>")
def policy(policy_id: int) -> ResponseReturnValue:
    """One policy as its newest version says, and what falls due when."""
    row = rules.policy(policy_id, current_person())
    newest = row.versions[-1]
    calendar_id = newest.calendar_version.calendar_id if newest.calendar_version else None
    return _policy_form(row, policy_values(Policy.from_definition(newest.definition), calendar_id, language()))


@bp.post("/policies/new")
def add_policy() -> ResponseReturnValue:
    """Make a policy; it is tried last."""
    return _save_policy(None)


@bp.post("/policies/<int:policy_id>")
def change_policy(policy_id: int) -> ResponseReturnValue:
    """Make a new version of a policy."""
    return _save_policy(rules.policy(policy_id, current_person()))


def _save_policy(row: PolicyRow | None) -> ResponseReturnValue:
    def save(data: dict[str, Any]) -> PolicyRow:
        definition = policy_definition(data, row.versions[-1].definition if row else {})
        return rules.save_policy(
            row.id if row else None, definition=definition, calendar_id=data["calendar"], by=current_person()
        )

    saved, wrong = attempt(PolicyForm, save)
    if saved is None:
        return _policy_form(row, typed("team", "channel", "priority", "pauses"), wrong), 422
    flash(_("Version %(version)s is in force for new tickets.", version=saved.versions[-1].version), "success")
    return redirect(url_for("admin_rules.policy", policy_id=saved.id), 303)


def _policy_form(row: PolicyRow | None, values: dict[str, Any], wrong: dict[str, str] | None = None) -> str:
    by = current_person()
    return render_template(
        "admin/policy.html",
        row=row,
        values=values,
        wrong=wrong or {},
        priorities=PRIORITIES,
        clocks=CLOCKS,
        words=words,
        names=_names(),
        teams=[team.name for team in administration.teams(by)],
        calendars=[(one.id, f"{one.name}, {_hours(one.versions[-1].definition)}") for one in rules.calendars(by)],
        **_due(row),
    )


def _due(row: PolicyRow | None) -> dict[str, Any]:
    """When samples fall due by the version in force: first of all what the reader asked for."""
    if row is None:
        return {"samples": []}
    newest = row.versions[-1]
    read = Policy.from_definition(newest.definition)
    definition = newest.calendar_version.definition if newest.calendar_version else None
    counted = read.calendar_for("normal", Calendar.from_definition(definition))
    here = ZoneInfo(definition["tz"]) if definition else zone()
    target = next((value for value in read.targets_for("normal").values() if value), None)
    if target is None:
        return {"samples": []}
    asked = _asked(here)
    found = rules.samples(counted, timedelta(seconds=target), here, asked)
    return {
        "samples": found, "asked": asked, "zone_of_rules": here, "target": duration(target, language()),
    }  # fmt: skip


def _asked(here: Any) -> datetime | None:
    try:
        came = datetime.fromisoformat(request.args.get("came", ""))
    except ValueError:
        return None
    return came if came.tzinfo else came.replace(tzinfo=here)


@bp.post("/policies/<int:policy_id>/move")
def move(policy_id: int) -> ResponseReturnValue:
    """Try it one place earlier or later."""
    rules.move(policy_id, up=MoveForm().load(request.form)["up"], by=current_person())
    return redirect(url_for("admin_rules.policies"), 303)


@bp.post("/policies/<int:policy_id>/active")
def switch(policy_id: int) -> ResponseReturnValue:
    """Let new tickets get it, or no more."""
    rules.switch(policy_id, active=SwitchForm().load(request.form)["active"], by=current_person())
    return redirect(url_for("admin_rules.policies"), 303)
