"""What the settings of a mailbox say about sending, checked field by field."""

from collections.abc import Callable, Collection

from marshmallow import Schema, ValidationError, fields, validate

from helpdesk.channels.mail.mailgun import API_URL
from helpdesk.channels.mail.signing import SELECTOR
from helpdesk.errors import HelpdeskError
from helpdesk.services import identity, reach, recipients
from helpdesk.services.quoting import NONE, QUOTES
from helpdesk.services.signing import USUAL
from helpdesk.tickets.placeholders import check
from helpdesk.web.desk_forms import plain
from helpdesk.web.errors import told


def placeholders(known: Collection[str]) -> Callable[[str], None]:
    """Refuse a text that names another placeholder."""
    return refusing(lambda text: check(text, known))


def refusing(act: Callable[[str], object]) -> Callable[[str], None]:
    """What the desk refuses of a text is wrong with its field."""

    def validated(text: str) -> None:
        try:
            act(text)
        except HelpdeskError as error:
            raise ValidationError(told(error)) from error

    return validated


def _printable(text: str) -> None:
    if any((ord(letter) < 32 and letter not in "\r\n\t") or letter == "\x7f" for letter in text):
        raise ValidationError("Write it without control characters.")


LONG = validate.Length(max=4000, error="This is too long.")

A_NUMBER = "Write a number, or 0 for as many as there are."

A_SELECTOR = "Write small letters, digits and hyphens."


class SendingFields(Schema):
    """How a mailbox's answers go out."""

    signature = fields.String(load_default="", validate=[LONG, _printable, placeholders(identity.IN_SIGNATURE)])
    quote = fields.String(load_default=NONE, validate=validate.OneOf(QUOTES))
    always_bcc = fields.String(load_default="", validate=[LONG, refusing(recipients.addresses)])
    per_minute = fields.Integer(load_default=0, validate=validate.Range(0, 100_000, error=A_NUMBER))
    per_day = fields.Integer(load_default=0, validate=validate.Range(0, 1_000_000, error=A_NUMBER))
    dkim = fields.Boolean(load_default=False)
    dkim_selector = fields.String(
        load_default=USUAL, validate=validate.Regexp(rf"(?:{SELECTOR.pattern})\Z", error=A_SELECTOR)
    )
    send_by = fields.String(load_default="smtp", validate=validate.OneOf(("smtp", "mailgun")))
    api_url = fields.String(load_default=API_URL, validate=[validate.Length(1, 300), refusing(reach.check)])
    api_key = fields.String(load_default="", validate=[validate.Length(max=300), _printable])
    sent_folder = fields.String(load_default="", validate=[validate.Length(max=250), plain])
    answer_all = fields.Boolean(load_default=False)
