"""What is done to several tickets at once: each that can be is changed, the others are named; and its undoing.

One that may not be seen refuses the whole. What was changed since its page was read is left as it is.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby

from sqlalchemy import select

from helpdesk.errors import Conflict, NotAllowed, NotFound
from helpdesk.people.models import Person
from helpdesk.people.roles import may
from helpdesk.services import deadlines, reasons, solving
from helpdesk.services.database import db
from helpdesk.services.desk import settle_offer
from helpdesk.services.instant import now
from helpdesk.services.store import get, permit, stale, transaction
from helpdesk.tickets import actions, selecting
from helpdesk.tickets.models import Event, Priority, Ticket
from helpdesk.tickets.reasons import Reason, change_reason
from helpdesk.tickets.selecting import Selection

WHILE = timedelta(minutes=10)
Chosen = Mapping[int, int]
Refusal = Conflict | NotAllowed


@dataclass
class Outcome:
    """The numbers of what was done, what was left and why, and by which id it can be undone.

    *parts* says by number how many open ones what was solved still has.
    """

    done: list[int] = field(default_factory=list)
    left: list[Refusal] = field(default_factory=list)
    undo_id: int | None = None
    parts: dict[int, int] = field(default_factory=dict)


def take(chosen: Chosen, *, by: Person) -> Outcome:
    """Make oneself the owner of these tickets, each as the page showed it: number → version."""
    return _each(chosen, lambda ticket: actions.take(ticket, by=by, at=now()), by=by)


def assign(chosen: Chosen, *, to: int | None, by: Person) -> Outcome:
    """Make a member of their team the owner, or nobody."""
    owner: Person | None = get(Person, to) if to is not None else None
    action = "work" if owner == by else "assign_others"
    return _each(chosen, lambda ticket: actions.assign(ticket, to=owner, by=by, at=now()), by=by, action=action)


STATUSES: dict[str, Callable[..., None]] = {
    "open": actions.resume, "pending": actions.pend, "on_hold": actions.hold, "solved": actions.solve,
}  # fmt: skip


def change_status(chosen: Chosen, *, to: str, by: Person, reason: str = "") -> Outcome:
    """Let them wait, go on, or be solved; *reason* is the title of one that all are given with it."""
    given = reasons.named(reason) if reason else None

    def act(ticket: Ticket) -> None:
        if given is not None:
            change_reason(ticket, to=given, by=by, at=now())
        STATUSES[to](ticket, by=by, at=now())

    outcome = _each(chosen, act, by=by)
    if to == "solved":
        outcome.parts = solving.left_open(outcome.done)
    return outcome


def change_priority(chosen: Chosen, *, to: str, by: Person) -> Outcome:
    """Make them more or less urgent."""
    return _each(
        chosen, lambda ticket: actions.change_priority(ticket, to=Priority(to), by=by, at=now()), by=by
    )  # fmt: skip


def add_tags(chosen: Chosen, *, tags: Sequence[str], by: Person) -> Outcome:
    """Give them tags beside those they have."""
    return _each(
        chosen, lambda ticket: actions.change_tags(ticket, to=[*ticket.tags, *tags], by=by, at=now()), by=by
    )  # fmt: skip


def remove_tags(chosen: Chosen, *, tags: Sequence[str], by: Person) -> Outcome:
    """Take tags off them."""
    return _each(
        chosen,
        lambda ticket: actions.change_tags(ticket, to=[tag for tag in ticket.tags if tag not in tags], by=by, at=now()),
        by=by,
    )


def undo(selection_id: int, *, by: Person) -> Outcome:
    """Put back what one changed within the last ten minutes; what was changed by others since is named and left."""
    with transaction():
        made: Selection = get(Selection, selection_id)
        if made.person_id != by.id:
            raise NotFound("There is no such thing, or it belongs to another team.")
        tickets = _locked([int(number) for number in made.tickets], by)
        db.session.refresh(made)
        if made.undone_at is not None or made.at < now() - WHILE:
            raise Conflict("It is too late to undo this, or it was undone already.")
        made.undone_at, since, outcome = now(), _since(tickets, made), Outcome()
        for ticket in tickets:
            with _naming(ticket, outcome):
                _undo(ticket, made, since.get(ticket.id, []), by)
        deadlines.refresh_all(tickets)
    return outcome


def _undo(ticket: Ticket, made: Selection, since: Sequence[Event], by: Person) -> None:
    before = made.tickets[str(ticket.number)]
    owner: Person | None = db.session.get(Person, before["owner"]) if before["owner"] is not None else None
    reason_id = before.get("reason", ticket.reason_id)
    reason: Reason | None = db.session.get(Reason, reason_id) if reason_id is not None else None
    selecting.undo(ticket, before, before["last"], since, owner=owner, reason=reason, by=by, at=now())
    settle_offer(ticket, by)


def _since(tickets: Sequence[Ticket], made: Selection) -> dict[int, list[Event]]:
    """What happened to each since then."""
    last = {ticket.id: made.tickets[str(ticket.number)]["last"] for ticket in tickets}
    query = select(Event).where(Event.ticket_id.in_(last), Event.seq > min(last.values()))
    rows = db.session.scalars(query.order_by(Event.ticket_id, Event.seq))
    return {
        ticket_id: [event for event in events if event.seq > last[ticket_id]]
        for ticket_id, events in groupby(rows, key=lambda event: event.ticket_id)
    }


def _each(chosen: Chosen, act: Callable[[Ticket], None], *, by: Person, action: str = "work") -> Outcome:
    """Verbs refuse before they change anything, so a refusal leaves its ticket as it was."""
    with transaction():
        tickets, outcome, changed = _locked(list(chosen), by), Outcome(), {}
        permit(by, action)
        for ticket in tickets:
            with _naming(ticket, outcome):
                before = selecting.as_it_is(ticket)
                _same(ticket, chosen, by)
                act(ticket)
                settle_offer(ticket, by)
                changed[str(ticket.number)] = before | {"last": ticket.event_count}
        made = Selection(person_id=by.id, at=now(), tickets=changed)
        if changed:
            db.session.add(made)
        deadlines.refresh_all([ticket for ticket in tickets if str(ticket.number) in changed])
    outcome.undo_id = made.id
    return outcome


@contextmanager
def _naming(ticket: Ticket, outcome: Outcome) -> Iterator[None]:
    """Note whether it was done, or why not."""
    try:
        yield
        outcome.done.append(ticket.number)
    except (Conflict, NotAllowed) as refusal:
        outcome.left.append(refusal)


def _locked(numbers: Sequence[int], by: Person) -> Sequence[Ticket]:
    """These tickets, in one order for all; a foreign one is not found, and nothing is done to any."""
    query = select(Ticket).where(Ticket.number.in_(numbers)).order_by(Ticket.id).with_for_update(of=Ticket)
    found = db.session.scalars(query.execution_options(populate_existing=True)).all()
    seen = {ticket.number for ticket in found if may(by.role, "see", by.team_ids, ticket.team_id)}
    for number in numbers:
        if number not in seen:
            raise NotFound("There is no ticket #{number}, or it belongs to another team.", number=number)
    return found


def _same(ticket: Ticket, chosen: Chosen, by: Person) -> None:
    if ticket.version != chosen[ticket.number]:
        stale(ticket, chosen[ticket.number], by)
        raise Conflict("#{number} was changed by somebody else meanwhile; it stays as it is.", number=ticket.number)
