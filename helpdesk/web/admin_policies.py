"""Settings: one policy, when things fall due by it, and what it would have meant. Each save makes a new version."""

from datetime import date, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError

from helpdesk.people.roles import WORKERS, Role, may
from helpdesk.services import previews, rules, simulations, treatments
from helpdesk.services.instant import now
from helpdesk.services.period import MONTH, period
from helpdesk.services.previews import Due
from helpdesk.sla.models import PolicyRow, Simulation
from helpdesk.sla.policy import Policy
from helpdesk.sla.refusal import Refusal
from helpdesk.web import words, zone
from helpdesk.web.admin_forms import attempt, typed
from helpdesk.web.admin_rules import week_in_a_line, weekday_names
from helpdesk.web.context import current_person, language
from helpdesk.web.errors import told
from helpdesk.web.rule_texts import CLOCKS, PRIORITIES, PolicyForm, policy_definition, policy_values
from helpdesk.web.step_texts import MOST

SEVERAL = ("team", "channel", "priority", "pauses")

bp = Blueprint("admin_policies", __name__, url_prefix="/admin/policies")


@bp.get("/new")
def new() -> ResponseReturnValue:
    """The form for a new policy."""
    return _page(None, {"time": "working", "pauses": ["pending", "on_hold"], **_usual_steps()})


def _usual_steps() -> dict[str, Any]:
    shown = policy_values(Policy.from_definition({"name": "-", "targets": {"*": {}}}), None, language())
    return {name: value for name, value in shown.items() if name.rpartition("-")[2].isdecimal()}


@bp.get("/<int:policy_id>")
def show(policy_id: int) -> ResponseReturnValue:
    """One policy as its newest version says, and what falls due when."""
    row = rules.policy(policy_id, current_person())
    newest = row.versions[-1]
    calendar_id = newest.calendar_version.calendar_id if newest.calendar_version else None
    values = policy_values(Policy.from_definition(newest.definition), calendar_id, language())
    try:
        return _page(row, values, due=_due({"calendar": calendar_id}, newest.definition))
    except Refusal as refusal:
        return _page(row, values, {"": told(refusal)})


@bp.post("/new")
def add() -> ResponseReturnValue:
    """Make a policy; it is tried last."""
    return _save(None)


@bp.post("/<int:policy_id>")
def change(policy_id: int) -> ResponseReturnValue:
    """Make a new version of a policy."""
    return _save(rules.policy(policy_id, current_person()))


def _save(row: PolicyRow | None) -> ResponseReturnValue:
    def save(data: dict[str, Any]) -> PolicyRow:
        return rules.save_policy(
            row.id if row else None,
            definition=policy_definition(data),
            calendar_id=data["calendar"],
            by=current_person(),
        )

    saved, wrong = attempt(PolicyForm, save)
    if saved is None:
        return _page(row, typed(*SEVERAL), wrong), 422
    flash(_("Version %(version)s is in force for new tickets.", version=saved.versions[-1].version), "success")
    return redirect(url_for("admin_policies.show", policy_id=saved.id), 303)


@bp.post("/new/due")
def new_due() -> ResponseReturnValue:
    """When things fall due by a policy that is being written."""
    return _draft_due(None)


@bp.post("/<int:policy_id>/due")
def due(policy_id: int) -> ResponseReturnValue:
    """When things would fall due by what the form says."""
    return _draft_due(rules.policy(policy_id, current_person()))


def _draft_due(row: PolicyRow | None) -> ResponseReturnValue:
    found, wrong = attempt(PolicyForm, lambda data: (_due(data, policy_definition(data)),))
    if "HX-Request" in request.headers:
        return render_template(
            "admin/_due.html", due=found and found[0], wrong=wrong, names=weekday_names(), words=words
        )
    return _page(row, typed(*SEVERAL), wrong, due=found and found[0]), 422 if wrong else 200


def _due(data: dict[str, Any], definition: dict[str, Any]) -> Due | None:
    return previews.due_by(
        definition, data["calendar"], look=data.get("look", ""), came=data.get("came"), zone=zone(), by=current_person()
    )


@bp.post("/new/simulate")
def simulate_new() -> ResponseReturnValue:
    """Have it counted what a policy that is being written would mean."""
    return _simulate(None)


@bp.post("/<int:policy_id>/simulate")
def simulate(policy_id: int) -> ResponseReturnValue:
    """Have it counted what the form would mean."""
    return _simulate(rules.policy(policy_id, current_person()))


def _simulate(row: PolicyRow | None) -> ResponseReturnValue:
    def begin(data: dict[str, Any]) -> Simulation:
        first, last = _period(data["first"], data["last"])
        return simulations.simulate_policy(
            row.id if row else None, definition=policy_definition(data), calendar_id=data["calendar"], first=first, last=last,
            by=current_person(),
        )  # fmt: skip

    begun, wrong = attempt(PolicyForm, begin)
    if begun is None:
        return _page(row, typed(*SEVERAL), wrong), 422
    return redirect(url_for("simulations.show", simulation_id=begun.id), 303)


def _period(first: date | None, last: date | None) -> tuple[datetime, datetime]:
    """The days that are asked for; what is wrong with them is told at the first of them."""
    try:
        return period(first, last, zone())
    except ValueError as error:
        raise ValidationError({"first": [str(error)]}) from error


def _page(
    row: PolicyRow | None, values: dict[str, Any], wrong: dict[str, str] | None = None, due: Due | None = None
) -> str:
    by, today = current_person(), now().astimezone(zone()).date()
    return render_template(
        "admin/policy.html",
        row=row,
        values={"first": today - MONTH, "last": today, **values},
        wrong=wrong or {},
        due=due,
        may_save=may(by.role, "administer", by.team_ids),
        underway=treatments.underway(row.id) if row else None,
        priorities=PRIORITIES,
        clocks=CLOCKS,
        steps=range(_rows(values)),
        words=words,
        roles=[role for role in Role if role in WORKERS],
        names=weekday_names(),
        choices=previews.choices(by),
        calendars=[
            (one.id, f"{one.name}, {week_in_a_line(one.versions[-1].definition)}") for one in rules.calendars(by)
        ],
    )


def _rows(values: dict[str, Any]) -> int:
    """As many rows of steps as are filled, and two more."""
    filled = [i for i in range(MOST) if values.get(f"when-{i}")]
    return min(MOST, max(filled, default=-1) + 3)
