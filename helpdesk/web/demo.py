"""The demo: looking at it as one of its people, and taking it away."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from marshmallow import fields, validate

from helpdesk.services import demo_removal, sign_in
from helpdesk.web import session
from helpdesk.web.desk_forms import Form

bp = Blueprint("demo", __name__, url_prefix="/demo")
SURE = "demo"


class HatForm(Form):
    """As whom to look."""

    person = fields.Integer(required=True, validate=validate.Range(1, 2**62))


class RemovalForm(Form):
    """Typed, so that nobody does it by a slip."""

    sure = fields.String(required=True, validate=validate.Equal(SURE, error="Type the word demo."))


@bp.post("/hat")
def wear() -> ResponseReturnValue:
    """Put a hat on; the day of an agent begins at the queue, a supervisor's at the board."""
    session.begin(sign_in.wear(current_user.id, HatForm().load(request.form)["person"]))
    return redirect(url_for("board.show" if current_user.person.role == "supervisor" else "desk.queue"), 303)


@bp.get("/removal")
def show() -> ResponseReturnValue:
    """What removing the demo takes away, and what stays."""
    return render_template("demo/removal.html", sure=SURE)


@bp.post("/removal")
def remove() -> ResponseReturnValue:
    """Take the demo away."""
    RemovalForm().load(request.form)
    demo_removal.remove()
    flash(_("The demo is gone. Everything from here on is real."), "ok")
    return redirect(url_for("desk.queue"), 303)
