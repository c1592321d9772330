"""Settings: the reasons of tickets, in two levels."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from helpdesk.services import reasons
from helpdesk.tickets.reasons import Reason
from helpdesk.web.admin_forms import MoveForm, ReasonForm, attempt, typed
from helpdesk.web.context import current_person

bp = Blueprint("admin_reasons", __name__, url_prefix="/admin/reasons")


@bp.get("")
def show() -> ResponseReturnValue:
    """The whole list."""
    return _page({})


@bp.post("")
def add() -> ResponseReturnValue:
    """A new one."""

    def save(data: dict[str, Any]) -> Reason:
        return reasons.add(name=data["name"], parent_id=data["parent"], by=current_person())

    made, wrong = attempt(ReasonForm, save)
    if made is None:
        return _page(typed(), wrong), 422
    return _saved(made.id)


@bp.post("/<int:reason_id>")
def change(reason_id: int) -> ResponseReturnValue:
    """Call one otherwise, retire it or bring it back."""

    def save(data: dict[str, Any]) -> Reason:
        return reasons.rename(reason_id, name=data["name"], active=data["active"], by=current_person())

    done, wrong = attempt(ReasonForm, save)
    if done is None:
        return _page({**typed(), "id": reason_id}, wrong), 422
    return _saved(reason_id)


@bp.post("/<int:reason_id>/move")
def move(reason_id: int) -> ResponseReturnValue:
    """Let it change places with its neighbour."""
    reasons.move(reason_id, up=MoveForm().load(request.form)["up"], by=current_person())
    return redirect(url_for("admin_reasons.show", _anchor=f"r{reason_id}"), 303)


def _saved(reason_id: int) -> ResponseReturnValue:
    flash(_("Saved."), "success")
    return redirect(url_for("admin_reasons.show", _anchor=f"r{reason_id}"), 303)


def _page(values: dict[str, Any], wrong: dict[str, str] | None = None) -> str:
    kept = reasons.kept(current_person())
    parents = [(top.id, top.name) for top, _below in kept if top.active]
    return render_template("admin/reasons.html", kept=kept, parents=parents, values=values, wrong=wrong or {})
