"""How breaks and absences look: which kinds there are, and what is said of the break that somebody is on."""

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l

from helpdesk.people.models import Person
from helpdesk.services import breaks

KINDS = {
    "rest": _l("Rest"), "lunch": _l("Lunch"), "meeting": _l("Meeting"), "training": _l("Training"),
    "other": _l("Other matter"),
}  # fmt: skip
ABSENCES = {"sick": _l("sick leave"), "vacation": _l("vacation"), "day_off": _l("day off")}
USUAL = {"rest": 15, "lunch": 60, "meeting": 30, "training": 60}  # minutes


def shown(person: Person, at: datetime) -> dict[str, Any] | None:
    """The break that *person* is on: which, since when, until when, and what falls due before they are back."""
    rest = breaks.current(person, at)
    if rest is None:
        return None
    at_stake = breaks.at_stake(person, rest.back_at) if rest.back_at else 0
    return {"kind": KINDS[rest.kind], "since": rest.starts_at, "back_at": rest.back_at, "at_stake": at_stake}


def kinds() -> list[tuple[str, Any, int | None]]:
    """Each kind with its name and its usual length in minutes."""
    return [(kind, name, USUAL.get(kind)) for kind, name in KINDS.items()]
