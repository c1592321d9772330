"""Where one goes after an answer, and what is said of it."""

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from helpdesk.errors import Conflict
from helpdesk.services import sending, taking, undo
from helpdesk.services.store import settings
from helpdesk.tickets.models import Message
from helpdesk.web.context import current_person
from helpdesk.web.desk import opened
from helpdesk.web.errors import told


def after(message: Message, then: str) -> ResponseReturnValue:
    """Say what became of the answer; back to it, or on to the next ticket, where it can be taken back as well."""
    flash(*_sent(message, then))
    if then == "next":
        return _on()
    return redirect(url_for("ticket.show", number=message.ticket.number, _anchor=f"m{message.id}"), 303)


def _on() -> ResponseReturnValue:
    try:
        return opened(taking.take_next(by=current_person()))
    except Conflict as refusal:  # the answer is on its way all the same
        flash(told(refusal), "burn")
        return redirect(url_for("desk.queue"), 303)


def _sent(message: Message, then: str) -> tuple[str, str]:
    """What became of an answer, and how glad to be of it."""
    if sending.recipient_of(message.ticket) is None:
        return _("Nothing was sent: no way to reach the customer is known. The text is kept here."), "late"
    if then == "next" and undo.leaves_at(message, current_person()):
        said = _(
            "#%(number)s is solved. The reply leaves in %(num)s s.",
            number=message.ticket.number,
            num=settings().undo_seconds,
        )
        return said, f"held:{message.ticket.number}/{message.id}"
    if then in ("solve", "next"):
        return _("The reply is on its way and the ticket is solved."), "ok"
    held = settings().undo_seconds
    return (_("The reply leaves in %(num)s s.", num=held) if held else _("The reply is on its way.")), "ok"
