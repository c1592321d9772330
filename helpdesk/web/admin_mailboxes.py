"""Settings: connecting a mailbox, step by step. Nothing is read or sent before the last one."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from helpdesk.channels.mail.probe import Layer
from helpdesk.channels.mail.providers import Provider
from helpdesk.channels.models import Channel
from helpdesk.services import (
    administration,
    channels,
    checking,
    connecting,
    discovery,
    dry_run,
    expiry,
    sign_in_services,
)
from helpdesk.web import admin_sign_in, layer_words
from helpdesk.web.admin_forms import attempt, typed
from helpdesk.web.context import current_person
from helpdesk.web.desk_forms import Form
from helpdesk.web.mailbox_forms import AddressForm, MailboxForm, SinceForm

bp = Blueprint("admin_mailboxes", __name__, url_prefix="/admin/mailboxes")

OURS = Form().fields.keys() | {"address", "team", "password", "way"}


@bp.get("/new")
def new() -> ResponseReturnValue:
    """One field: the address."""
    return render_template("admin/mailbox/address.html", values={}, wrong={})


@bp.post("/new")
def find() -> ResponseReturnValue:
    """The servers of the address, as far as anybody knows them."""
    found, wrong = attempt(AddressForm, lambda data: (data["address"], discovery.find(data["address"])))
    if found is None:
        return render_template("admin/mailbox/address.html", values=typed(), wrong=wrong), 422
    address, places = found
    provider = places.provider
    way = provider.service if provider and "oauth2" in provider.ways[:1] else "password"
    plus = provider is None or provider.plus
    return _servers(None, {"address": address, "way": way, "plus": plus, **_spots(places)}, found=places)


def _spots(found: discovery.Found) -> dict[str, Any]:
    spots = {"imap": found.imap, "smtp": found.smtp}
    return {
        f"{protocol}_{name}": getattr(spot, name)
        for protocol, spot in spots.items() if spot is not None
        for name in ("host", "port", "security")
    }  # fmt: skip


@bp.post("")
def add() -> ResponseReturnValue:
    """Write the mailbox down, switched off, and look at it."""
    return _save(None)


@bp.get("/<int:channel_id>")
def show(channel_id: int) -> ResponseReturnValue:
    """Where the mailbox is."""
    known = connecting.mailbox(channel_id, current_person())
    return _servers(known, _values(known))


@bp.post("/<int:channel_id>")
def check(channel_id: int) -> ResponseReturnValue:
    """Change where the mailbox is, and look at it again."""
    return _save(connecting.mailbox(channel_id, current_person()))


def _save(known: Channel | None) -> ResponseReturnValue:
    def save(data: dict[str, Any]) -> Channel:
        return connecting.draft(
            known.id if known else None, name=known.name if known else data["address"], address=data["address"],
            team_id=data["team"], settings=_settings(data, known), secrets=_secrets(data, known), by=current_person(),
        )  # fmt: skip

    saved, wrong = attempt(MailboxForm, save)
    if saved is None:
        values = {name: value for name, value in typed().items() if name != "password"}
        return _servers(known, values, wrong=wrong), 422
    if not connecting.entered(saved):
        return redirect(url_for("admin_mailboxes.show", channel_id=saved.id), 303)
    return _servers(saved, _values(saved), layers=checking.check(saved.id, by=current_person()))


def _settings(data: dict[str, Any], known: Channel | None) -> dict[str, Any]:
    """The settings of a mailbox; sending is signed in to by the same name as reading, unless it has one of its own."""
    user = data["imap_user"] or data["address"]
    own = {name: value for name, value in data.items() if name not in OURS}
    sending = {} if _sends_by_itself(known) else {"smtp_user": user if data["smtp_host"] else ""}
    return {**own, **sending, "auth": data["way"]}


def _secrets(data: dict[str, Any], known: Channel | None) -> dict[str, str]:
    names = ("imap_password",) if _sends_by_itself(known) else ("imap_password", "smtp_password")
    return {name: data["password"] for name in names if data["password"]}


def _sends_by_itself(known: Channel | None) -> bool:
    """Whether its settings name another user for sending than for reading, or none."""
    way = known.settings if known else {}
    reader = way.get("imap_user") or (known.address if known else "")
    return bool(way.get("smtp_host")) and (way.get("smtp_user") or "") != reader


def _values(known: Channel) -> dict[str, Any]:
    return {
        "plus": True,
        **known.settings,
        "address": known.address,
        "team": known.team_id,
        "way": known.settings.get("auth"),
    }


def _servers(
    known: Channel | None, values: dict[str, Any], *, found: discovery.Found | None = None,
    layers: list[Layer] | None = None, wrong: dict[str, str] | None = None,
) -> str:  # fmt: skip
    provider = found.provider if found else layer_words.provider(known) if known else None
    return render_template(
        "admin/mailbox/servers.html",
        known=known,
        values=values,
        found=found,
        provider=provider,
        layers=layers or [],
        readable=any(layer.step == "folder" and layer.state == "ok" for layer in layers or []),
        mute=any(layer.protocol == "smtp" and layer.state == "failed" for layer in layers or []),
        wrong=wrong or {},
        kept=channels.kept(known) if known else frozenset(),
        ways=_ways(provider, values.get("way") or "password"),
        service=admin_sign_in.name(str(values.get("way"))),
        granted=connecting.entered(known) if known else False,
        endings=expiry.endings(known.id) if known else [],
        teams=[(team.id, team.name) for team in administration.teams(current_person()) if team.active],
        words=layer_words,
    )


def _ways(provider: Provider | None, now: str) -> list[tuple[str, str]]:
    """How the mailbox may be signed in to: by a password, by its provider's service, by those that are set up."""
    kinds = {provider.service} if provider and provider.service else set()
    kinds |= sign_in_services.services(current_person()).keys() | {now} - {"password"}
    signed = [(kind, _("sign in with %(service)s", service=admin_sign_in.name(kind))) for kind in sorted(kinds)]
    return [("password", _("a password")), *signed]


@bp.get("/<int:channel_id>/old-mail")
def old_mail(channel_id: int) -> ResponseReturnValue:
    """What is to become of the mail that is there already."""
    return _old_mail(connecting.mailbox(channel_id, current_person()), {"since": "all", "acknowledge": True})


@bp.post("/<int:channel_id>/old-mail")
def count(channel_id: int) -> ResponseReturnValue:
    """Count what would come of it; nothing is kept."""
    known = connecting.mailbox(channel_id, current_person())
    foreseen, wrong = attempt(
        SinceForm,
        lambda data: dry_run.foresee(
            channel_id, since=data["since"], since_date=data["since_date"], acknowledge=data["acknowledge"],
            by=current_person(),
        ),
    )  # fmt: skip
    return _old_mail(known, typed(), wrong, foreseen), 422 if wrong else 200


@bp.post("/<int:channel_id>/connected")
def connect(channel_id: int) -> ResponseReturnValue:
    """Yes: read it from now on."""
    known, wrong = attempt(
        SinceForm,
        lambda data: connecting.connect(
            channel_id, since=data["since"], since_date=data["since_date"], acknowledge=data["acknowledge"],
            by=current_person(),
        ),
    )  # fmt: skip
    if known is None:
        return _old_mail(connecting.mailbox(channel_id, current_person()), typed(), wrong), 422
    flash(_("%(name)s is connected.", name=known.name), "success")
    return redirect(url_for("admin_channels.show"), 303)


def _old_mail(
    known: Channel, values: dict[str, Any], wrong: dict[str, str] | None = None, found: dry_run.Foreseen | None = None
) -> str:
    return render_template(
        "admin/mailbox/old_mail.html", known=known, values=values, wrong=wrong or {}, found=found,
        refused=layer_words.refused(found) if found else [],
    )  # fmt: skip
