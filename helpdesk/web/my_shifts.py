"""One's own shifts: hours by one's own clocks, who stands in while one is away, where calls go on to, breaks."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from helpdesk.services import own_roster, roster
from helpdesk.services.instant import now
from helpdesk.web import zone
from helpdesk.web.admin_forms import attempt
from helpdesk.web.context import current_person, language
from helpdesk.web.format import WEEKDAYS
from helpdesk.web.resting import ABSENCES
from helpdesk.web.roster_forms import NumberForm, SubstituteForm

bp = Blueprint("my_shifts", __name__, url_prefix="/my-shifts")


@bp.get("")
def show() -> ResponseReturnValue:
    """The next four weeks."""
    return _page(current_person().forward_number)


def _page(number: str, wrong: dict[str, str] | None = None) -> str:
    mine = own_roster.ahead(current_person(), now())
    names = WEEKDAYS["ru" if language() == "ru" else "en"]
    return render_template(
        "roster/mine.html", mine=mine, kinds=ABSENCES, number=number, names=names, here_zone=zone(), wrong=wrong or {}
    )


@bp.post("/absences/<int:absence_id>/substitute")
def name_substitute(absence_id: int) -> ResponseReturnValue:
    """Say who stands in for one's self."""
    chosen = SubstituteForm().load(request.form)["substitute"]
    roster.name_substitute(absence_id, substitute_id=chosen or None, by=current_person())
    flash(_("Saved."), "success")
    return redirect(url_for(".show"), 303)


@bp.post("/number")
def number() -> ResponseReturnValue:
    """Say to which number one's calls go on."""

    def save(data: dict[str, str]) -> bool:
        own_roster.set_number(data["number"], by=current_person())
        return True

    done, wrong = attempt(NumberForm, save)
    if not done:
        return _page(request.form.get("number", ""), wrong), 422
    flash(_("Saved."), "success")
    return redirect(url_for(".show"), 303)
