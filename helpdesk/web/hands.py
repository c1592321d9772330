"""Handing over as staff read it: stretches of ownership, offers and what is told of them."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from helpdesk.tickets.models import Notice

STINTS = {
    "opened": _l("came in"),
    "taken": _l("took it"),
    "next": _l("took what was next"),
    "skipped": _l("put back by its owner"),
    "idle": _l("lay still"),
    "undone": _l("undone"),
    "assigned": _l("assigned"),
    "handover": _l("handed over"),
    "team_changed": _l("team changed"),
    "not in the new team": _l("team changed"),
    "reopened": _l("reopened"),
    "unjunked": _l("no junk"),
    "import_ended": _l("imported"),
    "reply_withdrawn": _l("answer taken back"),
    "answer taken back": _l("answer taken back"),
    "owner away": _l("owner was away"),
    "nobody took over": _l("nobody took over"),
    "turns": _l("by turns"),
    "load": _l("had the least to do"),
    "last": _l("the customer dealt with them last"),
}


def stint(why: str) -> str:
    """How a stretch of ownership began."""
    return str(STINTS.get(why, why))


def offered(why: str, name: str) -> str:
    """That something was offered to somebody, and why."""
    match why:
        case "shift ended":
            return _("The shift ended; offered to %(name)s", name=name)
        case "sick":
            return _("The owner is on sick leave; offered to %(name)s", name=name)
        case "vacation":
            return _("The owner is on vacation; offered to %(name)s", name=name)
        case "day_off":
            return _("The owner has a day off; offered to %(name)s", name=name)
        case "next":
            return _("Offered to the next one, %(name)s", name=name)
    return _("Offered to %(name)s", name=name)


def notice(told: Notice, ticket: str) -> str:
    """What somebody was told about handing over."""
    match told.kind:
        case "offered":
            return _("%(ticket)s is offered to you", ticket=ticket)
        case "untaken":
            return _("%(ticket)s: nobody took it over", ticket=ticket)
        case "hangs" if "count" in told.facts:
            count = int(told.facts["count"])
            return ngettext("%(num)s ticket hangs", "%(num)s tickets hang", count)
        case "hangs":
            return _("%(ticket)s hangs: nobody on duty holds it", ticket=ticket)
        case "dealt":
            return _("%(ticket)s is yours: %(why)s", ticket=ticket, why=stint(str(told.facts.get("why", ""))))
        case "ruled":
            return _("%(ticket)s: rule «%(name)s»", ticket=ticket, name=told.facts.get("rule", ""))
        case "refused":
            return _("%(ticket)s: %(name)s refused it", ticket=ticket, name=told.facts.get("name", ""))
    return _("Your shift ends at %(time)s: hand over what is open", time=_hour(told))


def _hour(told: Notice) -> str:
    zone = ZoneInfo(str(told.facts["zone"]))
    return f"{datetime.fromisoformat(str(told.facts['ends_at'])).astimezone(zone):%H:%M}"
