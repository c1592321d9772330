"""What stands around the queue: the views with their counts, the filters, and the words for an empty list."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote_plus, urlencode

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from helpdesk.people.models import Person
from helpdesk.services import queue, reasons
from helpdesk.services.queue import Line, Wanted
from helpdesk.services.views import MOST, VIEWS
from helpdesk.tickets.models import Priority, Status
from helpdesk.tickets.saving import SavedView
from helpdesk.web import words
from helpdesk.web.addresses import url_for

ICONS = {
    "mine": "person", "snoozed": "moon", "followed": "eye", "team": "people", "unassigned": "person-dash",
    "burning": "fire", "waiting": "s-hold", "all": "inbox", "solved": "check2-all",
}  # fmt: skip
QUERY = ("view", "channel", "priority", "status", "tag", "owner", "reason", "saved", "after")

COLUMNS = {
    "channel": _l("Channel"), "tags": _l("Tags"), "excerpt": _l("What was said last"), "owner": _l("Owner"),
    "priority": _l("Priority"), "opened": _l("Opened"), "reason": _l("Contact reason"),
}  # fmt: skip
USUAL = ("channel", "tags", "excerpt", "owner")

MARK = "0mark0"  # stands for the value while the address around it is written once

Choice = tuple[str, str, bool]


def here(**changes: str) -> str:
    """The address of this list with *changes*; what is empty is left out, and it starts from the top."""
    return _asked(url_for("desk.queue"), changes)


def _asked(address: str, changes: dict[str, str]) -> str:
    kept = {**request.args.to_dict(), "after": "", **changes}
    query = urlencode({name: value for name, value in kept.items() if value and name in QUERY})
    return f"{address}?{query}" if query else address


TITLES = {
    "mine": _l("Mine"), "snoozed": _l("Set aside until later"), "followed": _l("Followed"), "team": _l("Team"),
    "unassigned": _l("No owner"), "burning": _l("Burning"), "waiting": _l("Waiting"), "all": _l("All"), "solved": _l("Solved tickets"),
}  # fmt: skip


def columns(person: Person) -> list[tuple[str, str, bool]]:
    """What rows may show: name, words, and whether this person's do."""
    return [(name, str(words), name in shown(person)) for name, words in COLUMNS.items()]


def shown(person: Person) -> Sequence[str]:
    """The names of those that this person's do."""
    return USUAL if person.queue_columns is None else person.queue_columns


def title(view: str) -> str:
    """A view's name."""
    return str(TITLES[view])


def beside(view: str, counts: dict[str, int], kept: Sequence[tuple[SavedView, int]] = ()) -> list[dict[str, Any]]:
    """The views for the column at the side, and below them those that the reader *kept*, each with its count."""
    chosen = next((one.id for one, _count in kept if str(one.id) == request.args.get("saved")), None)
    return _usual("" if chosen else view, counts) + [
        {
            "name": one.name, "url": address(one), "icon": "people" if one.team_id else "bookmark", "count": count,
            "on": one.id == chosen, "hot": False, "head": _("Saved") if one is kept[0][0] else "",
        }
        for one, count in kept
    ]  # fmt: skip


def address(view: SavedView) -> str:
    """Where a kept list is read."""
    return f"{url_for('desk.queue')}?{urlencode({**view.query, 'saved': view.id})}"


def _usual(view: str, counts: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "name": title(name), "url": url_for("desk.queue", view=name), "icon": ICONS[name],
            "count": capped(counts.get(name)), "on": name == view, "hot": name == "burning",
        }
        for name in VIEWS
    ]  # fmt: skip


def capped(count: int | None) -> int | str | None:
    """A count as it is shown: past the most that is counted it says so."""
    return f"{MOST - 1}+" if count == MOST else count


def filters(person: Person, wanted: Wanted, lines: list[Line]) -> list["Filter"]:
    """The filters: a name, the chosen value in words, and the choices."""
    return [
        _filter("channel", _("Channel"), [(name, words.channel(name)) for name in words.CHANNELS]),
        _filter("priority", _("Priority"), [(name, words.priority(name)) for name in reversed(Priority)]),
        _filter("status", _("Status"), [(name, words.status(name)) for name in Status]),
        _filter("owner", _("Owner"), [("none", _("No owner")), *((str(id), name) for id, name in queue.crew(person))]),
        _filter("tag", _("Tag"), [(tag, tag) for tag in _tags(wanted, lines)]),
        _reason(wanted, lines),
    ]


Filter = tuple[str, str, list[Choice]]


def _reason(wanted: Wanted, lines: list[Line]) -> Filter:
    """The reasons that stand on this page, and the way to all others."""
    here = {line.reason_id: line.reason or "" for line in lines if line.reason_id is not None}
    if wanted.reason is not None and wanted.reason not in here:
        here[wanted.reason] = reasons.title(wanted.reason)
    known = sorted((name, str(id)) for id, name in here.items())
    label, said, choices = _filter(
        "reason", _("Contact reason"), [("none", _("none")), *((id, name) for name, id in known)]
    )
    return label, said, [*choices, (_("All reasons…"), _asked(url_for("desk.reasons"), {}), False)]


def _filter(name: str, label: str, choices: list[tuple[str, str]]) -> Filter:
    chosen = request.args.get(name, "")
    said = next((text for value, text in choices if value == chosen), "")
    address = here(**{name: MARK})
    options = [
        (text, address.replace(MARK, quote_plus(value)), value == chosen) for value, text in choices if value != chosen
    ]
    if said:
        options.insert(0, (said, here(**{name: ""}), True))
    return label, said, options


def _tags(wanted: Wanted, lines: list[Line]) -> list[str]:
    """The tags that stand on this page, and the chosen one."""
    return sorted({wanted.tag, *(tag for line in lines for tag in line.tags)} - {""})


def empty(person: Person, wanted: Wanted) -> tuple[str, str]:
    """Why there is nothing, and what to do."""
    if any(
        (
            wanted.channel,
            wanted.priority,
            wanted.status,
            wanted.tag,
            wanted.owner,
            wanted.unowned,
            wanted.reason,
            wanted.unreasoned,
        )
    ):
        return _("Nothing matches these filters"), _("Remove a filter to see more.")
    near = queue.first_due(person)
    if wanted.view == "burning" and near is not None:
        return _("Nothing burns"), _("You can take the next ticket in order.")
    if not person.team_ids and person.role != "administrator":
        return _("You are in no team yet"), _("Ask an administrator to add you to one.")
    return _("Nothing here"), _("New contacts appear here by themselves.")
