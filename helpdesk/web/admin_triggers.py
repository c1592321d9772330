"""Settings: the rules of the desk, in order; each tried on what has happened before it is saved, and its log."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from helpdesk.services import trigger_keeping, trigger_trying
from helpdesk.services.trigger_trying import Trial
from helpdesk.tickets.triggers import Trigger
from helpdesk.web import trigger_words, words
from helpdesk.web.admin_forms import MoveForm, SwitchForm, attempt, typed
from helpdesk.web.context import current_person
from helpdesk.web.trigger_forms import DAYS, PlaceForm, TriggerForm, actions, conditions, values

bp = Blueprint("admin_triggers", __name__, url_prefix="/admin/triggers")
SEVERAL = (
    "channel", "mailbox", "team", "status", "priority", "language", "customer", "owner", "hours", "not", "do_tell",
)  # fmt: skip


@bp.get("")
def show() -> ResponseReturnValue:
    """All of them, in the order in which they are tried."""
    by = current_person()
    return render_template(
        "admin/triggers.html", triggers=trigger_keeping.listed(by), said=trigger_words, names=trigger_keeping.names(by)
    )


@bp.get("/new")
def new() -> ResponseReturnValue:
    """The form for another one."""
    return _form(None, {"occasion": "created", "match": "all", "active": "1"})


@bp.get("/<int:trigger_id>")
def trigger(trigger_id: int) -> ResponseReturnValue:
    """One of them."""
    known = trigger_keeping.trigger(trigger_id, by=current_person())
    return _form(known, values(known))


@bp.post("/new")
def add() -> ResponseReturnValue:
    """Keep another one."""
    return _save(None)


@bp.post("/<int:trigger_id>")
def change(trigger_id: int) -> ResponseReturnValue:
    """Change one."""
    return _save(trigger_keeping.trigger(trigger_id, by=current_person()))


@bp.post("/new/trial")
def try_new() -> ResponseReturnValue:
    """For which tickets it would have done something."""
    return _try(None)


@bp.post("/<int:trigger_id>/trial")
def try_changed(trigger_id: int) -> ResponseReturnValue:
    """The same of one as it is about to be changed."""
    return _try(trigger_keeping.trigger(trigger_id, by=current_person()))


@bp.post("/<int:trigger_id>/move")
def move(trigger_id: int) -> ResponseReturnValue:
    """Try it one place earlier or later."""
    trigger_keeping.move(trigger_id, up=MoveForm().load(request.form)["up"], by=current_person())
    return redirect(url_for("admin_triggers.show"), 303)


@bp.post("/<int:trigger_id>/active")
def switch(trigger_id: int) -> ResponseReturnValue:
    """Switch it on or off."""
    trigger_keeping.switch(trigger_id, active=SwitchForm().load(request.form)["active"], by=current_person())
    return redirect(url_for("admin_triggers.show"), 303)


@bp.get("/<int:trigger_id>/log")
def log(trigger_id: int) -> ResponseReturnValue:
    """What it did to which ticket, when and for what."""
    by, before = current_person(), PlaceForm().load(request.args)["before"]
    known, told = trigger_keeping.trigger(trigger_id, by=by), trigger_keeping.told(trigger_id, before=before, by=by)
    return render_template(
        "admin/trigger_log.html", known=known, told=told, said=trigger_words, words=words,
        older=told[-1].id if len(told) == trigger_keeping.PAGE else None,
    )  # fmt: skip


def _save(known: Trigger | None) -> ResponseReturnValue:
    def keep(data: dict[str, Any]) -> Trigger:
        return trigger_keeping.keep(
            known.id if known else None, name=data["name"], occasion=data["occasion"], whole=data["match"] == "all",
            conditions=conditions(data), actions=actions(data), stops=data["stops"], active=data["active"],
            by=current_person(),
        )  # fmt: skip

    done, wrong = attempt(TriggerForm, keep)
    if not done:
        return _form(known, typed(*SEVERAL), wrong), 422
    flash(_("Saved."), "success")
    return redirect(url_for("admin_triggers.show"), 303)


def _try(known: Trigger | None) -> ResponseReturnValue:
    def tried(data: dict[str, Any]) -> Trial:
        return trigger_trying.attempt(
            occasion=data["occasion"], conditions=conditions(data), whole=data["match"] == "all", days=data["days"],
            by=current_person(),
        )  # fmt: skip

    trial, wrong = attempt(TriggerForm, tried)
    return _form(known, typed(*SEVERAL), wrong, trial), 200 if trial else 422


def _form(
    known: Trigger | None, shown: dict[str, Any], wrong: dict[str, str] | None = None, trial: Trial | None = None
) -> str:
    return render_template(
        "admin/trigger.html", known=known, values=shown, wrong=wrong or {}, trial=trial, words=words, said=trigger_words,
        names=trigger_keeping.names(current_person()), days=DAYS,
    )  # fmt: skip
