"""What one has begun to write: kept while one types, listed, thrown away."""

from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import fields, validate

from helpdesk.errors import HelpdeskError
from helpdesk.services import drafts
from helpdesk.services.drafts import Overtaken
from helpdesk.services.instant import now
from helpdesk.tickets.drafts import Draft
from helpdesk.web import errors, zone
from helpdesk.web.composer import LISTS
from helpdesk.web.context import current_person
from helpdesk.web.desk_forms import MARK, Form, SayForm
from helpdesk.web.ticket import conflict

bp = Blueprint("drafts", __name__)


class DraftForm(SayForm):
    """What the composer holds just now. *mark* names the window and how often it has saved."""

    mark = fields.String(load_default="", validate=validate.Regexp(MARK))


@bp.get("/drafts")
def show() -> ResponseReturnValue:
    """All of one's drafts."""
    return render_template("drafts/show.html", drafts=drafts.mine(current_person()))


@bp.post("/tickets/<int:number>/draft")
def keep(number: int) -> ResponseReturnValue:
    """Keep it; a page that saves by itself is told how that went."""
    wanted = DraftForm().load(request.form)
    way = {name: wanted[name] for name in (*LISTS, "quote") if name in request.form} | {"again": wanted["again"]}
    kept = drafts.keep(
        number, wanted["kind"], text=wanted["text"], way=way, base=wanted["base"], mark=wanted["mark"],
        said=wanted["said"], by=current_person(),
    )  # fmt: skip
    if _by_itself():
        return jsonify(_told(kept))
    flash(_("The draft is kept."), "ok")
    return redirect(url_for("ticket.show", number=number, kind=wanted["kind"], _anchor="composer"), 303)


@bp.post("/drafts/<int:draft_id>/removal")
def remove(draft_id: int) -> ResponseReturnValue:
    """Throw it away."""
    Form().load(request.form)
    drafts.remove(draft_id, by=current_person())
    return redirect(url_for(".show"), 303)


@bp.errorhandler(HelpdeskError)
def refused(error: HelpdeskError) -> ResponseReturnValue:
    """Why it was not kept; what another window left, to choose from."""
    if not _by_itself():
        return conflict(error) if isinstance(error, Overtaken) else errors.refused(error)
    told: dict[str, Any] = {"words": errors.told(error)}
    if isinstance(error, Overtaken):
        told |= {**_told(error.there), "text": error.there.text if error.there else "", "said": error.said}
    return jsonify(told), errors.status_of(error)


def _by_itself() -> bool:
    return "HX-Request" in request.headers


def _told(kept: Draft | None) -> dict[str, Any]:
    """The mark by which the window knows what is kept now, and since when."""
    at = (kept.saved_at if kept else now()).astimezone(zone())
    return {"mark": kept.mark if kept else "", "at": f"{at:%H:%M}"}
