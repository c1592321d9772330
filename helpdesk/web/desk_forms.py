"""What the agent's pages send, checked field by field; unknown fields are refused."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, pre_load, validate
from werkzeug.datastructures import MultiDict

from helpdesk.services.queue import Wanted
from helpdesk.services.quoting import QUOTES
from helpdesk.services.solving import PARTS, Ending
from helpdesk.services.views import VIEWS
from helpdesk.tickets.models import Priority, Status
from helpdesk.web.words import CHANNELS, CLOCKS

LONGEST = 200_000
LONGEST_LIST = 10_000
MARK = r"(?:[a-z0-9-]{1,40}:[1-9][0-9]{0,8})?\Z"
PHONE = r"(?:\s*\+?[\d\s()./\-\u2010-\u2015\u00a0]{2,40})?\Z"


def plain(text: str) -> None:
    """Refuse line breaks and control characters in what is one line."""
    if any(ord(letter) < 32 or letter in "\x7f\x85\u2028\u2029" for letter in text):
        raise ValidationError("Write it in one line, without control characters.")


HAND = re.compile(r"(to|note)_(all|[0-9]{1,10})")  # what a row of the sheet sends, and what is said for all
LISTED = ("view", "channel", "priority", "status", "tag", "owner", "reason")  # what says which list it is
NONE_OR_ID = validate.Regexp(r"none|[1-9][0-9]{0,17}")


class QueueQuery(Schema):
    """The address of a queue page."""

    class Meta:
        unknown = EXCLUDE

    view = fields.String(load_default="team", validate=validate.OneOf(VIEWS))
    channel = fields.String(load_default="", validate=validate.OneOf(CHANNELS))
    priority = fields.String(load_default="", validate=validate.OneOf(list(Priority)))
    status = fields.String(load_default="", validate=validate.OneOf(list(Status)))
    tag = fields.String(load_default="", validate=validate.Length(max=60))
    owner = fields.String(load_default="", validate=NONE_OR_ID)
    reason = fields.String(load_default="", validate=NONE_OR_ID)
    after = fields.String(load_default="")

    @pre_load
    def _filled(self, data: Any, **_: Any) -> dict[str, str]:
        return {name: value for name, value in data.items() if value}

    @post_load
    def _wanted(self, data: dict[str, Any], **_: Any) -> Wanted:
        owner, reason, after = data.pop("owner"), data.pop("reason"), data.pop("after")
        return Wanted(
            **data, owner=_row(owner), unowned=owner == "none", reason=_row(reason), unreasoned=reason == "none",
            after=_place(after),
        )  # fmt: skip


def _row(chosen: str) -> int | None:
    return int(chosen) if chosen.isdecimal() else None


def _place(after: str) -> tuple[datetime, int] | None:
    if not after:
        return None
    at, _comma, row = after.partition(",")
    try:
        place = datetime.fromisoformat(at)
    except ValueError as wrong:
        raise ValidationError("This is no place in the list.", "after") from wrong
    if place.tzinfo is None or not row.isdecimal() or len(row) > 18:
        raise ValidationError("This is no place in the list.", "after")
    return place, int(row)


class Form(Schema):
    """Any form of these pages."""

    csrf_token = fields.String(load_only=True)
    back = fields.String(load_default="")

    def load(self, data: Any, **options: Any) -> Any:
        """What was sent, checked."""
        if isinstance(data, MultiDict):
            once(self, data)
        return super().load(data, **options)


def once(schema: Schema, form: MultiDict[str, str]) -> None:
    """Refuse a form that says twice what can be said once."""
    several = {name for name, kind in schema.fields.items() if isinstance(kind, (fields.List, fields.Dict))}
    if twice := [name for name, values in form.lists() if len(values) > 1 and name not in several]:
        raise ValidationError({name: ["Say this once."] for name in twice})


class SaveForm(Form):
    """A name for a list, beside the fields of its address."""

    name = fields.String(required=True, validate=[validate.Length(1, 80, error="This is empty or too long."), plain])
    team = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1, 2**62))

    @pre_load
    def _filled(self, data: Any, **_: Any) -> dict[str, str]:
        return {name: value.strip() for name, value in data.items() if value.strip() and name not in LISTED}


class Act(Form):
    """A button; *version* is the ticket's as the page showed it."""

    version = fields.Integer(load_default=None, strict=False, validate=validate.Range(1, 2**31))


class JunkForm(Act):
    """Junk; *block* refuses its sender's mail from now on."""

    block = fields.Boolean(load_default=False)


class OwnerForm(Act):
    to = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1, 2**62))

    @pre_load
    def _nobody(self, data: Any, **_: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if (name, value) != ("to", "")}


class SkipForm(Act):
    reason = fields.String(load_default="", validate=[validate.Length(max=1000), plain])


class OfferForm(Act):
    to = fields.Integer(required=True, validate=validate.Range(1, 2**62))
    note = fields.String(load_default="", validate=validate.Length(max=4000))


class PriorityForm(Act):
    to = fields.String(required=True, validate=validate.OneOf(list(Priority)))


class LadderForm(Act):
    """Which deadline: its kind, and the event that began it."""

    clock = fields.String(required=True, validate=validate.OneOf(list(CLOCKS)))
    started_seq = fields.Integer(required=True, validate=validate.Range(1, 2**31))


class TeamForm(Act):
    to = fields.Integer(required=True, validate=validate.Range(1, 2**62))


TITLE: list[Any] = [validate.Length(max=300), plain]


class EndForm(Act):
    """An act that may solve, the reason that is given with it, and what becomes of open parts."""

    reason = fields.String(load_default="", validate=TITLE)
    parts = fields.String(load_default="", validate=validate.OneOf(("", *PARTS)))


def ending(wanted: Mapping[str, Any]) -> Ending:
    """What such a form says of the solution."""
    return Ending(reason=wanted["reason"], parts=wanted["parts"])


class ReasonForm(Act):
    """What it is about, by its title."""

    to = fields.String(load_default="", validate=TITLE)


class SubjectForm(Act):
    to = fields.String(required=True, validate=[validate.Length(1, 500), plain])


class TagsForm(Act):
    to = fields.String(load_default="", validate=[validate.Length(max=1000), plain])


class OpenForm(Form):
    """A ticket for somebody who asked in a way that no channel records. *customer* is chosen among namesakes."""

    phone = fields.String(load_default="", validate=validate.Regexp(PHONE, error="Write a phone number."))
    email = fields.String(
        load_default="", validate=validate.Regexp(r"(?:[^@\s]{1,64}@[^@\s]{1,250})?\Z", error="Write a mail address.")
    )
    name = fields.String(load_default="", validate=[validate.Length(max=200), plain])
    customer = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(0, 2**62))
    team = fields.Integer(required=True, validate=validate.Range(1, 2**62))
    priority = fields.String(load_default=Priority.NORMAL.value, validate=validate.OneOf(list(Priority)))
    subject = fields.String(
        required=True, validate=[validate.Length(1, 500, error="This is empty or too long."), plain]
    )
    text = fields.String(required=True, validate=validate.Length(1, LONGEST, error="This is empty or too long."))


WAYS, TIMES = ("pend", "hold", "solve", "next"), ("hour", "morning", "at")


class SayForm(Form):
    """A reply or a note. *seen* is the last message its writer had on the page, *anyway* the one the guard showed.

    *heard* is the last event at that time, *used* are the snippets that a script has put in; *said* and *base* are for
    drafts. What becomes of *parts* is only said of what is solved. *without* sends it by this way although there is no file
    that it speaks of; that this was *asked* once is known from then on. *then* is remembered unless it had a key of its own
    (*keyed*).
    """

    kind = fields.String(load_default="reply", validate=validate.OneOf(("reply", "note")))
    text = fields.String(load_default="", validate=validate.Length(max=LONGEST))
    seen = fields.Integer(load_default=None, validate=validate.Range(0, 2**62))
    heard = fields.Integer(load_default=None, validate=validate.Range(0, 2**62))
    said = fields.Integer(load_default=0, validate=validate.Range(0, 2**62))
    base = fields.String(load_default="", validate=validate.Regexp(MARK))
    anyway = fields.Integer(load_default=None, validate=validate.Range(0, 2**62))
    then = fields.String(load_default="", validate=validate.OneOf(("", *WAYS)))
    keyed = fields.String(load_default="")
    discard = fields.String(load_default="")
    insert = fields.String(load_default="")
    unseen = fields.String(load_default="", validate=validate.Length(max=LONGEST_LIST))
    snippet = fields.Integer(load_default=None, validate=validate.Range(1, 2**62))
    to = fields.String(load_default="", validate=validate.Length(max=LONGEST_LIST))
    cc = fields.String(load_default="", validate=validate.Length(max=LONGEST_LIST))
    bcc = fields.String(load_default="", validate=validate.Length(max=LONGEST_LIST))
    quote = fields.String(load_default="", validate=validate.OneOf(("", *QUOTES)))
    later = fields.String(load_default="", validate=validate.OneOf(("", *TIMES)))
    later_at = fields.String(load_default="", validate=[validate.Length(max=40), plain])
    parts = fields.String(load_default="", validate=validate.OneOf(("", *PARTS)))
    without = fields.String(load_default="", validate=validate.OneOf(("", "file", *WAYS, *TIMES)))
    asked = fields.Boolean(load_default=False)
    reason = fields.String(load_default="", validate=TITLE)
    again = fields.List(fields.Integer(validate=validate.Range(1, 2**62)), load_default=list)
    used = fields.List(fields.Integer(validate=validate.Range(1, 2**62)), load_default=list)
    files = fields.Raw(load_default=None)

    @pre_load
    def _several(self, data: Any, **_: Any) -> dict[str, Any]:
        several = {name: data.getlist(name) for name in ("again", "used") if data.get(name)}
        solves = {"then": "solve"} if data.get("parts") else {}
        way = data.get("without")
        without = {"then": way} if way in WAYS else {"later": way} if way in TIMES else {}
        return {name: value for name, value in data.items() if value} | several | without | solves


class RefuseForm(Form):
    reason = fields.String(load_default="", validate=validate.Length(max=1000))


class ReadForm(Form):
    until = fields.Integer(required=True, validate=validate.Range(0, 2**62))


class SheetForm(Form):
    """The sheet of a shift: the one ticket whose button was pressed, or all of them; each row has its own fields."""

    ticket = fields.Integer(load_default=None, validate=validate.Range(1, 2**31))
    tickets = fields.List(fields.Integer(validate=validate.Range(1, 2**31)), load_default=list)
    back = fields.String(load_default="")

    @pre_load
    def _numbers(self, data: Any, **_: Any) -> dict[str, Any]:
        every = data.getlist("tickets") if hasattr(data, "getlist") else []
        sent = {name: value for name, value in data.items() if value and not HAND.fullmatch(name)}
        return {**sent, "tickets": every}
