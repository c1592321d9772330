"""What the steps of connecting a mailbox send, checked field by field."""

from typing import Any

from marshmallow import ValidationError, fields, pre_load, validate, validates_schema

from helpdesk.channels.mail.tls import SECURITIES
from helpdesk.services import sign_in_services
from helpdesk.web.admin_forms import PORT, ROW_ID, a_day, line
from helpdesk.web.desk_forms import Form

WAYS = ("password", *sign_in_services.KINDS)
SINCE = ("new", "date", "all")


def address() -> fields.String:
    """The address of a mailbox."""
    return fields.String(
        required=True,
        validate=[
            validate.Regexp(r"[^@\s]{1,64}@[^@\s]{1,255}\Z", error="Write a mail address."),
            *line(320),
        ],
    )


class AddressForm(Form):
    address = address()

    @pre_load
    def _bare(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value.strip() if name == "address" else value for name, value in data.items()}


class MailboxForm(AddressForm):
    """Where a mailbox is. One *password* opens both servers."""

    team = fields.Integer(required=True, validate=ROW_ID)
    way = fields.String(load_default="password", validate=validate.OneOf(WAYS))
    password = fields.String(load_default="", validate=validate.Length(max=1000))
    imap_host = fields.String(required=True, validate=line(250, 1))
    imap_port = fields.Integer(load_default=993, validate=PORT)
    imap_security = fields.String(load_default="tls", validate=validate.OneOf(SECURITIES))
    imap_user = fields.String(load_default="", validate=line(250))
    folder = fields.String(load_default="INBOX", validate=line(250, 1))
    plus = fields.Boolean(load_default=False)
    smtp_host = fields.String(load_default="", validate=line(250))
    smtp_port = fields.Integer(load_default=465, validate=PORT)
    smtp_security = fields.String(load_default="tls", validate=validate.OneOf(SECURITIES))


class SinceForm(Form):
    """What becomes of the mail that is there already."""

    since = fields.String(load_default="new", validate=validate.OneOf(SINCE))
    since_date = fields.String(load_default="", validate=a_day)
    acknowledge = fields.Boolean(load_default=False)

    @validates_schema
    def _day(self, data: dict[str, Any], **_: Any) -> None:
        if data["since"] == "date" and not data["since_date"]:
            raise ValidationError("Choose a day.", "since_date")
