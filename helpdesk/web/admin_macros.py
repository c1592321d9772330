"""Settings: macros and snippets, kept by those who lead a team."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError, fields, pre_load, validate, validates_schema

from helpdesk.orm import Json
from helpdesk.services import macro_keeping, reasons, snoozing
from helpdesk.services.identity import IN_MACRO
from helpdesk.services.instant import now
from helpdesk.tickets.macros import OWNERS, STATUSES, Macro
from helpdesk.tickets.models import Priority
from helpdesk.web import words
from helpdesk.web.admin_forms import ROW_ID, attempt, line, printable, typed
from helpdesk.web.context import current_person
from helpdesk.web.desk_forms import Form
from helpdesk.web.sending_forms import placeholders

bp = Blueprint("admin_macros", __name__, url_prefix="/admin/macros")
ACTIONS = ("status", "priority", "tags", "owner", "reason", "snooze")
TOO_LONG = "This is too long."


class MacroForm(Form):
    kind = fields.String(required=True, validate=validate.OneOf(("macro", "snippet")))
    name = fields.String(required=True, validate=line(200, 1))
    language = fields.String(load_default="", validate=validate.OneOf(("", "ru", "kk", "en")))
    body = fields.String(
        load_default="", validate=[validate.Length(max=20_000, error=TOO_LONG), printable, placeholders(IN_MACRO)]
    )
    status = fields.String(load_default="", validate=validate.OneOf(("", *STATUSES)))
    priority = fields.String(load_default="", validate=validate.OneOf(("", *Priority)))
    tags = fields.String(load_default="", validate=line(300))
    owner = fields.String(load_default="", validate=validate.OneOf(("", *OWNERS)))
    reason = fields.Integer(load_default=None, validate=ROW_ID)
    snooze = fields.String(load_default="", validate=validate.OneOf(("", *snoozing.PRESETS)))
    replies = fields.Boolean(load_default=False)
    team = fields.Integer(load_default=None, validate=ROW_ID)
    review_on = fields.Date(load_default=None)
    active = fields.Boolean(load_default=False)

    @pre_load
    def _filled(self, data: dict[str, Any], **_options: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if value}

    @validates_schema
    def _whole(self, data: dict[str, Any], **_options: Any) -> None:
        if not data["body"].strip() and (data["kind"] == "snippet" or data["replies"]):
            raise ValidationError("Write the words first.", "body")


@bp.get("")
def show() -> ResponseReturnValue:
    """All of them."""
    return render_template("admin/macros.html", kept=macro_keeping.kept(current_person()), today=now().date())


@bp.get("/new")
def new() -> ResponseReturnValue:
    """The form for another one."""
    return _form(None, {"kind": "macro", "active": "1"})


@bp.get("/<int:macro_id>")
def macro(macro_id: int) -> ResponseReturnValue:
    """One of them."""
    known = macro_keeping.macro(macro_id, by=current_person())
    return _form(known, _values(known))


@bp.post("/new")
def add() -> ResponseReturnValue:
    """Keep another one."""
    return _save(None)


@bp.post("/<int:macro_id>")
def change(macro_id: int) -> ResponseReturnValue:
    """Change one."""
    return _save(macro_keeping.macro(macro_id, by=current_person()))


def _save(known: Macro | None) -> ResponseReturnValue:
    def keep(data: dict[str, Any]) -> Macro:
        return macro_keeping.keep(known.id if known else None, **_fields(data), by=current_person())

    done, wrong = attempt(MacroForm, keep)
    if not done:
        return _form(known, typed(), wrong), 422
    flash(_("Saved."), "success")
    return redirect(url_for("admin_macros.show"), 303)


def _fields(data: dict[str, Any]) -> dict[str, Any]:
    tags = [tag.strip()[:60] for tag in data["tags"].split(",") if tag.strip()]
    does: Json = {name: data[name] for name in ACTIONS if name != "tags" and data[name]}
    kept = {name: data[name] for name in ("kind", "name", "language", "replies", "review_on", "active")}
    if data["kind"] == "snippet":
        return {**kept, "body": data["body"], "team_id": data["team"], "actions": {}, "replies": False}
    return {**kept, "body": data["body"], "team_id": data["team"], "actions": does | ({"tags": tags} if tags else {})}


def _values(known: Macro) -> dict[str, Any]:
    names = ("kind", "name", "language", "body", "replies", "active")
    does = {**known.actions, "tags": ", ".join(known.actions.get("tags", ()))}
    return {
        **{name: getattr(known, name) for name in names}, **does, "team": known.team_id or "",
        "review_on": known.review_on.isoformat() if known.review_on else "",
    }  # fmt: skip


def _form(known: Macro | None, values: dict[str, Any], wrong: dict[str, str] | None = None) -> str:
    by = current_person()
    return render_template(
        "admin/macro.html", known=known, values=values, wrong=wrong or {}, words=words,
        teams=[(team.id, team.name) for team in macro_keeping.teams_of(by)],
        reasons=reasons.choices(), names=[f"{{{name}}}" for name in sorted(IN_MACRO)], everywhere=by.role == "administrator",
    )  # fmt: skip
