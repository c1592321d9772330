"""The shift's page: what is offered, what is handed on, and what hangs without anybody."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from helpdesk.errors import Conflict
from helpdesk.people.models import Person
from helpdesk.services import handover, receivers, sheet
from helpdesk.services import hanging as hung
from helpdesk.services.instant import now
from helpdesk.services.queue import look
from helpdesk.web import words
from helpdesk.web.context import current_person, fragment
from helpdesk.web.desk_forms import Form, RefuseForm, SheetForm
from helpdesk.web.doors import local

bp = Blueprint("shift", __name__, url_prefix="/shift")


@bp.get("")
def offers() -> ResponseReturnValue:
    """Everything about handing over."""
    return render_template("desk/shift.html", **_told(current_person()))


@bp.get("/sheet")
def rows() -> ResponseReturnValue:
    """The sheet alone, for the open page."""
    return fragment("desk/_sheet.html", **_told(current_person()))


def _told(person: Person) -> dict[str, Any]:
    at, lead = now(), person.role != "agent"
    held, given = sheet.held(person, at), handover.offered_to(person)
    shift, back = sheet.shift_of(person, at), sheet.next_shift(person, at)
    left = [one for one in held if not _waits(one)]
    suggested = receivers.suggestions(
        [one.ticket for one in left], shift.ends_at if shift else at, without=_refused(left)
    )  # fmt: skip
    untaken = [offer for offer in handover.untaken(person) if offer.to_id != person.id] if lead else []
    return {
        "held": held, "given": [(offer, look(offer.ticket, at)) for offer in given], "accepted": sheet.handed_over(person, at),
        "untaken": [(offer, look(offer.ticket, at)) for offer in untaken], "shift": shift, "back_at": back,
        "since": sheet.held_since([offer.ticket for offer in given]),
        "risky": sheet.due_before(left, back.starts_at if back else None),
        "done": sum(map(_waits, held)), "lead_role": lead, "words": words, "me_id": person.id,
        "everybody": next(iter(suggested.values()), []),
        "receivers": suggested | receivers.suggestions([offer.ticket for offer in untaken], at),
    }  # fmt: skip


def _refused(held: list[sheet.Held]) -> dict[int, int | None]:
    """Who did not want what, or did not answer."""
    return {one.ticket.id: one.offer.to_id for one in held if one.offer and one.offer.state in ("refused", "lapsed")}


def _waits(one: sheet.Held) -> bool:
    return one.offer is not None and one.offer.state == "offered"


@bp.get("/hanging")
def hanging() -> ResponseReturnValue:
    """What nobody on duty holds: each may be taken or offered."""
    return render_template("desk/hanging.html", **_hanging())


@bp.get("/hanging/rows")
def hanging_rows() -> ResponseReturnValue:
    """Those tickets alone, for the open page."""
    return fragment("desk/_hanging.html", **_hanging())


def _hanging() -> dict[str, Any]:
    at, person = now(), current_person()
    tickets = hung.listed(person, at)
    return {
        "held": sheet.with_offers(tickets, at), "total": hung.count(person, at), "cap": hung.CAP, "words": words,
        "receivers": receivers.suggestions(tickets, at), "by_roster": hung.is_manned(tickets, at), "me_id": person.id,
    }  # fmt: skip


@bp.post("/offers")
def offer() -> ResponseReturnValue:
    """Offer one ticket of the sheet, or all that are not offered yet, each with its own note or with one for all."""
    wanted, by = SheetForm().load(request.form), current_person()
    single = [wanted["ticket"]] if wanted["ticket"] else []
    chosen = single or [number for number in wanted["tickets"] if all(_said(number))]
    if not chosen:
        raise Conflict("Choose who takes them over and write a note: where the matter stands and what is next.")
    for number in chosen:
        _offer(number, by)
    flash(ngettext("%(num)s ticket was offered.", "%(num)s tickets were offered.", len(chosen)), "ok")
    left = 0 if single else len(wanted["tickets"]) - len(chosen)
    if left:
        flash(
            ngettext("%(num)s has no receiver or no note yet.", "%(num)s have no receiver or no note yet.", left),
            "burn",
        )
    return redirect(local(wanted["back"]) or url_for("shift.offers"), 303)


def _offer(number: int, by: Person) -> None:
    to, note = _said(number)
    if not to:
        raise Conflict("Choose who takes #{number} over.", number=number)
    handover.offer(number, to=to, note=note, by=by)


def _said(number: int) -> tuple[int, str]:
    """Receiver and note of one row, or what is said for all; a receiver of all goes before those of the rows."""
    form = request.form
    to = ("" if form.get("ticket") else form.get("to_all", "")) or form.get(f"to_{number}", "")
    note = form.get(f"note_{number}", "").strip() or form.get("note_all", "").strip()
    return int(to) if to.isascii() and to.isdecimal() and len(to) < 18 else 0, note[:4000]


@bp.post("/offers/<int:offer_id>/acceptance")
def accept(offer_id: int) -> ResponseReturnValue:
    """Take over what was offered."""
    Form().load(request.form)
    taken = handover.accept(offer_id, by=current_person())
    flash(_("#%(number)s is yours now.", number=taken.ticket.number), "ok")
    return redirect(url_for("shift.offers"), 303)


@bp.post("/offers/acceptance")
def accept_all() -> ResponseReturnValue:
    """Take over all that was offered."""
    Form().load(request.form)
    taken = len(handover.accept_all(by=current_person()))
    flash(ngettext("%(num)s ticket is yours now.", "%(num)s tickets are yours now.", taken), "ok")
    return redirect(url_for("shift.offers"), 303)


@bp.post("/offers/<int:offer_id>/refusal")
def refuse(offer_id: int) -> ResponseReturnValue:
    """Say no, and why."""
    handover.refuse(offer_id, reason=RefuseForm().load(request.form)["reason"], by=current_person())
    return redirect(url_for("shift.offers"), 303)
