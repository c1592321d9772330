"""Macros of a ticket: choosing one, seeing what it would do, and applying it."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import fields, validate

from helpdesk.errors import Conflict
from helpdesk.services import macros
from helpdesk.web import tool_words, words
from helpdesk.web.context import current_person
from helpdesk.web.desk_forms import EndForm, ending
from helpdesk.web.ticket import conflict

bp = Blueprint("macros", __name__, url_prefix="/tickets/<int:number>/macros")
bp.register_error_handler(Conflict, conflict)
LONGEST_QUERY = 100


class ApplyForm(EndForm):
    """The button of a preview; *seen* is the last message that stood in the ticket then."""

    seen = fields.Integer(load_default=None, validate=validate.Range(0, 2**62))


@bp.get("")
def show(number: int) -> ResponseReturnValue:
    """Those that can be applied; the only one that is found is shown at once."""
    q = request.args.get("q", "")[:LONGEST_QUERY]
    ticket, found = macros.listed(number, q, by=current_person())
    if q and len(found) == 1:
        return redirect(url_for("macros.preview", number=number, macro_id=found[0].id))
    return render_template("ticket/macros.html", ticket=ticket, found=found, q=q)


@bp.get("/<int:macro_id>")
def preview(number: int, macro_id: int) -> ResponseReturnValue:
    """What it would do."""
    ticket, shown = macros.preview(number, macro_id, by=current_person())
    return render_template(
        "ticket/macro.html", ticket=ticket, shown=shown, seen=macros.last_said(ticket),
        changes=[tool_words.change(*one) for one in shown.changes], words=words,
    )  # fmt: skip


@bp.post("/<int:macro_id>")
def apply(number: int, macro_id: int) -> ResponseReturnValue:
    """Do it. Words that it does not send lie in the composer."""
    wanted: dict[str, Any] = ApplyForm().load(request.form)
    given = {"version": wanted["version"], "seen": wanted["seen"], "ending": ending(wanted)}
    macro = macros.apply(number, macro_id, by=current_person(), **given)
    left = macro.id if macro.body and not macro.replies else None
    if left:
        flash(_("«%(name)s» is done; its words are in the answer, not sent.", name=macro.name), "ok")
    else:
        flash(_("«%(name)s» is done.", name=macro.name), "ok")
    return redirect(url_for("ticket.show", number=number, macro=left, _anchor="composer" if left else None), 303)
