"""Why somebody has a ticket, in words: in the history, and when they take the next one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from helpdesk.services.taking import Taken
from helpdesk.tickets.models import Ticket
from helpdesk.web import hands
from helpdesk.web.format import duration

SPEAKS = {"ru": _l("speaks Russian"), "kk": _l("speaks Kazakh"), "en": _l("speaks English")}


def owner(facts: Mapping[str, Any]) -> str:
    """Whose it was and whose it is, in a line of the history."""
    line = _("Owner: %(old)s → %(new)s", old=facts.get("old") or _("nobody"), new=facts.get("new") or _("nobody"))
    why = _why(facts)
    return f"{line} · {'; '.join(why)}" if why else line


def _why(facts: Mapping[str, Any]) -> list[str]:
    match facts.get("why"):
        case "next":
            return [_("the next one"), *_fits(facts.get("language"), facts.get("skills", ()))]
        case "turns" | "load" | "last" as why:
            return [hands.stint(why), _("at work"), *_fits_them(facts), _open(facts)]
        case "owner away" | "nobody took over" as why:
            return [hands.stint(why)]
        case "skipped":
            return [_("put back: %(reason)s", reason=facts.get("reason", ""))]
        case "undone":
            return [_("undone")]
        case "idle":
            return [_("nothing was done for %(minutes)s min", minutes=facts.get("minutes", ""))]
    return []


def _fits_them(facts: Mapping[str, Any]) -> list[str]:
    spoken = [str(SPEAKS[facts["language"]])] if facts.get("language") in SPEAKS else []
    return spoken + _skills(facts.get("skills", ()))


def _open(facts: Mapping[str, Any]) -> str:
    held, most = int(facts.get("held", 0)), facts.get("most")
    return _("open: %(held)s", held=held) if most is None else _("open: %(held)s of %(most)s", held=held, most=most)


def taken(found: Taken, at: datetime, locale: str) -> str:
    """Why this one was the next."""
    return "; ".join([_due(found.ticket, at, locale), *_fits(found.language, found.skills)])


def _due(ticket: Ticket, at: datetime, locale: str) -> str:
    if ticket.due_at is None:
        return _("it has waited longest")
    time = duration((ticket.due_at - at).total_seconds(), locale)
    return _("%(time)s late", time=time) if ticket.due_at <= at else _("breaches in %(time)s", time=time)


def _fits(language: str | None, skills: Any) -> list[str]:
    spoken = [_("in your language")] if language else []
    return spoken + _skills(skills)


def _skills(names: Any) -> list[str]:
    return [_("skill: %(name)s", name=name) for name in names]
