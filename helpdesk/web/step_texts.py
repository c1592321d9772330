"""The ladder of a policy between its definition and the rows of a form: when, and what is done."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from marshmallow import ValidationError, fields, validate

from helpdesk.people.roles import Role
from helpdesk.sla.policy import Action, Step
from helpdesk.tickets.models import Priority
from helpdesk.web.admin_forms import Length, line
from helpdesk.web.desk_forms import Form
from helpdesk.web.format import NBSP, duration

MOST = 12
COLUMNS = {"owner": "tell_owner", "lead": "tell_lead", "role": "tell_role", "chat": "post_chat"}
COLUMNS |= {"raise": "set_priority", "move": "move_team"}
TICKED = ("owner", "lead")
SHARE = re.compile(r"(\d{1,3})%")
WHEN = "Write when: 75 %, or +15 min for after the deadline."


class When(fields.Field[dict[str, Any]]):
    """When a step is: "75 %" of the target, or "+15 min" after it, as {"at": 0.75} or {"after": 900}."""

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> dict[str, Any]:
        text = re.sub(r"\s", "", str(value))
        if share := SHARE.fullmatch(text):
            return {"at": int(share[1]) / 100}
        if text.startswith("+"):
            return {"after": Length().deserialize(text[1:])}
        raise ValidationError(WHEN)


class StepForm(Form):
    """One row; an empty one is no step."""

    when = When(load_default=None)
    owner = fields.Boolean(load_default=False)
    lead = fields.Boolean(load_default=False)
    role = fields.String(load_default="", validate=validate.OneOf(("", *Role)))
    chat = fields.String(load_default="", validate=line(200))
    priority = fields.String(load_default="", data_key="raise", validate=validate.OneOf(("", *Priority)))
    move = fields.String(load_default="", validate=line(200))


def gathered(data: Mapping[str, Any]) -> tuple[list[dict[str, Any]] | None, dict[str, Any]]:
    """The rows of steps in what was sent, None when there is none, and the rest of it."""
    cells = {f"{name}-{i}": (i, name) for i in range(MOST) for name in ("when", *COLUMNS)}
    rows: dict[int, dict[str, Any]] = {}
    for cell in data.keys() & cells.keys():
        i, name = cells[cell]
        rows.setdefault(i, {})
        if str(data[cell]).strip():
            rows[i][name] = data[cell]
    rest = {name: value for name, value in data.items() if name not in cells}
    return [rows.get(i, {}) for i in range(max(rows) + 1)] if rows else None, rest


def definitions(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The steps that the rows say. Raises ValidationError for a row that does something but does not say when."""
    found = []
    for i, row in enumerate(rows):
        actions = [{"do": do, **({} if ticked else {"to": to})} for do, to, ticked in _wanted(row)]
        if row["when"] is None and actions:
            raise ValidationError({f"when-{i}": [WHEN]})
        if row["when"] is not None:
            found.append({**row["when"], "actions": actions})
    return found


def _wanted(row: Mapping[str, Any]) -> Iterable[tuple[str, Any, bool]]:
    names = {"raise": "priority"}
    for column, do in COLUMNS.items():
        if value := row[names.get(column, column)]:
            yield do, value, column in TICKED


def values(steps: Sequence[Step], language: str) -> dict[str, Any]:
    """What the form shows of the steps; one that does the same thing twice takes two rows."""
    shown: dict[str, Any] = {}
    rows = [(step, actions) for step in steps for actions in _rows(step.actions)]
    for i, (step, actions) in enumerate(rows[:MOST]):
        shown[f"when-{i}"] = _when(step, language)
        for column, do in COLUMNS.items():
            shown |= {f"{column}-{i}": action.to or "1" for action in actions if action.do == do}
    return shown


def _rows(actions: Sequence[Action]) -> list[list[Action]]:
    rows: list[list[Action]] = [[]]
    for action in actions:
        row = next((row for row in rows if all(one.do != action.do for one in row)), None)
        if row is None:
            rows.append([action])
        else:
            row.append(action)
    return rows


def _when(step: Step, language: str) -> str:
    if step.at is not None:
        return f"{step.at:.0%}".replace("%", " %")
    return "+" + duration(step.after or 0, language).replace(NBSP, " ")
