"""What staff do to a ticket by a button or a short form; each goes back to where it was pressed."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from helpdesk.errors import Conflict
from helpdesk.services import blocking, desk, handover, reasons, taking
from helpdesk.web.context import current_person
from helpdesk.web.desk import opened
from helpdesk.web.desk_forms import (
    Act,
    EndForm,
    JunkForm,
    LadderForm,
    OfferForm,
    OwnerForm,
    PriorityForm,
    ReasonForm,
    SkipForm,
    SubjectForm,
    TagsForm,
    TeamForm,
    ending,
)
from helpdesk.web.doors import local
from helpdesk.web.ticket import conflict

bp = Blueprint("acts", __name__, url_prefix="/tickets/<int:number>")
bp.register_error_handler(Conflict, conflict)


@bp.post("/take")
def take(number: int) -> ResponseReturnValue:
    """Make oneself the owner."""
    return _press(desk.take, number)


@bp.post("/skips")
def skip(number: int) -> ResponseReturnValue:
    """Put it back with a reason, and go on with the next one."""
    wanted = SkipForm().load(request.form)
    return opened(taking.skip(number, reason=wanted["reason"], by=current_person(), version=wanted["version"]))


@bp.post("/pending")
def pend(number: int) -> ResponseReturnValue:
    """Wait for the customer."""
    return _press(desk.pend, number)


@bp.post("/hold")
def hold(number: int) -> ResponseReturnValue:
    """Wait for a third party."""
    return _press(desk.hold, number)


@bp.post("/resumption")
def resume(number: int) -> ResponseReturnValue:
    """Go on."""
    return _press(desk.resume, number)


@bp.post("/solution")
def solve(number: int) -> ResponseReturnValue:
    """Say that the matter is solved."""
    return _end(desk.solve, number)


@bp.post("/reopening")
def reopen(number: int) -> ResponseReturnValue:
    """Take it up again."""
    return _press(desk.reopen, number)


@bp.post("/closing")
def close(number: int) -> ResponseReturnValue:
    """Close for good."""
    return _end(desk.close, number)


def _end(act: Callable[..., Any], number: int) -> ResponseReturnValue:
    wanted = EndForm().load(request.form)
    act(number, by=current_person(), version=wanted["version"], ending=ending(wanted))
    return _back(number, wanted)


@bp.post("/junk")
def junk(number: int) -> ResponseReturnValue:
    """Throw it away."""
    wanted, by = JunkForm().load(request.form), current_person()
    if wanted["block"]:
        blocking.sender_to_block(number, by=by)  # what is refused is refused before anything is done
    desk.junk(number, by=by, version=wanted["version"])
    if wanted["block"]:
        blocking.block_sender(number, by=by)
    flash(_("#%(number)s is junk: it counts nowhere. It can be taken back at any time.", number=number), "ok")
    return _back(number, wanted)


@bp.post("/junk/return")
def unjunk(number: int) -> ResponseReturnValue:
    """Take it back."""
    return _press(desk.unjunk, number)


@bp.post("/waiver")
def waive(number: int) -> ResponseReturnValue:
    """Say that the last message wants no answer."""
    return _press(desk.waive_answer, number)


@bp.post("/ladder")
def stop_ladder(number: int) -> ResponseReturnValue:
    """Take a deadline in hand."""
    wanted = LadderForm().load(request.form)
    desk.stop_ladder(
        number, clock=wanted["clock"], started_seq=wanted["started_seq"], by=current_person(), version=wanted["version"]
    )
    return _back(number, wanted)


@bp.post("/owner")
def assign(number: int) -> ResponseReturnValue:
    """Make a colleague the owner, or nobody."""
    wanted = OwnerForm().load(request.form)
    desk.assign(number, to=wanted["to"], by=current_person(), version=wanted["version"])
    return _back(number, wanted)


@bp.post("/offers")
def offer(number: int) -> ResponseReturnValue:
    """Offer it to a colleague with a note."""
    wanted = OfferForm().load(request.form)
    made = handover.offer(number, to=wanted["to"], note=wanted["note"], by=current_person(), version=wanted["version"])
    name = made.receiver.name if made.receiver else ""
    flash(_("Offered to %(name)s; it stays yours until they accept.", name=name), "ok")
    return _back(number, wanted)


@bp.post("/priority")
def priority(number: int) -> ResponseReturnValue:
    """Make it more or less urgent."""
    wanted = PriorityForm().load(request.form)
    desk.change_priority(number, to=wanted["to"], by=current_person(), version=wanted["version"])
    return _back(number, wanted)


@bp.post("/team")
def team(number: int) -> ResponseReturnValue:
    """Hand it to another team's queue; who is not in that team goes back to their own."""
    wanted, by = TeamForm().load(request.form), current_person()
    ticket = desk.change_team(number, to=wanted["to"], by=by, version=wanted["version"])
    flash(_("#%(number)s now lies with %(team)s.", number=number, team=ticket.team.name), "ok")
    if by.role != "administrator" and ticket.team_id not in by.team_ids:
        return redirect(url_for("desk.queue"), 303)
    return _back(number, wanted)


@bp.post("/subject")
def subject(number: int) -> ResponseReturnValue:
    """Give it a better name."""
    wanted = SubjectForm().load(request.form)
    desk.change_subject(number, to=wanted["to"].strip(), by=current_person(), version=wanted["version"])
    return _back(number, wanted)


@bp.post("/tags")
def tags(number: int) -> ResponseReturnValue:
    """Replace its tags; they are written with commas between."""
    wanted = TagsForm().load(request.form)
    given = [tag.strip()[:60] for tag in wanted["to"].split(",") if tag.strip()][:20]
    desk.change_tags(number, to=given, by=current_person(), version=wanted["version"])
    return _back(number, wanted)


@bp.post("/reason")
def reason(number: int) -> ResponseReturnValue:
    """Say what it is about."""
    wanted = ReasonForm().load(request.form)
    reasons.change(number, to=wanted["to"], by=current_person(), version=wanted["version"])
    return _back(number, wanted)


@bp.post("/messages/<int:message_id>/approval")
def approve(number: int, message_id: int) -> ResponseReturnValue:
    """Let a stranger's follow-up count as the customer's."""
    wanted = Act().load(request.form)
    desk.approve(number, message_id, by=current_person())
    return _back(number, wanted)


def _press(act: Callable[..., Any], number: int) -> ResponseReturnValue:
    wanted = Act().load(request.form)
    act(number, by=current_person(), version=wanted["version"])
    return _back(number, wanted)


def _back(number: int, wanted: dict[str, Any]) -> ResponseReturnValue:
    return redirect(local(wanted["back"]) or url_for("ticket.show", number=number), 303)
