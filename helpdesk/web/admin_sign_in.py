"""Settings: the services that mailboxes are signed in to with. The client secret goes in and never comes out."""

from datetime import date
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError, fields, validate

from helpdesk.channels.sign_in import SignInService
from helpdesk.services import sign_in_services
from helpdesk.web.admin_forms import a_day, attempt, line, typed
from helpdesk.web.context import current_person
from helpdesk.web.desk_forms import Form

bp = Blueprint("admin_sign_in", __name__, url_prefix="/admin/sign-in-services")
NAMES = {"google": "Google", "microsoft": "Microsoft"}


class ServiceForm(Form):
    client_id = fields.String(required=True, validate=line(400, 1))
    client_secret = fields.String(load_default="", validate=validate.Length(max=1000))
    tenant = fields.String(load_default="", validate=line(200))
    authorize_url = fields.String(load_default="", validate=line(1000))
    token_url = fields.String(load_default="", validate=line(1000))
    scope = fields.String(load_default="", validate=line(1000))
    secret_ends = fields.String(load_default="", validate=a_day)
    testing = fields.Boolean(load_default=False)


def name(kind: str) -> str:
    """What a service is called."""
    return NAMES.get(kind) or _("another service")


@bp.get("")
def show() -> ResponseReturnValue:
    """Each of them, with what is entered."""
    return _page()


@bp.post("/<kind>")
def save(kind: str) -> ResponseReturnValue:
    """Enter or change one."""
    if kind not in sign_in_services.KINDS:
        abort(404)
    saved, wrong = attempt(ServiceForm, lambda data: _save(kind, data))
    if saved is None:
        return _page(
            {kind: {key: value for key, value in typed().items() if key != "client_secret"}}, {kind: wrong}
        ), 422
    flash(_("Saved."), "success")
    return redirect(url_for("admin_sign_in.show"), 303)


def _save(kind: str, data: dict[str, Any]) -> SignInService:
    wanted = {field: data[field] for field in ServiceForm().fields if field not in Form().fields}
    wanted["secret_ends"] = date.fromisoformat(data["secret_ends"]) if data["secret_ends"] else None
    if kind == "other" and not (data["authorize_url"] and data["token_url"]):
        missing = "token_url" if data["authorize_url"] else "authorize_url"
        raise ValidationError({missing: ["This is empty or too long."]})
    return sign_in_services.save(kind, **wanted, by=current_person())


def _page(sent: dict[str, Any] | None = None, wrong: dict[str, dict[str, str]] | None = None) -> str:
    known = sign_in_services.services(current_person())
    return render_template(
        "admin/sign_in_services.html",
        kinds=sign_in_services.KINDS,
        name=name,
        known=known,
        values={kind: (sent or {}).get(kind) or known.get(kind) or {} for kind in sign_in_services.KINDS},
        faults=wrong or {},
        back=sign_in_services.back(),
    )
