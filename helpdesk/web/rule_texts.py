"""Calendars and policies between their definitions and the texts that people type."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from marshmallow import ValidationError, fields, pre_load, validate

from helpdesk.sla.clock import PAUSES
from helpdesk.sla.definition import WEEKDAYS
from helpdesk.sla.policy import ANY_PRIORITY, TIMES, Policy
from helpdesk.tickets.models import Priority
from helpdesk.web.admin_forms import ROW_ID, Length, line, windows
from helpdesk.web.desk_forms import Form
from helpdesk.web.format import duration
from helpdesk.web.step_texts import StepForm, definitions, gathered, values
from helpdesk.web.words import CHANNELS

DAYS = WEEKDAYS
CLOCKS = ("first_response", "answer", "resolution", "update")
PRIORITIES = ("any", *reversed(Priority))  # in forms; in definitions "any" is "*"
CELLS = tuple(f"{priority}-{clock}" for priority in PRIORITIES for clock in CLOCKS)
CAME = validate.Range(datetime.fromisoformat("2000-01-01"), datetime.fromisoformat("2060-01-01"))
DAYS_COUNTED = validate.Range(date(2000, 1, 1), date(2090, 1, 1))
DATED = re.compile(r"((?:\d{4}-)?\d\d-\d\d)(?:\s+(.*))?")


class PolicyForm(Form):
    """A policy. Lengths of time are in fields named by priority and clock; an empty row promises what "any" does."""

    name = fields.String(required=True, validate=line(200, 1))
    team = fields.List(fields.String(validate=line(200, 1)), load_default=list)
    channel = fields.List(fields.String(validate=validate.OneOf(CHANNELS)), load_default=list)
    priority = fields.List(fields.String(validate=validate.OneOf(list(Priority))), load_default=list)
    tag = fields.String(load_default="", validate=line(400))
    reason = fields.String(load_default="", validate=line(400))
    time = fields.String(load_default="working", validate=validate.OneOf(TIMES))
    pauses = fields.List(fields.String(validate=validate.OneOf(PAUSES)), load_default=list)
    calendar = fields.Integer(load_default=None, allow_none=True, validate=ROW_ID)
    targets = fields.Dict(keys=fields.String(), values=Length(), load_default=dict)
    steps = fields.List(fields.Nested(StepForm), load_default=None)
    came = fields.NaiveDateTime(load_default=None, validate=CAME)
    look = fields.String(load_default="", validate=validate.OneOf(("", *CELLS)))
    first = fields.Date(load_default=None, validate=DAYS_COUNTED)
    last = fields.Date(load_default=None, validate=DAYS_COUNTED)

    @pre_load
    def _gather(self, data: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        steps, rest = gathered(data)
        left_empty = ("calendar", "came", "first", "last")
        rest = {name: value for name, value in rest.items() if value != "" or name not in left_empty}
        targets = {cell: rest.pop(cell) for cell in CELLS if cell in rest}
        filled = {cell: text for cell, text in targets.items() if str(text).strip()}
        return {**rest, "targets": filled, **({"steps": steps} if steps is not None else {})}

    def handle_error(self, error: ValidationError, *_args: Any, **_kwargs: Any) -> None:
        """What is wrong with a length or a step is said at its own field."""
        messages = error.messages_dict
        for cell, wrong in messages.pop("targets", {}).items():
            messages[cell] = wrong["value"] if isinstance(wrong, dict) else wrong
        for i, row in messages.pop("steps", {}).items():
            messages |= {f"{name}-{i}": wrong for name, wrong in row.items()}
        raise ValidationError(messages)


def policy_definition(data: Mapping[str, Any]) -> dict[str, Any]:
    """The definition that a form says."""
    listed = {name: [one.strip() for one in data[name].split(",") if one.strip()] for name in ("tag", "reason")}
    when = {"team": data["team"], "channel": data["channel"], "priority": data["priority"], **listed}
    return {
        "name": data["name"],
        "when": {name: values for name, values in when.items() if values},
        "targets": _targets(data["targets"]),
        "time": data["time"],
        "pauses": data["pauses"],
        **({"steps": definitions(data["steps"])} if data["steps"] is not None else {}),
    }


def _targets(cells: Mapping[str, int]) -> dict[str, dict[str, int | None]]:
    rows: dict[str, dict[str, int | None]] = {}
    for cell, seconds in cells.items():
        priority, _, clock = cell.partition("-")
        rows.setdefault(ANY_PRIORITY if priority == "any" else priority, {})[clock] = seconds
    return rows


def policy_values(policy: Policy, calendar_id: int | None, language: str) -> dict[str, Any]:
    """What the form shows of a policy."""
    cells = {
        f"{'any' if priority == ANY_PRIORITY else priority}-{clock}": _length(targets.get(clock), language)
        for priority, targets in policy.targets.items()
        for clock in CLOCKS
    }
    return {
        "name": policy.name,
        **{name: list(policy.when.get(name, ())) for name in ("team", "channel", "priority")},
        "tag": ", ".join(policy.when.get("tag", ())),
        "reason": ", ".join(policy.when.get("reason", ())),
        "time": policy.time_for(Priority.NORMAL),
        "pauses": list(policy.pauses),
        "calendar": calendar_id or "",
        **cells,
        **values(policy.steps, language),
    }


def _length(seconds: int | None, language: str) -> str:
    return duration(seconds, language).replace("\u00a0", " ") if seconds else ""


def calendar_definition(data: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """The definition that a form says; breaks are kept from *before*."""
    wrong: dict[str, list[str]] = {}
    weekly = {day: _checked(day, data[day], wrong) for day in DAYS}
    overrides = {day: _checked("overrides", hours, wrong) for day, hours in _dated("overrides", data, wrong).items()}
    holidays = _dated("holidays", data, wrong)
    if wrong:
        raise ValidationError(wrong)
    return {
        "tz": data["tz"],
        "weekly": {day: hours for day, hours in weekly.items() if hours},
        "holidays": holidays,
        "overrides": overrides,
        "breaks": before.get("breaks", {}),
    }


def _checked(field: str, text: str, wrong: dict[str, list[str]]) -> list[list[str]]:
    try:
        return windows(text)
    except ValidationError as error:
        wrong[field] = [str(message) for message in error.messages]
        return []


def _dated(field: str, data: Mapping[str, Any], wrong: dict[str, list[str]]) -> dict[str, str]:
    """Lines such as "2026-12-31 New Year's Eve", by day."""
    lines = [line.strip() for line in data[field].splitlines() if line.strip()]
    found = [DATED.fullmatch(line) for line in lines]
    if not all(found):
        wrong[field] = ["Begin each line with a day: 2026-12-31, or 12-31 for every year."]
    return {one[1]: (one[2] or "").strip() for one in found if one}


def calendar_values(name: str, definition: Mapping[str, Any]) -> dict[str, Any]:
    """What the form shows of a calendar."""
    holidays = definition.get("holidays", [])
    named = holidays if isinstance(holidays, Mapping) else dict.fromkeys(holidays, "")
    return {
        "name": name,
        "tz": definition["tz"],
        **{day: _typed(definition.get("weekly", {}).get(day, [])) for day in DAYS},
        "holidays": "\n".join(f"{day} {title}".strip() for day, title in sorted(named.items())),
        "overrides": "\n".join(
            f"{day} {_typed(hours)}".strip() for day, hours in sorted(definition.get("overrides", {}).items())
        ),
    }


def _typed(hours: list[list[str]]) -> str:
    return ", ".join(f"{opens}-{closes}" for opens, closes in hours)
