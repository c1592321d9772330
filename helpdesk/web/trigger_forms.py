"""What the form of a rule sends, checked; and a rule as the form shows it again."""

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import ValidationError, fields, pre_load, validate, validates_schema

from helpdesk.orm import Json
from helpdesk.services.trigger_acts import OWNERS, STATUSES, TOLD
from helpdesk.services.trigger_cases import CUSTOMERS, GOT
from helpdesk.services.trigger_cases import OWNERS as OWNED
from helpdesk.tickets.models import Priority, Status
from helpdesk.tickets.triggers import OCCASIONS, Trigger
from helpdesk.web.admin_forms import ROW_ID, line, printable
from helpdesk.web.desk_forms import Form, plain
from helpdesk.web.words import CHANNELS

MANY, LONG = 30, 200
DAYS = (7, 30, 90)
LISTED = validate.Length(max=MANY, error="This is too much; make two rules of it.")


class Pieces(fields.Field[list[str]]):
    """Words apart from each other, by lines or by commas."""

    def __init__(self, apart: str) -> None:
        super().__init__(load_default=list, validate=LISTED)
        self.apart = apart

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> list[str]:
        found = [piece.strip() for piece in str(value).replace("\r", "").split(self.apart) if piece.strip()]
        for piece in found:
            plain(piece)
        if any(len(piece) > LONG for piece in found):
            raise ValidationError("This is empty or too long.")
        return list(dict.fromkeys(found))


def _some(*known: str) -> fields.List[str]:
    return fields.List(fields.String(validate=validate.OneOf(known)), load_default=list, validate=LISTED)


def _ids() -> fields.List[int]:
    return fields.List(fields.Integer(validate=ROW_ID), load_default=list, validate=LISTED)


class Whom(fields.Field["str | int"]):
    """Somebody by their id, or one of some words."""

    def __init__(self, *known: str, **more: Any) -> None:
        super().__init__(**more)
        self.known = known

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> str | int:
        text = str(value)
        if text in self.known:
            return text
        if not (text.isascii() and text.isdecimal() and 0 < len(text) < 18):
            raise ValidationError("Choose one of the list.")
        return int(text)


class TriggerForm(Form):
    """*not* names the conditions that must not hold; fields of actions begin with do_."""

    class Meta:
        include: ClassVar = {"not": _some(*GOT)}

    name = fields.String(required=True, validate=line(120, 1))
    occasion = fields.String(required=True, validate=validate.OneOf(OCCASIONS))
    match = fields.String(load_default="all", validate=validate.OneOf(("all", "any")))
    stops = fields.Boolean(load_default=False)
    active = fields.Boolean(load_default=False)
    days = fields.Integer(load_default=30, validate=validate.OneOf(DAYS))
    channel = _some(*CHANNELS)
    mailbox, team, hours = _ids(), _ids(), _ids()
    status = _some(*Status)
    priority = _some(*Priority)
    language = _some("ru", "kk", "en")
    customer = _some(*CUSTOMERS)
    owner = _some(*OWNED)
    tag = Pieces(",")
    domain = Pieces(",")
    words = Pieces("\n")
    do_team = fields.Integer(load_default=None, validate=ROW_ID)
    do_owner = Whom(*OWNERS, load_default=None)
    do_priority = fields.String(load_default=None, validate=validate.OneOf(list(Priority)))
    do_add_tags = Pieces(",")
    do_drop_tags = Pieces(",")
    do_status = fields.String(load_default=None, validate=validate.OneOf(list(STATUSES)))
    do_note = fields.String(load_default="", validate=[validate.Length(max=4000, error="This is too long."), printable])
    do_tell = fields.List(Whom(*TOLD), load_default=list, validate=LISTED)

    @pre_load
    def _filled(self, data: dict[str, Any], **_options: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if (value.strip() if isinstance(value, str) else value)}

    @validates_schema
    def _does_something(self, data: dict[str, Any], **_options: Any) -> None:
        if not actions(data):
            raise ValidationError("Say what the rule is to do.", "do_team")


class PlaceForm(Form):
    """How far down a log was read."""

    before = fields.Integer(load_default=None, validate=ROW_ID)


def conditions(data: Mapping[str, Any]) -> list[Json]:
    """The conditions, those that were filled in."""
    return [
        {"what": what, "values": [str(value) for value in data[what]], "not": what in data["not"]}
        for what in GOT
        if data[what]
    ]


def actions(data: Mapping[str, Any]) -> Json:
    """The actions, those that were filled in."""
    found = {name.removeprefix("do_"): value for name, value in data.items() if name.startswith("do_") and value}
    for name in ("add_tags", "drop_tags"):
        if name in found:
            found[name] = [tag[:60] for tag in found[name]]
    return found


def values(known: Trigger) -> dict[str, Any]:
    """A rule as its form shows it."""
    shown: dict[str, Any] = {one["what"]: one["values"] for one in known.conditions}
    shown |= {what: ", ".join(shown[what]) for what in ("tag", "domain") if what in shown}
    does = {f"do_{name}": value for name, value in known.actions.items()}
    does |= {name: ", ".join(does[name]) for name in ("do_add_tags", "do_drop_tags") if name in does}
    return {
        **shown, **does, "words": "\n".join(shown.get("words", ())), "do_tell": [str(one) for one in does.get("do_tell", ())],
        "not": [one["what"] for one in known.conditions if one["not"]], "name": known.name, "occasion": known.occasion,
        "match": "all" if known.whole else "any", "stops": known.stops, "active": known.active,
    }  # fmt: skip
