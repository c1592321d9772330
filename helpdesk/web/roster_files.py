"""The roster as a file: fetched for a spreadsheet; one from a spreadsheet is looked at first, then written down."""

from datetime import date, timedelta

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from marshmallow import EXCLUDE, Schema, fields, validate

from helpdesk.errors import HelpdeskError, NotAllowed, NotFound
from helpdesk.services import roster_files, spreadsheets, weeks
from helpdesk.services.instant import now
from helpdesk.web.admin_forms import DAYS
from helpdesk.web.context import current_person
from helpdesk.web.desk_forms import Form
from helpdesk.web.errors import told

bp = Blueprint("roster_files", __name__, url_prefix="/admin/roster-files")


class TableQuery(Schema):
    """Which weeks, for which program."""

    class Meta:
        unknown = EXCLUDE

    week = fields.Date(load_default=None, validate=DAYS)
    cut = fields.String(load_default=";", validate=validate.OneOf((";", ",")))


class FileForm(Form):
    """What was looked at and is to be written down."""

    content = fields.String(required=True)
    leave_out = fields.Boolean(load_default=False)


@bp.get("/<int:team_id>")
def show(team_id: int) -> ResponseReturnValue:
    """Where files are fetched and given."""
    return _page(team_id)


@bp.get("/<int:team_id>/table")
def table(team_id: int) -> ResponseReturnValue:
    """Four weeks as a table."""
    wanted = TableQuery().load(request.args)
    monday = _monday(wanted["week"] or now().date())
    head = [_("Date"), _("Login"), _("Person"), _("From"), _("To")]
    lines = roster_files.table(team_id, monday, current_person())
    headers = {"Content-Disposition": f"attachment; filename=roster-{monday.isoformat()}.csv"}
    content = spreadsheets.written([head, *lines], wanted["cut"])
    return Response(content, content_type="text/csv; charset=utf-8", headers=headers)


@bp.post("/<int:team_id>/preview")
def preview(team_id: int) -> ResponseReturnValue:
    """What the file would do."""
    file = request.files.get("file")
    try:
        if file is None or not file.filename:
            raise HelpdeskError("Choose a file.")
        content = file.read()
        rows = roster_files.look(team_id, content, current_person())
    except (NotAllowed, NotFound):
        raise
    except HelpdeskError as refusal:
        return _page(team_id, told(refusal)), 422
    return render_template(
        "roster/preview.html", team=weeks.team(team_id, current_person()), rows=rows, filename=file.filename,
        content=spreadsheets.decoded(content), told=told,
    )  # fmt: skip


@bp.post("/<int:team_id>")
def import_(team_id: int) -> ResponseReturnValue:
    """Write the shifts of the file down."""
    wanted = FileForm().load(request.form)
    content = wanted["content"].encode()
    done = roster_files.import_(team_id, content, leave_out=wanted["leave_out"], by=current_person())
    flash(ngettext("%(num)s shift added.", "%(num)s shifts added.", done), "success")
    return redirect(url_for("admin_shifts.show", team=team_id), 303)


def _page(team_id: int, wrong: str = "") -> str:
    kept = weeks.team(team_id, current_person())
    monday = _monday(now().date())
    return render_template(
        "roster/files.html",
        team=kept,
        teams=weeks.teams_of(current_person()),
        monday=monday,
        wrong={"": wrong} if wrong else {},
    )


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
