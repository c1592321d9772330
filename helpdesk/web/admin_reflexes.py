"""Settings: the rules of the desk, in order; each tried on what has happened before it is saved, and its log."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from helpdesk.services import reflex_keeping, reflex_trying
from helpdesk.services.reflex_trying import Trial
from helpdesk.tickets.reflexes import Reflex
from helpdesk.web import reflex_words, words
from helpdesk.web.admin_forms import MoveForm, SwitchForm, attempt, typed
from helpdesk.web.context import current_person
from helpdesk.web.reflex_forms import DAYS, PlaceForm, ReflexForm, actions, conditions, values

bp = Blueprint("admin_reflexes", __name__, url_prefix="/admin/reflexes")
SEVERAL = (
    "channel", "mailbox", "team", "status", "priority", "language", "customer", "owner", "hours", "not", "do_tell",
)  # fmt: skip


@bp.get("")
def show() -> ResponseReturnValue:
    """All of them, in the order in which they are tried."""
    by = current_person()
    return render_template(
        "admin/reflexes.html", reflexes=reflex_keeping.listed(by), said=reflex_words, names=reflex_keeping.names(by)
    )


@bp.get("/new")
def new() -> ResponseReturnValue:
    """The form for another one."""
    return _form(None, {"occasion": "created", "match": "all", "active": "1"})


@bp.get("/<int:reflex_id>")
def reflex(reflex_id: int) -> ResponseReturnValue:
    """One of them."""
    known = reflex_keeping.reflex(reflex_id, by=current_person())
    return _form(known, values(known))


@bp.post("/new")
def add() -> ResponseReturnValue:
    """Keep another one."""
    return _save(None)


@bp.post("/<int:reflex_id>")
def change(reflex_id: int) -> ResponseReturnValue:
    """Change one."""
    return _save(reflex_keeping.reflex(reflex_id, by=current_person()))


@bp.post("/new/trial")
def try_new() -> ResponseReturnValue:
    """For which tickets it would have done something."""
    return _try(None)


@bp.post("/<int:reflex_id>/trial")
def try_changed(reflex_id: int) -> ResponseReturnValue:
    """The same of one as it is about to be changed."""
    return _try(reflex_keeping.reflex(reflex_id, by=current_person()))


@bp.post("/<int:reflex_id>/move")
def move(reflex_id: int) -> ResponseReturnValue:
    """Try it one place earlier or later."""
    reflex_keeping.move(reflex_id, up=MoveForm().load(request.form)["up"], by=current_person())
    return redirect(url_for("admin_reflexes.show"), 303)


@bp.post("/<int:reflex_id>/active")
def switch(reflex_id: int) -> ResponseReturnValue:
    """Switch it on or off."""
    reflex_keeping.switch(reflex_id, active=SwitchForm().load(request.form)["active"], by=current_person())
    return redirect(url_for("admin_reflexes.show"), 303)


@bp.get("/<int:reflex_id>/log")
def log(reflex_id: int) -> ResponseReturnValue:
    """What it did to which ticket, when and for what."""
    by, before = current_person(), PlaceForm().load(request.args)["before"]
    known, told = reflex_keeping.reflex(reflex_id, by=by), reflex_keeping.told(reflex_id, before=before, by=by)
    return render_template(
        "admin/reflex_log.html", known=known, told=told, said=reflex_words, words=words,
        older=told[-1].id if len(told) == reflex_keeping.PAGE else None,
    )  # fmt: skip


def _save(known: Reflex | None) -> ResponseReturnValue:
    def keep(data: dict[str, Any]) -> Reflex:
        return reflex_keeping.keep(
            known.id if known else None, name=data["name"], occasion=data["occasion"], whole=data["match"] == "all",
            conditions=conditions(data), actions=actions(data), stops=data["stops"], active=data["active"],
            by=current_person(),
        )  # fmt: skip

    done, wrong = attempt(ReflexForm, keep)
    if not done:
        return _form(known, typed(*SEVERAL), wrong), 422
    flash(_("Saved."), "success")
    return redirect(url_for("admin_reflexes.show"), 303)


def _try(known: Reflex | None) -> ResponseReturnValue:
    def tried(data: dict[str, Any]) -> Trial:
        return reflex_trying.attempt(
            occasion=data["occasion"], conditions=conditions(data), whole=data["match"] == "all", days=data["days"],
            by=current_person(),
        )  # fmt: skip

    trial, wrong = attempt(ReflexForm, tried)
    return _form(known, typed(*SEVERAL), wrong, trial), 200 if trial else 422


def _form(
    known: Reflex | None, shown: dict[str, Any], wrong: dict[str, str] | None = None, trial: Trial | None = None
) -> str:
    return render_template(
        "admin/reflex.html", known=known, values=shown, wrong=wrong or {}, trial=trial, words=words, said=reflex_words,
        names=reflex_keeping.names(current_person()), days=DAYS,
    )  # fmt: skip
