"""The list of reasons as administrators keep it, and giving one to a ticket."""

from collections.abc import Sequence

from sqlalchemy import func, select

from helpdesk.errors import Conflict
from helpdesk.people.models import Person
from helpdesk.services.administration import changed
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import get, permit, ticket_for, transaction
from helpdesk.tickets import reasons
from helpdesk.tickets.models import Ticket
from helpdesk.tickets.reasons import Reason

MOST = 500


def every() -> Sequence[Reason]:
    """The whole list, retired ones too."""
    return db.session.scalars(select(Reason)).all()


def title(reason_id: int | None) -> str:
    """What one is called in full; nothing when there is none."""
    return reasons.titles(every()).get(reason_id, "") if reason_id is not None else ""


def still_given(reason_id: int) -> Reason:
    """The reason with this id, unless it was retired."""
    found: Reason = get(Reason, reason_id)
    if found not in reasons.offered(every()):
        raise Conflict("The contact reason «{name}» was retired; choose another one.", name=found.name)
    return found


def choices() -> list[tuple[int, str]]:
    """What can be given: id and full title, in order."""
    known = every()
    titles = reasons.titles(known)
    return [(one.id, titles[one.id]) for one in reasons.offered(known)]


def change(number: int, *, to: str, by: Person, version: int | None = None) -> Ticket:
    """Say what a ticket is about: a title as it was typed or chosen, or nothing."""
    with transaction():
        ticket = ticket_for(by, number, lock=True, version=version)
        give(ticket, to, by=by)
    return ticket


def give(ticket: Ticket, title: str, *, by: Person) -> None:
    """The same within a transaction that has the ticket."""
    to = named(title, ticket.reason) if title.strip() else None
    reasons.change_reason(ticket, to=to, by=by, at=now())


def give_along(ticket: Ticket, title: str, *, by: Person) -> None:
    """Give one that was named along with something else; where none was, the ticket keeps its own."""
    if title.strip():
        give(ticket, title, by=by)


def named(title: str, old: Reason | None = None) -> Reason:
    """The reason of that title; its own name is enough where only one has it. The *old* one may be named though retired."""
    known, wanted = every(), _plain(title)
    titles = reasons.titles(known)
    given: list[Reason] = reasons.offered(known)
    found = [one for one in {*given, old} if one is not None and _plain(titles[one.id]) == wanted]
    found = found or [one for one in given if _plain(one.name) == wanted]
    if len(found) != 1:
        raise Conflict("There is no reason «{title}»; choose one of the list.", title=title.strip()[:200])
    return found[0]


def _plain(title: str) -> str:
    return " ".join(title.casefold().split())


def kept(by: Person) -> list[tuple[Reason, list[Reason]]]:
    """The list for whoever keeps it: each of the first level with those under it."""
    permit(by, "administer")
    return tree()


def tree() -> list[tuple[Reason, list[Reason]]]:
    """Those of the first level in their order, each with those under it."""
    return reasons.ordered(every())


def add(*, name: str, parent_id: int | None, by: Person) -> Reason:
    """A new reason, the last of its level; under another one if *parent_id* says so."""
    permit(by, "administer")
    with transaction():
        if parent_id is not None and get(Reason, parent_id).parent_id is not None:
            raise Conflict("The list has two levels; choose one of the first level.")
        if (db.session.scalar(select(func.count()).select_from(Reason)) or 0) >= MOST:
            raise Conflict("There are {most} reasons already; use one that is retired.", most=MOST)
        _free(name, parent_id, None)
        last = db.session.scalar(select(func.max(Reason.position)).where(Reason.parent_id == parent_id)) or 0
        made = Reason(name=name, parent_id=parent_id, position=last + 1, active=True)
        db.session.add(made)
    changed("reason.added", by, reason=made.id, name=name, under=parent_id)
    return made


def rename(reason_id: int, *, name: str, active: bool, by: Person) -> Reason:
    """Call one otherwise, retire it, or bring it back; tickets that have it keep it."""
    permit(by, "administer")
    with transaction():
        known: Reason = get(Reason, reason_id)
        _free(name, known.parent_id, reason_id)
        old = {"name": known.name, "active": known.active}
        known.name, known.active = name, active
    changed("reason.changed", by, reason=reason_id, old=old, new={"name": name, "active": active})
    return known


def move(reason_id: int, *, up: bool, by: Person) -> None:
    """Let one change places with its neighbour."""
    permit(by, "administer")
    with transaction():
        known: Reason = get(Reason, reason_id)
        level = select(Reason).where(Reason.parent_id == known.parent_id).order_by(Reason.position, Reason.id)
        row = list(db.session.scalars(level))
        place = row.index(known)
        other = place - 1 if up else place + 1
        if 0 <= other < len(row):
            row[place], row[other] = row[other], row[place]
        for position, one in enumerate(row, 1):
            one.position = position
    changed("reason.moved", by, reason=reason_id, up=up)


def _free(name: str, parent_id: int | None, but: int | None) -> None:
    level = db.session.scalars(select(Reason).where(Reason.parent_id == parent_id))
    if any(_plain(one.name) == _plain(name) and one.id != but for one in level):
        raise Conflict("There is a reason {name} already; choose another name.", name=name)
