"""What everybody sets for themselves: language, time zone, password."""

from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from helpdesk.services import administration, sign_in
from helpdesk.web import assets, session
from helpdesk.web.admin_forms import ColumnsForm, KeysForm, PasswordForm, ProfileForm, attempt, sent, typed
from helpdesk.web.context import current_person, language, speaking
from helpdesk.web.desk_forms import Form
from helpdesk.web.doors import local

bp = Blueprint("profile", __name__, url_prefix="/profile")


@bp.get("")
def show() -> ResponseReturnValue:
    """One's own page."""
    return _page(_values())


@bp.post("")
def change() -> ResponseReturnValue:
    """Change one's language and time zone."""

    def save(data: dict[str, Any]) -> str:
        administration.change_profile(locale=data["locale"], time_zone=data["time_zone"], by=current_person())
        return str(data["locale"])

    chosen, wrong = attempt(ProfileForm, save)
    if chosen is None:
        return _page(typed(), wrong), 422
    with speaking(chosen):
        flash(_("Saved."), "success")
    return assets.forget_language(make_response(redirect(url_for(".show"), 303)))


@bp.post("/columns")
def columns() -> ResponseReturnValue:
    """Choose what one's rows of the queue show."""
    wanted = ColumnsForm().load(sent(ColumnsForm))
    administration.choose_columns(wanted["columns"], by=current_person())
    return redirect(local(wanted["back"]) or url_for("desk.queue"), 303)


@bp.post("/keys")
def keys() -> ResponseReturnValue:
    """Switch keys without Ctrl on or off."""
    administration.switch_keys(on=KeysForm().load(request.form)["on"], by=current_person())
    flash(_("Saved."), "success")
    return redirect(url_for(".show"), 303)


@bp.post("/password")
def password() -> ResponseReturnValue:
    """Set one's password, or change it."""

    def save(data: dict[str, Any]) -> bool:
        sign_in.change_password(
            current_person(), before=data["before"], after=data["after"], token=current_user.id,
            address=request.remote_addr or "",
        )  # fmt: skip
        return True

    done, wrong = attempt(PasswordForm, save)
    if not done:
        return _page(_values(), wrong), 422
    flash(_("The password is set. Wherever else you were signed in, you are signed out."), "success")
    return redirect(url_for(".show"), 303)


@bp.post("/password/not-now")
def no_password() -> ResponseReturnValue:
    """Stay with links for now."""
    back = Form().load(request.form)["back"]
    session.no_password()
    return redirect(local(back) or url_for("doors.home"), 303)


def _values() -> dict[str, str]:
    person = current_person()
    return {"locale": person.locale or language(), "time_zone": person.time_zone or ""}


def _page(values: dict[str, Any], wrong: dict[str, str] | None = None) -> str:
    return render_template(
        "profile/show.html", values=values, wrong=wrong or {}, shortest=sign_in.SHORTEST_PASSWORD, offers_password=False
    )
