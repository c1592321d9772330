"""Settings: the ways in. Secrets are written here and never shown again."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from helpdesk.channels.models import Channel
from helpdesk.services import administration, channels, expiry, signing
from helpdesk.services.store import settings
from helpdesk.web import words
from helpdesk.web.admin_forms import (
    ChannelForm,
    MailForm,
    SwitchForm,
    TelegramForm,
    WebhookForm,
    attempt,
    typed,
)
from helpdesk.web.context import current_person
from helpdesk.web.desk_forms import Form

bp = Blueprint("admin_channels", __name__, url_prefix="/admin/channels")

FORMS: dict[str, type[ChannelForm]] = {
    "mail": MailForm, "webhook": WebhookForm, "telegram": TelegramForm, "calls": ChannelForm,
}  # fmt: skip
SECRET = frozenset({"imap_password", "smtp_password", "api_key", "token"})
COLUMNS = frozenset({"name", "team", "address"})


@bp.get("")
def show() -> ResponseReturnValue:
    """Every way in, with how it does."""
    found = channels.channels(current_person())
    return render_template("admin/channels.html", channels=found, words=words, kinds=channels.KINDS)


@bp.get("/new/<kind>")
def new(kind: str) -> ResponseReturnValue:
    """The form for a new way in."""
    return _form(_known(kind), None, {"acknowledge": True})


@bp.get("/<int:channel_id>")
def channel(channel_id: int) -> ResponseReturnValue:
    """One way in."""
    found = channels.channel(channel_id, current_person())
    return _form(found.kind, found, _values(found))


@bp.post("/new/<kind>")
def add(kind: str) -> ResponseReturnValue:
    """Make a way in."""
    return _save(_known(kind), None)


@bp.post("/<int:channel_id>")
def change(channel_id: int) -> ResponseReturnValue:
    """Change a way in."""
    found = channels.channel(channel_id, current_person())
    return _save(found.kind, found)


def _known(kind: str) -> str:
    if kind not in FORMS:
        abort(404)
    return kind


def _save(kind: str, found: Channel | None) -> ResponseReturnValue:
    def save(data: dict[str, Any]) -> tuple[Channel, str]:
        return channels.save(
            found.id if found else None, kind=kind, name=data["name"], team_id=data["team"],
            address=data.get("address", ""), settings=_settings(data),
            secrets={name: data[name] for name in SECRET & data.keys()}, by=current_person(),
        )  # fmt: skip

    saved, wrong = attempt(FORMS[kind], save)
    if saved is None:
        return _form(kind, found, {name: value for name, value in typed().items() if name not in SECRET}, wrong), 422
    known, made = saved
    if made:
        return _form(kind, known, _values(known), made=made)
    flash(_("Saved."), "success")
    return redirect(url_for("admin_channels.show"), 303)


def _settings(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in SECRET | COLUMNS | Form().fields.keys()}


def _values(found: Channel) -> dict[str, Any]:
    return {
        "acknowledge": True, **found.settings, "name": found.name, "team": found.team_id, "address": found.address,
    }  # fmt: skip


def _form(
    kind: str, found: Channel | None, values: dict[str, Any], wrong: dict[str, str] | None = None, made: str = ""
) -> str:
    return render_template(
        "admin/channel.html",
        kind=kind,
        known=found,
        values=values,
        wrong=wrong or {},
        made=made,
        kept=channels.kept(found) if found else frozenset(),
        teams=[(team.id, team.name) for team in administration.teams(current_person()) if team.active],
        endings=expiry.endings(found.id) if found and kind == "mail" else [],
        hook=f"{settings().base_url}/hooks/{found.id}" if found else "",
        words=words,
        dkim=signing.record_of(found) if found else None,
    )


@bp.post("/<int:channel_id>/active")
def switch(channel_id: int) -> ResponseReturnValue:
    """Open or shut a way in."""
    active = SwitchForm().load(request.form)["active"]
    channels.switch(channel_id, active=active, by=current_person())
    flash(_("Switched on.") if active else _("Switched off."), "success")
    return redirect(url_for("admin_channels.show"), 303)


@bp.post("/<int:channel_id>/secret")
def renew(channel_id: int) -> ResponseReturnValue:
    """Make a new secret and show it this once."""
    Form().load(request.form)
    found, made = channels.renew_secret(channel_id, by=current_person())
    return _form(found.kind, found, _values(found), made=made)
