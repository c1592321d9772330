"""Opening a ticket by hand, for somebody who asked in a way that no channel records."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from helpdesk.services import customers, desk, staff
from helpdesk.services.customers import Asker
from helpdesk.tickets.models import Priority, Ticket
from helpdesk.web import words
from helpdesk.web.admin_forms import attempt, typed
from helpdesk.web.context import current_person
from helpdesk.web.desk_forms import OpenForm

bp = Blueprint("opening", __name__, url_prefix="/tickets")


@bp.get("/new")
def show() -> ResponseReturnValue:
    """The form, empty."""
    return _form({"priority": Priority.NORMAL.value}, {})


@bp.post("/new")
def open_ticket() -> ResponseReturnValue:
    """Open it and go there; else the form again, with what was typed and what to change."""
    ticket, wrong = attempt(OpenForm, _open)
    if ticket is None:
        return _form(typed(), wrong), 422
    flash(_("#%(number)s is open.", number=ticket.number), "ok")
    return redirect(url_for("ticket.show", number=ticket.number), 303)


def _open(wanted: Mapping[str, Any]) -> Ticket:
    asker = Asker(wanted["name"], wanted["phone"], wanted["email"], wanted["customer"])
    return desk.open_ticket(
        customer=asker, team_id=wanted["team"], subject=wanted["subject"].strip(), text=wanted["text"],
        priority=wanted["priority"], by=current_person(),
    )  # fmt: skip


def _form(values: Mapping[str, Any], wrong: Mapping[str, str]) -> str:
    by = current_person()
    return render_template(
        "desk/new.html",
        values=values,
        wrong=wrong,
        teams=[(team.id, team.name) for team in staff.teams_of(by)],
        priorities=words.PRIORITIES,
        namesakes=customers.namesakes(request.form.get("name", ""), by) if wrong else [],
        nobody=customers.NOBODY,
    )
