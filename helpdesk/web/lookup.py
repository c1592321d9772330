"""Look-up: one box for phones, addresses, numbers, names and words, and beside it what happened to the ticket."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import EXCLUDE, Schema, fields, validate

from helpdesk.errors import NotFound
from helpdesk.people.models import Person
from helpdesk.services import explain, lookup, story
from helpdesk.services.lookup import Found, Result
from helpdesk.web import words, zone
from helpdesk.web.context import current_person

bp = Blueprint("lookup", __name__)


class LookupQuery(Schema):
    """The address of a look-up."""

    class Meta:
        unknown = EXCLUDE

    q = fields.String(load_default="", validate=validate.Length(max=400))
    ticket = fields.Integer(load_default=0, validate=validate.Range(0, 2**31 - 1))
    channel = fields.String(load_default="", validate=validate.Length(max=20))
    verdict = fields.String(load_default="", validate=validate.Length(max=10))
    reason = fields.String(load_default="", validate=validate.Length(max=120))
    year = fields.String(load_default="", validate=validate.Length(max=4))
    show = fields.String(load_default="all", validate=validate.OneOf(["all", "contact"]))


@bp.get("/lookup")
def show() -> ResponseReturnValue:
    """What was found, and the chosen ticket at length: the newest one when none is chosen."""
    wanted, person = LookupQuery().load(request.args), current_person()
    result = lookup.search(wanted["q"], by=person)
    found = [
        one for one in result.found if all(not wanted[name] or of(one) == wanted[name] for name, of in FACETS.items())
    ]
    chosen = wanted["ticket"] or (found[0].ticket.number if found else 0)
    return render_template(
        "lookup/show.html",
        wanted=wanted,
        result=result,
        found=found,
        most=lookup.MOST,
        facets=_facets(result, wanted),
        detail=_detail(chosen, person) if chosen else None,
        url=_url,
        words=words,
    )


def _year(found: Found) -> str:
    return str(found.ticket.opened_at.astimezone(zone()).year)


FACETS: dict[str, Callable[[Found], str]] = {
    "channel": lambda found: found.ticket.channel,
    "verdict": lambda found: found.verdict,
    "reason": lambda found: found.ticket.reason.name if found.ticket.reason else "",
    "year": _year,
}


def _facets(result: Result, wanted: dict[str, Any]) -> list[dict[str, Any]]:
    """Each filter with its values and how many of what was found have them."""
    return [
        {"title": _facet_title(name), "values": [_value(name, value, n, wanted) for value, n in _counts(result, name)]}
        for name in FACETS
    ]


def _counts(result: Result, name: str) -> list[tuple[str, int]]:
    counted = Counter(FACETS[name](found) for found in result.found)
    return sorted(((value, n) for value, n in counted.items() if value), reverse=name == "year")


def _value(name: str, value: str, n: int, wanted: dict[str, Any]) -> dict[str, Any]:
    on = wanted[name] == value
    return {
        "text": _facet_text(name, value),
        "count": n,
        "on": on,
        "url": _url(**{name: "" if on else value, "ticket": ""}),
    }


def _facet_title(name: str) -> str:
    return {"channel": _("Channel"), "verdict": _("Deadlines"), "reason": _("Contact reason"), "year": _("Year")}[name]


def _facet_text(name: str, value: str) -> str:
    if name == "channel":
        return words.channel(value)
    if name == "verdict":
        return {"late": _("Missed"), "ok": _("Running"), "met": _("All kept")}[value]
    return value


def _detail(number: int, person: Person) -> dict[str, Any] | None:
    """The ticket's proof of its deadlines and its story; None when there is no such ticket to be seen."""
    try:
        explained = explain.explained(number, by=person)
    except NotFound:
        return None
    lines = story.story(explained.ticket, by=person)
    return {
        "ticket": explained.ticket,
        "explained": explained,
        "lines": lines,
        "contacts": [one for one in lines if one.contact],
    }


def _url(**changes: Any) -> str:
    """The address of this page with *changes*; what is empty is left out."""
    kept = {name: value for name, value in request.args.items() if name in LookupQuery().fields}
    return url_for("lookup.show", **{name: value for name, value in {**kept, **changes}.items() if value})
