"""What the pages of the roster send, checked field by field."""

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, pre_load, validate

from helpdesk.services.patterns import ZONES
from helpdesk.web.admin_forms import DAYS, ROW_ID
from helpdesk.web.desk_forms import Form


class HoursForm(Form):
    """Other hours of one shift."""

    starts = fields.Time(format="%H:%M", required=True)
    ends = fields.Time(format="%H:%M", required=True)


class PatternForm(HoursForm):
    weekdays = fields.List(
        fields.Integer(validate=validate.Range(0, 6)), required=True, error_messages={"required": "Choose the days of the week."},
        validate=validate.Length(1, 7, error="Choose the days of the week."),
    )  # fmt: skip
    zone_of = fields.String(load_default="team", validate=validate.OneOf(ZONES))
    valid_from = fields.Date(required=True, validate=DAYS)
    valid_until = fields.Date(load_default=None, allow_none=True, validate=DAYS)

    @pre_load
    def _open_ended(self, data: Mapping[str, Any], **_options: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if (name, value) != ("valid_until", "")}


class NewPatternForm(PatternForm):
    person = fields.Integer(required=True, validate=ROW_ID)


class SubstituteForm(Form):
    """Who stands in; 0 is nobody."""

    substitute = fields.Integer(required=True, validate=validate.Range(0, 2**62))


class NumberForm(Form):
    """The number to which one's calls go on; empty when they go nowhere."""

    number = fields.String(
        load_default="",
        validate=validate.Regexp(
            r"(?:[0-9+*#][0-9 ()*#.+-]{1,39})?\Z", error="Write a phone number or an extension, such as 214."
        ),
    )
