"""Following a ticket."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from helpdesk.services import following
from helpdesk.web.context import current_person
from helpdesk.web.desk_forms import Act

bp = Blueprint("following", __name__, url_prefix="/tickets/<int:number>")


@bp.post("/following")
def follow(number: int) -> ResponseReturnValue:
    """Hear of it from now on."""
    Act().load(request.form)
    following.follow(number, by=current_person())
    return redirect(url_for("ticket.show", number=number), 303)


@bp.post("/following/end")
def unfollow(number: int) -> ResponseReturnValue:
    """Hear of it no longer."""
    Act().load(request.form)
    following.unfollow(number, by=current_person())
    return redirect(url_for("ticket.show", number=number), 303)
