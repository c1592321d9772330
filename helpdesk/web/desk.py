"""The agent's lists: the queue with its views and filters, the next ticket, and what they were told."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from helpdesk.errors import Conflict
from helpdesk.people.models import Person
from helpdesk.people.roles import LEADS
from helpdesk.services import presence, queue, reading, reasons, saving, taking
from helpdesk.services import views as tallies
from helpdesk.services.instant import now
from helpdesk.services.presence import Here
from helpdesk.services.queue import Line, Wanted
from helpdesk.services.taking import Taken
from helpdesk.tickets.reasons import Reason
from helpdesk.tickets.saving import SavedView
from helpdesk.web import owner_words, words, zone
from helpdesk.web.chips import beside, capped, columns, empty, filters, here, shown, title
from helpdesk.web.context import current_person, fragment, language, on_duty
from helpdesk.web.desk_forms import Form, QueueQuery, ReadForm
from helpdesk.web.errors import told
from helpdesk.web.shared import shared

bp = Blueprint("desk", __name__)

HERE = re.compile(r'(<span class="trow-who" data-here="(\d+)">)</span>')


@bp.get("/queue", endpoint="queue")
def queue_page() -> ResponseReturnValue:
    """The queue in one of its views."""
    person, wanted = current_person(), QueueQuery().load(request.args)
    at = now()
    seen = tallies.sight(person, at)
    counts = tallies.counts(seen)
    listed, kept = _listed(person, wanted, seen, at), saving.saved(person)
    return render_template(
        "desk/queue.html",
        **listed,
        rows=_without_me(*_peopled(_rows(listed)), person),
        kept=next((one for one in kept if str(one.id) == request.args.get("saved")), None),
        filters=filters(person, wanted, [line for _title, _count, lines in listed["groups"] for line in lines]),
        views=beside(wanted.view, counts, _counted(kept, seen)),
        teams=[membership.team for membership in person.memberships] if person.role in LEADS else (),
        total=capped(counts.get(wanted.view)),
        told=reading.unread(person),
        words=words,
        leads=person.role in LEADS,
        me_id=person.id,
        crew=queue.crew(person) if person.role in LEADS else (),
    )


@bp.get("/queue/reasons", endpoint="reasons")
def every_reason() -> ResponseReturnValue:
    """All contact reasons, each a way back to the list with that one alone."""
    QueueQuery().load(request.args)
    kept = [(_only(top), top, [(_only(one), one) for one in below]) for top, below in reasons.tree()]
    return render_template("desk/reasons.html", kept=kept, back=here(reason=""))


def _only(reason: Reason) -> str:
    return here(reason=str(reason.id))


@bp.get("/queue/rows")
def rows() -> ResponseReturnValue:
    """What an open list shows anew: its rows, and the views with their counts; whoever sees the same shares what is not one's own."""
    person, wanted, at = current_person(), QueueQuery().load(request.args), now()
    seen = tallies.sight(person, at)
    mine = person.id if wanted.view in ("mine", "snoozed", "followed") else 0
    key = (request.full_path, seen, mine, tuple(shown(person)), language(), zone())
    rows = _without_me(*shared()(key, lambda: _peopled(_rows(_listed(person, wanted, seen, at)))), person)
    common = shared()(("counts", seen), lambda: tallies.counts(seen, tallies.COMMON))
    counts = tallies.counts(seen, tallies.OWN) | common
    return fragment(
        "desk/_anew.html", rows=rows, views=beside(wanted.view, counts, _counted(saving.saved(person), seen))
    )


def _rows(listed: dict[str, Any]) -> str:
    return current_app.jinja_env.get_template("desk/_rows.html").render(listed)


def _peopled(rows: str) -> tuple[str, dict[int, list[Here]]]:
    """Rows, and who is at their tickets."""
    return rows, presence.here(map(int, (place[1] for place in HERE.findall(rows))))


def _without_me(rows: str, present: dict[int, list[Here]], person: Person) -> Markup:
    """Rows with who else is at their tickets, which is not the same for all who share them."""
    others = {number: presence.beside(people, person) for number, people in present.items()}
    whos: Any = current_app.jinja_env.get_template("ui/people.html").module.whos  # type: ignore[attr-defined]

    def here(place: re.Match[str]) -> str:
        people = others.get(int(place[2]), ())
        return f"{place[1]}{whos(people) if people else ''}</span>"

    return Markup(HERE.sub(here, rows) if any(others.values()) else rows)  # noqa: S704 - our own template


def _counted(kept: Sequence[SavedView], seen: tallies.Sight) -> list[tuple[SavedView, int]]:
    """Kept views with their counts."""
    return [(one, queue.counted(QueueQuery().load(one.query), seen)) for one in kept]


@bp.post("/queue/next")
def take_next() -> ResponseReturnValue:
    """Claim the ticket that burns most of what fits, open it, and say why it is this one."""
    Form().load(request.form)
    return opened(taking.take_next(by=current_person()))


def opened(found: Taken | None) -> ResponseReturnValue:
    """Go to what was taken; with nothing to take, back to the list."""
    if found is not None:
        flash(_("Yours now: %(why)s.", why=owner_words.taken(found, now(), language())), "ok")
        return redirect(url_for("ticket.show", number=found.ticket.number), 303)
    if taking.anything_waits(current_person()):
        flash(_("Nothing that waits fits you: it asks for another language or skill. Choose from the list."), "info")
    else:
        flash(_("Nothing waits: every open ticket of your teams has an owner."), "info")
    return redirect(url_for("desk.queue"), 303)


@bp.get("/queue/skips")
def skips() -> ResponseReturnValue:
    """What was put back lately, and why, for whoever leads."""
    return render_template("desk/skips.html", skips=taking.skips(current_person()))


@bp.errorhandler(Conflict)
def refused(error: Conflict) -> ResponseReturnValue:
    """Back to the list, which says why not."""
    flash(told(error), "burn")
    return redirect(url_for("desk.queue"), 303)


@bp.get("/notices")
def notices() -> ResponseReturnValue:
    """What the reader was told and has not read, for the open page."""
    return fragment("desk/_notices.html", told=reading.unread(current_person()), words=words)


@bp.post("/notices/read")
def read_notices() -> ResponseReturnValue:
    """Mark what was shown as read."""
    reading.read(current_person(), ReadForm().load(request.form)["until"])
    return redirect(url_for("desk.queue"), 303)


def _listed(person: Person, wanted: Wanted, seen: tallies.Sight, at: datetime) -> dict[str, Any]:
    """What the list shows, and where it goes on."""
    found = queue.page(wanted, seen=seen, at=at, duty=on_duty())
    return {
        "groups": _grouped(found.lines, wanted, at),
        "shown": len(found.lines),
        "next_url": here(after=f"{found.next[0].isoformat()},{found.next[1]}") if found.next else "",
        "back_url": here(after="") if wanted.after else "",
        "empty": empty(person, wanted) if not found.lines else None,
        "view": wanted.view,
        "title": title(wanted.view),
        "columns": columns(person),
    }


def _grouped(lines: list[Line], wanted: Wanted, at: datetime) -> list[tuple[str, int, list[Line]]]:
    """Rows under the headings of a day, by when they are due; under each what must be begun first."""
    if wanted.newest_first:
        return [("", 0, lines)]
    here, groups = at.astimezone(zone()), dict[str, list[Line]]()
    for line in lines:
        groups.setdefault(_heading(line, here), []).append(line)
    return [(str(words), len(groups[name]), groups[name]) for name, words in HEADINGS.items() if name in groups]


HEADINGS = {
    "late": _l("Late"), "soon": _l("Next half hour"), "hour": _l("Next hour"), "today": _l("Today"),
    "later": _l("Later"), "paused": _l("Paused"), "none": _l("No deadline"),
}  # fmt: skip


def _heading(line: Line, here: datetime) -> str:
    if line.clock is None:
        return "none"
    if line.due_at is None:
        return "paused"
    if line.due_at < here:
        return "late"
    if line.due_at <= here + timedelta(minutes=30):
        return "soon"
    if line.due_at <= here + timedelta(hours=1):
        return "hour"
    return "today" if line.due_at.astimezone(here.tzinfo).date() == here.date() else "later"
