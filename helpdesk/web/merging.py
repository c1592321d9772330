"""Bringing two tickets together, parting them again, and taking one apart."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import EXCLUDE, Schema, fields, pre_load, validate

from helpdesk.errors import Conflict
from helpdesk.services import merging, splitting
from helpdesk.services.store import ticket_for
from helpdesk.web import words
from helpdesk.web.context import current_person
from helpdesk.web.desk_forms import Act, plain
from helpdesk.web.errors import told
from helpdesk.web.ticket import conflict

bp = Blueprint("merging", __name__, url_prefix="/tickets/<int:number>")
bp.register_error_handler(Conflict, conflict)
NUMBER = validate.Range(1, 2**31 - 1)


class PairQuery(Schema):
    """The address of the page; *other* is the number of the other ticket."""

    class Meta:
        unknown = EXCLUDE

    other = fields.Integer(load_default=None, validate=NUMBER)

    @pre_load
    def _bare(self, data: Any, **_options: Any) -> dict[str, Any]:
        return {"other": data["other"].strip(" #№\u00a0")} if data.get("other") else {}


class MergeForm(Act):
    other = fields.Integer(required=True, validate=NUMBER)


class SplitForm(Act):
    messages = fields.List(fields.Integer(validate=validate.Range(1, 2**62)), load_default=list)
    subject = fields.String(load_default="", validate=[validate.Length(max=500), plain])

    @pre_load
    def _several(self, data: Any, **_options: Any) -> dict[str, Any]:
        return {**{name: data[name] for name in data}, "messages": data.getlist("messages")}


@bp.get("/merge")
def show(number: int) -> ResponseReturnValue:
    """Both tickets side by side, or which one it could be."""
    by, other, pair, refusal = current_person(), PairQuery().load(request.args)["other"], None, ""
    ticket = ticket_for(by, number)
    if other is not None:
        try:
            pair = merging.both(number, other, by=by)
        except Conflict as error:
            refusal = told(error)
    return render_template(
        "ticket/merge.html", ticket=ticket, pair=pair, other=other, alike=merging.alike(ticket, by=by), refusal=refusal,
        words=words,
    )  # fmt: skip


@bp.post("/merge")
def merge(number: int) -> ResponseReturnValue:
    """Bring them together."""
    wanted = MergeForm().load(request.form)
    stays = merging.merge(number, wanted["other"], by=current_person())
    gone = wanted["other"] if stays.number == number else number
    flash(_("What was written in #%(number)s is here now; #%(number)s is closed.", number=gone), "ok")
    return redirect(url_for("ticket.show", number=stays.number), 303)


@bp.post("/parting")
def part(number: int) -> ResponseReturnValue:
    """Part them again."""
    Act().load(request.form)
    merging.part(number, by=current_person())
    flash(_("#%(number)s is a ticket of its own again.", number=number), "ok")
    return redirect(url_for("ticket.show", number=number), 303)


@bp.get("/split")
def choose(number: int) -> ResponseReturnValue:
    """What can be taken out of it."""
    ticket, said = splitting.parts(number, by=current_person())
    return render_template("ticket/split.html", ticket=ticket, said=said, words=words)


@bp.post("/split")
def split(number: int) -> ResponseReturnValue:
    """Open a ticket with the chosen messages, and go there."""
    wanted = SplitForm().load(request.form)
    made = splitting.split(
        number, wanted["messages"], subject=wanted["subject"].strip(), by=current_person(), version=wanted["version"]
    )
    flash(_("#%(number)s was opened with what you chose.", number=made.number), "ok")
    return redirect(url_for("ticket.show", number=made.number), 303)
