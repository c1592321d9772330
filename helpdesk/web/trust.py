"""What staff decide about a ticket's people and messages: each goes back to where it was pressed."""

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from helpdesk.errors import Conflict
from helpdesk.services import belongings, blocking, desk, participants
from helpdesk.web.context import current_person
from helpdesk.web.desk_forms import Act
from helpdesk.web.doors import local
from helpdesk.web.ticket import conflict

bp = Blueprint("trust", __name__, url_prefix="/tickets/<int:number>")
bp.register_error_handler(Conflict, conflict)


@bp.post("/messages/<int:message_id>/refusal")
def decline(number: int, message_id: int) -> ResponseReturnValue:
    """Let a stranger's follow-up not count."""
    wanted = Act().load(request.form)
    desk.decline(number, message_id, by=current_person())
    return _back(number, wanted)


@bp.post("/participants/<int:participant_id>/approval")
def let_in(number: int, participant_id: int) -> ResponseReturnValue:
    """Let somebody take part."""
    wanted = Act().load(request.form)
    participants.approve(number, participant_id, by=current_person())
    return _back(number, wanted)


@bp.post("/participants/<int:participant_id>/refusal")
def keep_out(number: int, participant_id: int) -> ResponseReturnValue:
    """Keep somebody out."""
    wanted = Act().load(request.form)
    participants.refuse(number, participant_id, by=current_person())
    return _back(number, wanted)


@bp.post("/block")
def block(number: int) -> ResponseReturnValue:
    """Refuse mail from whoever wrote this ticket."""
    wanted = Act().load(request.form)
    made = blocking.block_sender(number, by=current_person())
    flash(_("Mail from %(sender)s is refused from now on.", sender=made.value), "ok")
    return _back(number, wanted)


@bp.post("/belonging")
def join(number: int) -> ResponseReturnValue:
    """Move what was written here to the ticket it belongs to, and go there."""
    wanted = Act().load(request.form)
    other = belongings.join(number, by=current_person())
    flash(_("What was written in #%(number)s is here now; #%(number)s is closed.", number=number), "ok")
    return _back(other.number, wanted)


@bp.post("/belonging/dismissal")
def dismiss(number: int) -> ResponseReturnValue:
    """Say that it belongs nowhere else."""
    wanted = Act().load(request.form)
    belongings.dismiss(number, by=current_person())
    return _back(number, wanted)


def _back(number: int, wanted: dict[str, Any]) -> ResponseReturnValue:
    return redirect(local(wanted["back"]) or url_for("ticket.show", number=number), 303)
