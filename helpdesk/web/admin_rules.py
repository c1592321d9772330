"""Settings: calendars and policies. Each save makes a new version; tickets keep the one they came under."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError

from helpdesk.services import rules, simulations, trying
from helpdesk.services.instant import now
from helpdesk.sla import ics
from helpdesk.sla.days import Change, Days, changes, taken_over
from helpdesk.sla.definition import CalendarError
from helpdesk.sla.models import CalendarRow, Simulation
from helpdesk.sla.production import production
from helpdesk.web import condition, words, zone
from helpdesk.web.admin_forms import (
    CalendarForm,
    CountryForm,
    MoveForm,
    SwitchForm,
    TicketForm,
    attempt,
    typed,
    windows,
)  # fmt: skip
from helpdesk.web.context import current_person, language
from helpdesk.web.errors import told
from helpdesk.web.format import WEEKDAYS
from helpdesk.web.rule_texts import CLOCKS, DAYS, calendar_definition, calendar_values

LARGEST_FILE = 500_000
MONTH = timedelta(days=30)
DAY = 24 * 60

bp = Blueprint("admin_rules", __name__, url_prefix="/admin")


@bp.get("/calendars")
def calendars() -> ResponseReturnValue:
    """Every calendar."""
    found = rules.calendars(current_person())
    unknown = {one.id: rules.unknown_years(one.versions[-1].definition, now()) for one in found}
    return render_template("admin/calendars.html", calendars=found, hours=week_in_a_line, unknown=unknown)


def week_in_a_line(definition: dict[str, Any]) -> str:
    """The week in a line: days of the same hours together."""
    names, weekly = weekday_names(), definition.get("weekly", {})
    runs: list[list[Any]] = []
    for i, day in enumerate(DAYS):
        text = ", ".join(f"{opens}–{closes}" for opens, closes in weekly.get(day, []))
        if runs and runs[-1][2] == text and runs[-1][1] == i - 1:
            runs[-1][1] = i
        else:
            runs.append([i, i, text])
    return "; ".join(f"{names[a]}{f'–{names[b]}' if b > a else ''} {text}" for a, b, text in runs if text)


def weekday_names() -> list[str]:
    """Mon to Sun in the reader's language."""
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


@bp.post("/calendars/<int:calendar_id>/simulate")
def simulate_calendar(calendar_id: int) -> ResponseReturnValue:
    """Have it counted what the form would mean for the last 30 days, and for open tickets."""
    row, at = rules.calendar(calendar_id, current_person()), now()

    def begin(data: dict[str, Any]) -> Simulation:
        definition = calendar_definition(data, row.versions[-1].definition)
        return simulations.simulate_calendar(
            row.id, name=data["name"], definition=definition, first=at - MONTH, last=at, by=current_person()
        )

    begun, wrong = attempt(CalendarForm, begin)
    if begun is None:
        return _calendar_form(row, typed(), wrong), 422
    return redirect(url_for("simulations.show", simulation_id=begun.id), 303)


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
        days=list(zip(DAYS, weekday_names(), strict=True)),
        changed=changed,
        doubtful=doubtful,
        years=range(year - 1, year + 3),
        year=year,
        hours_of=_windows,
        bars=_bars,
    )


def _bars(text: str) -> list[tuple[int, int]]:
    """Where the hours of a day begin and how long they are, in minutes, for the picture; none when they cannot be read."""
    try:
        found = [[_minute(at) for at in window] for window in windows(text or "")]
    except ValidationError:
        return []
    return [(opens, (closes if closes > opens else DAY) - opens) for opens, closes in found]


def _minute(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _windows(hours: list[list[str]] | str | None) -> str:
    """What holds on a day, in words."""
    if hours is None:
        return _("as every week")
    if isinstance(hours, str) or not hours:
        return _("day off") + (f": {hours}" if hours else "")
    return ", ".join(f"{opens}–{closes}" for opens, closes in hours)


@bp.get("/policies")
def policies() -> ResponseReturnValue:
    """The list, in the order in which policies are tried, and how a ticket that was asked for fares with them."""
    by, asked = current_person(), request.args.get("ticket", "")
    return render_template(
        "admin/policies.html",
        policies=rules.policies(by),
        gap=rules.without_policy(),
        words=words,
        clocks=CLOCKS,
        said=condition.said,
        missing=condition.missing,
        asked=asked,
        trial=trying.tried(TicketForm().load({"ticket": asked})["ticket"], by=by) if asked else None,
    )


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
