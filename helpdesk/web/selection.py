"""Acting on several rows of the queue at once, and undoing it; each goes back to the list."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from marshmallow import ValidationError, fields, pre_load, validate

from helpdesk.errors import Conflict
from helpdesk.services import reasons, selection
from helpdesk.services.selection import STATUSES, Outcome, Refusal
from helpdesk.tickets.models import Priority
from helpdesk.tickets.reasons import ReasonWanted
from helpdesk.web.context import current_person
from helpdesk.web.desk_forms import TITLE, Form, plain
from helpdesk.web.doors import local
from helpdesk.web.errors import told

bp = Blueprint("selection", __name__, url_prefix="/selection")
MOST, NAMED = 200, 5
ROW = re.compile(r"tickets|version_[0-9]{1,10}")  # what each row of the list sends, ticked or not


class SelectedForm(Form):
    """Rows with their versions, and what is wanted of them; the buttons of one bar share it."""

    tickets = fields.Dict(
        keys=fields.Integer(validate=validate.Range(1, 2**31)), values=fields.Integer(validate=validate.Range(1, 2**31)),
        validate=validate.Length(max=MOST),
    )  # fmt: skip
    owner = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1, 2**62))
    status = fields.String(validate=validate.OneOf(list(STATUSES)))
    priority = fields.String(validate=validate.OneOf(list(Priority)))
    tags = fields.String(load_default="", validate=[validate.Length(max=1000), plain])
    reason = fields.String(load_default="", validate=TITLE)
    how = fields.String(load_default="add", validate=validate.OneOf(("add", "remove")))

    @pre_load
    def _chosen(self, data: Any, **_: Any) -> dict[str, Any]:
        numbers = data.getlist("tickets") if hasattr(data, "getlist") else []
        sent = {name: value for name, value in data.items() if value and not ROW.fullmatch(name)}
        return {**sent, "tickets": {number: data.get(f"version_{number}") for number in numbers}}


@bp.post("/take")
def take() -> ResponseReturnValue:
    """Make oneself the owner."""
    return _act(lambda chosen, _wanted: selection.take(chosen, by=current_person()))


@bp.post("/owner")
def assign() -> ResponseReturnValue:
    """Make a colleague the owner, or nobody."""
    return _act(lambda chosen, wanted: selection.assign(chosen, to=wanted["owner"], by=current_person()))


@bp.post("/status")
def status() -> ResponseReturnValue:
    """Let them wait, go on or be solved."""
    return _act(_status)


def _status(chosen: Mapping[int, int], wanted: dict[str, Any]) -> Outcome:
    return selection.change_status(chosen, to=_said(wanted, "status"), reason=wanted["reason"], by=current_person())


@bp.post("/priority")
def priority() -> ResponseReturnValue:
    """Make them more or less urgent."""
    return _act(
        lambda chosen, wanted: selection.change_priority(chosen, to=_said(wanted, "priority"), by=current_person())
    )


@bp.post("/tags")
def tags() -> ResponseReturnValue:
    """Give them tags, or take some off."""
    return _act(_tag)


def _tag(chosen: Mapping[int, int], wanted: dict[str, Any]) -> Outcome:
    given = [tag.strip()[:60] for tag in wanted["tags"].split(",") if tag.strip()][:20]
    if not given:
        raise Conflict("Write a tag first.")
    change = selection.add_tags if wanted["how"] == "add" else selection.remove_tags
    return change(chosen, tags=given, by=current_person())


@bp.post("/<int:selection_id>/undoing")
def undo(selection_id: int) -> ResponseReturnValue:
    """Put back what was changed."""
    back = Form().load(request.form)["back"]
    outcome = selection.undo(selection_id, by=current_person())
    flash(ngettext("%(num)s ticket is as before.", "%(num)s tickets are as before.", len(outcome.done)), "ok")
    _name(outcome.left)
    return redirect(local(back) or url_for("desk.queue"), 303)


@bp.errorhandler(Conflict)
def refused(error: Conflict) -> ResponseReturnValue:
    """Back to the list, which says why not."""
    flash(told(error), "burn")
    return redirect(local(request.form.get("back", "")) or url_for("desk.queue"), 303)


def _act(act: Callable[[Mapping[int, int], dict[str, Any]], Outcome]) -> ResponseReturnValue:
    wanted = SelectedForm().load(request.form)
    if not wanted["tickets"]:
        raise Conflict("Choose tickets first.")
    outcome = act(wanted["tickets"], wanted)
    if outcome.done:
        text = ngettext("%(num)s ticket was changed.", "%(num)s tickets were changed.", len(outcome.done))
        flash(text, f"undo:{outcome.undo_id}")
    for number, count in list(outcome.parts.items())[:NAMED]:
        told_ = ngettext(
            "#%(number)s has %(num)s open part.", "#%(number)s has %(num)s open parts.", count, number=number
        )
        flash(told_ + " " + _("Parts stay open when several tickets are solved at once."), "info")
    back = local(wanted["back"]) or url_for("desk.queue")
    lacking = [one.facts["number"] for one in outcome.left if isinstance(one, ReasonWanted)]
    _name([one for one in outcome.left if not isinstance(one, ReasonWanted)])
    return _ask({number: wanted["tickets"][number] for number in lacking}, back) if lacking else redirect(back, 303)


def _ask(lacking: Mapping[Any, int], back: str) -> ResponseReturnValue:
    """What is not solved for want of a reason, with the list of them."""
    return render_template(
        "desk/reason.html", lacking=lacking, back=back, choices=[(title, title) for _id, title in reasons.choices()]
    ), 409


def _name(left: Sequence[Refusal]) -> None:
    """What was left, and why; of many the first few by name."""
    for refusal in left[:NAMED]:
        flash(told(refusal), "burn")
    more = len(left) - NAMED
    if more > 0:
        flash(ngettext("And %(num)s more was left as it is.", "And %(num)s more were left as they are.", more), "burn")


def _said(wanted: dict[str, Any], name: str) -> str:
    if name not in wanted:
        raise ValidationError({name: ["Choose one."]})
    return str(wanted[name])
