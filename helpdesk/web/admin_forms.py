"""What the settings pages send, checked field by field; unknown fields are refused, what is wrong is said beside it."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypeVar

from flask import request
from flask_babel import gettext as _
from marshmallow import Schema, ValidationError, fields, pre_load, validate, validates_schema

from helpdesk.channels.mail.tls import SECURITIES
from helpdesk.errors import HelpdeskError, NotFound
from helpdesk.lengths import seconds_of
from helpdesk.people.dealing import WAYS
from helpdesk.people.roles import Role
from helpdesk.services import identity
from helpdesk.services.roster import ABSENCES
from helpdesk.sla.production import COUNTRIES
from helpdesk.sla.refusal import Refusal
from helpdesk.web.chips import COLUMNS
from helpdesk.web.desk_forms import Form, once, plain
from helpdesk.web.errors import told
from helpdesk.web.sending_forms import SendingFields, placeholders

T = TypeVar("T")
HOURS = re.compile(r"(\d\d?:\d\d)\s*[-–—]\s*(\d\d?:\d\d)")
LANGUAGES = ("ru", "kk", "en")  # those that tickets are told by
ROW_ID = validate.Range(1, 2**62)
PORT = validate.Range(1, 65535, error="A port is a number from 1 to 65535.")


def attempt(schema: type[Schema], act: Callable[[dict[str, Any]], T]) -> tuple[T | None, dict[str, str]]:
    """What *act* makes of the form that was sent, or by field what to change; under "" what is wrong with the whole."""
    try:
        return act(schema().load(sent(schema))), {}
    except ValidationError as error:
        return None, {field: _sentence(texts) for field, texts in error.messages_dict.items()}
    except NotFound:
        raise
    except (HelpdeskError, Refusal) as refusal:
        return None, {"": told(refusal)}


def sent(schema: type[Schema]) -> dict[str, Any]:
    """The form that was sent; of a field with several values all of them."""
    known = schema().fields
    once(schema(), request.form)
    return {
        name: request.form.getlist(name) if isinstance(known.get(name), fields.List) else request.form[name]
        for name in request.form
    }


def _sentence(texts: Any) -> str:
    """What marshmallow says of one field, in the reader's language."""
    found = texts.values() if isinstance(texts, dict) else [texts]
    return " ".join(_(text) for some in found for text in (some if isinstance(some, list) else [str(some)]))


def typed(*several: str) -> dict[str, Any]:
    """What was typed, to be shown again; *several* are fields with more than one value."""
    return {name: request.form.getlist(name) if name in several else request.form[name] for name in request.form}


class Length(fields.Field[int]):
    """A length of time as people write it ("4 h", "1h30m", "1 ч 30 мин"), as seconds."""

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> int:
        seconds = seconds_of(str(value))
        if not seconds:
            raise ValidationError("Write a length such as 4 h or 1 h 30 min.")
        return seconds


class Words(fields.Field[list[str]]):
    """Words with commas between, each once."""

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> list[str]:
        plain(str(value))
        words = [word.strip() for word in str(value).split(",") if word.strip()]
        if any(len(word) > 60 for word in words):
            raise ValidationError("A word is at most 60 letters long.")
        return list(dict.fromkeys(words))


def windows(text: str) -> list[list[str]]:
    """The windows in "09:00-13:00, 14:00-18:00"; none in an empty text."""
    parts = [part.strip() for part in re.split(r"[,;]", text) if part.strip()]
    found = [HOURS.fullmatch(part) for part in parts]
    if not all(found):
        raise ValidationError("Write hours such as 09:00-13:00, 14:00-18:00, or nothing for a day off.")
    return [[f"{one[1]:0>5}", f"{one[2]:0>5}"] for one in found if one]


def printable(text: str) -> None:
    """Refuse control characters in what has lines."""
    if any((ord(letter) < 32 and letter not in "\r\n\t") or letter == "\x7f" for letter in text):
        raise ValidationError("Write it without control characters.")


def a_day(text: str) -> None:
    """Refuse what is no day as browsers send it; nothing is fine."""
    try:
        date.fromisoformat(text or "2000-01-01")
    except ValueError as error:
        raise ValidationError("Choose a day.") from error


def line(longest: int, shortest: int = 0) -> list[Any]:
    """One line of text of at most so many letters."""
    return [validate.Length(shortest, longest, error="This is empty or too long."), plain]


class PersonForm(Form):
    name = fields.String(required=True, validate=line(200, 1))
    login = fields.String(required=True, validate=line(200, 1))
    role = fields.String(required=True, validate=validate.OneOf(list(Role)))
    locale = fields.String(required=True, validate=validate.OneOf(("", "ru", "en")))
    time_zone = fields.String(load_default="", validate=line(64))
    email = fields.String(
        load_default="", validate=validate.Regexp(r"(?:[^@\s]+@[^@\s]+)?\Z", error="Write a mail address.")
    )
    teams = fields.List(fields.Integer(validate=ROW_ID), load_default=list)
    languages = fields.List(fields.String(validate=validate.OneOf(LANGUAGES)), load_default=list)
    skills = Words(load_default=list, validate=validate.Length(max=30, error="This is empty or too long."))


class ProfileForm(Form):
    locale = fields.String(required=True, validate=validate.OneOf(("ru", "en")))
    time_zone = fields.String(load_default="", validate=line(64))


class KeysForm(Form):
    on = fields.Boolean(load_default=False)


class ColumnsForm(Form):
    columns = fields.List(fields.String(validate=validate.OneOf(list(COLUMNS))), load_default=list)


class PasswordForm(Form):
    before = fields.String(load_default="", validate=validate.Length(max=1000))
    after = fields.String(required=True, validate=validate.Length(max=1000, error="This is empty or too long."))
    again = fields.String(required=True)

    @validates_schema
    def _same(self, data: dict[str, Any], **_: Any) -> None:
        if data["after"] != data["again"]:
            raise ValidationError("This differs from the line above.", "again")


class TeamForm(Form):
    name = fields.String(required=True, validate=line(200, 1))
    time_zone = fields.String(required=True, validate=line(64, 1))
    active = fields.Boolean(load_default=False)
    sheet_minutes = fields.Integer(
        load_default=30, validate=validate.Range(5, 240, error="Write a number from 5 to 240.")
    )
    answer_minutes = fields.Integer(
        load_default=10, validate=validate.Range(1, 240, error="Write a number from 1 to 240.")
    )
    most_asked = fields.Integer(load_default=3, validate=validate.Range(1, 20, error="Write a number from 1 to 20."))
    reason_required = fields.Boolean(load_default=False)


class ReasonForm(Form):
    """A reason, under another one if *parent* says so. In lists the two levels are parted by a mark that no name has."""

    name = fields.String(
        required=True, validate=[*line(120, 1), validate.ContainsNoneOf("›", error="Write it without ›.")]
    )
    parent = fields.Integer(load_default=None, allow_none=True, validate=ROW_ID)
    active = fields.Boolean(load_default=False)

    @pre_load
    def _alone(self, data: Any, **_: Any) -> dict[str, Any]:
        return {name: value.strip() for name, value in data.items() if (name, value) != ("parent", "")}


class RuleForm(Form):
    """To whom a team's tickets are given."""

    skill_tags = fields.String(load_default="", validate=line(1000))
    most_open = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1, 10_000))

    idle_minutes = fields.Integer(required=True, validate=validate.Range(0, 10_000))

    @pre_load
    def _any_number(self, data: Any, **_: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if (name, value) != ("most_open", "")}


class DealForm(Form):
    """How a team's tickets get their owners; *limits* are those of single people, by their ids."""

    way = fields.String(required=True, validate=validate.OneOf(("", *WAYS)))
    by_fit = fields.Boolean(load_default=False)
    to_last = fields.Boolean(load_default=False)
    limits = fields.Dict(
        keys=fields.Integer(validate=ROW_ID),
        values=fields.Integer(validate=validate.Range(1, 10_000)),
        load_default=dict,
    )

    @pre_load
    def _gathered(self, data: Any, **_: Any) -> dict[str, Any]:
        """Each limit has a field of its own, such as most-7; an empty one says nothing."""
        plain = {name: value for name, value in data.items() if not name.startswith("most-")}
        limits = {name[5:]: value for name, value in data.items() if name.startswith("most-") and value.strip()}
        return {**plain, "limits": limits}


class FitForm(Form):
    """Which tickets are given to a person."""

    languages = fields.List(fields.String(validate=validate.OneOf(("ru", "kk", "en"))), load_default=list)
    skills = fields.String(load_default="", validate=line(1000))


class SwitchForm(Form):
    active = fields.Boolean(required=True)


class MoveForm(Form):
    up = fields.Boolean(required=True)


DAYS = validate.Range(date(2000, 1, 1), date(2090, 12, 31), error="Give days from 2000 to 2090.")


class ShiftForm(Form):
    person = fields.Integer(required=True, validate=ROW_ID)
    days = fields.List(fields.Date(validate=DAYS), required=True, validate=validate.Length(1, 7, error="Choose a day."))
    starts = fields.Time(format="%H:%M", required=True)
    ends = fields.Time(format="%H:%M", required=True)


class AbsenceForm(Form):
    person = fields.Integer(required=True, validate=ROW_ID)
    kind = fields.String(required=True, validate=validate.OneOf(ABSENCES))
    first = fields.Date(required=True, validate=DAYS)
    last = fields.Date(required=True, validate=DAYS)
    substitute = fields.Integer(load_default=0, validate=validate.Range(0, 2**62))


class ChannelForm(Form):
    name = fields.String(required=True, validate=line(200, 1))
    team = fields.Integer(required=True, validate=ROW_ID)


class MailForm(SendingFields, ChannelForm):
    address = fields.String(
        required=True, validate=validate.Regexp(r"[^@\s]+@[^@\s]+\Z", error="Write a mail address.")
    )
    from_name = fields.String(load_default="", validate=[*line(200), placeholders(identity.IN_NAME)])
    imap_host = fields.String(load_default="", validate=line(250))
    imap_port = fields.Integer(load_default=993, validate=PORT)
    imap_security = fields.String(load_default="tls", validate=validate.OneOf(SECURITIES))
    imap_user = fields.String(load_default="", validate=line(250))
    imap_password = fields.String(load_default="", validate=validate.Length(max=1000))
    since = fields.String(load_default="new", validate=validate.OneOf(("new", "date", "all")))
    since_date = fields.String(load_default="", validate=a_day)
    folder = fields.String(load_default="INBOX", validate=line(250, 1))
    after_read = fields.String(load_default="leave", validate=validate.OneOf(("leave", "seen", "move")))
    move_to = fields.String(load_default="", validate=line(250))
    smtp_host = fields.String(load_default="", validate=line(250))
    smtp_port = fields.Integer(load_default=465, validate=PORT)
    smtp_security = fields.String(load_default="tls", validate=validate.OneOf(SECURITIES))
    smtp_user = fields.String(load_default="", validate=line(250))
    smtp_password = fields.String(load_default="", validate=validate.Length(max=1000))
    acknowledge = fields.Boolean(load_default=False)
    copies = fields.String(load_default="each", validate=validate.OneOf(("each", "first")))
    trusted_server = fields.String(load_default="", validate=line(250))

    @validates_schema
    def _day(self, data: dict[str, Any], **_options: Any) -> None:
        if data["since"] == "date" and not data["since_date"]:
            raise ValidationError("Choose a day.", "since_date")


class WebhookForm(ChannelForm):
    answer_url = fields.String(load_default="", validate=line(1000))


class TelegramForm(ChannelForm):
    token = fields.String(load_default="", validate=line(200))


class CalendarForm(Form):
    name = fields.String(required=True, validate=line(200, 1))
    tz = fields.String(required=True, validate=line(64, 1))
    mon = fields.String(load_default="")
    tue = fields.String(load_default="")
    wed = fields.String(load_default="")
    thu = fields.String(load_default="")
    fri = fields.String(load_default="")
    sat = fields.String(load_default="")
    sun = fields.String(load_default="")
    holidays = fields.String(load_default="", validate=[validate.Length(max=20_000), printable])
    overrides = fields.String(load_default="", validate=[validate.Length(max=20_000), printable])


class TicketForm(Form):
    """A ticket by its number, as people write it: 12345, #12345 or № 12 345."""

    ticket = fields.Integer(required=True)

    @pre_load
    def _bare(self, data: Mapping[str, Any], **_options: Any) -> dict[str, Any]:
        number = re.sub(r"[#№\s]", "", data["ticket"])
        if not re.fullmatch(r"[1-9][0-9]{0,8}", number):
            raise ValidationError(_("Write a ticket's number."), "ticket")
        return {**data, "ticket": number}


class CountryForm(Form):
    country = fields.String(required=True, validate=validate.OneOf(list(COUNTRIES)))
    year = fields.Integer(required=True, validate=validate.Range(1991, 2099))
