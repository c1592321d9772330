"""The shift's page: what is offered, what is handed on, and what hangs without anybody."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from helpdesk.errors import Conflict
from helpdesk.people.models import Person
from helpdesk.services import handover, sheet
from helpdesk.services.instant import now
from helpdesk.services.queue import look
from helpdesk.web import words
from helpdesk.web.context import current_person
from helpdesk.web.desk_forms import Form, RefuseForm, SheetForm

bp = Blueprint("shift", __name__, url_prefix="/shift")


@bp.get("")
def offers() -> ResponseReturnValue:
    """Everything about handing over."""
    return render_template("desk/shift.html", **_told(current_person()))


@bp.get("/sheet")
def rows() -> ResponseReturnValue:
    """The sheet alone, for the open page."""
    return render_template("desk/_sheet.html", **_told(current_person()))


def _told(person: Person) -> dict[str, Any]:
    at = now()
    held, given = sheet.held(person, at), handover.offered_to(person)
    lead = person.role != "agent"
    hanging, untaken = (sheet.hanging(person, at), handover.untaken(person)) if lead else ([], [])
    tickets = [one.ticket for one in (*held, *hanging)] + [offer.ticket for offer in untaken]
    return {
        "held": held, "given": [(offer, look(offer.ticket, at)) for offer in given], "accepted": sheet.handed_over(person, at),
        "hanging": hanging, "untaken": [(offer, look(offer.ticket, at)) for offer in untaken if offer.to_id != person.id],
        "receivers": sheet.receivers([ticket.team_id for ticket in tickets], at), "shift": sheet.shift_of(person, at),
        "back_at": sheet.next_shift(person, at), "lead_role": lead, "words": words, "me_id": person.id,
    }  # fmt: skip


@bp.post("/offers")
def offer() -> ResponseReturnValue:
    """Offer one ticket of the sheet, or all that are not offered yet."""
    wanted, by = SheetForm().load(request.form), current_person()
    chosen = [wanted["ticket"]] if wanted["ticket"] else [number for number in wanted["tickets"] if all(_said(number))]
    if not chosen:
        raise Conflict("Choose who takes them over and write a note: where the matter stands and what is next.")
    for number in chosen:
        _offer(number, by)
    flash(ngettext("%(num)s ticket was offered.", "%(num)s tickets were offered.", len(chosen)), "ok")
    return redirect(url_for("shift.offers"), 303)


def _offer(number: int, by: Person) -> None:
    to, note = _said(number)
    if not to:
        raise Conflict("Choose who takes #{number} over.", number=number)
    handover.offer(number, to=to, note=note, by=by)


def _said(number: int) -> tuple[int, str]:
    """Receiver and note of one row, or what is said for all."""
    form = request.form
    to = form.get(f"to_{number}") or form.get("to_all", "")
    note = form.get(f"note_{number}", "").strip() or form.get("note_all", "").strip()
    return int(to) if to.isascii() and to.isdecimal() and len(to) < 18 else 0, note[:4000]


@bp.post("/offers/<int:offer_id>/acceptance")
def accept(offer_id: int) -> ResponseReturnValue:
    """Take over what was offered."""
    Form().load(request.form)
    taken = handover.accept(offer_id, by=current_person())
    flash(_("#%(number)s is yours now.", number=taken.ticket.number), "ok")
    return redirect(url_for("shift.offers"), 303)


@bp.post("/offers/<int:offer_id>/refusal")
def refuse(offer_id: int) -> ResponseReturnValue:
    """Say no, and why."""
    handover.refuse(offer_id, reason=RefuseForm().load(request.form)["reason"], by=current_person())
    return redirect(url_for("shift.offers"), 303)
