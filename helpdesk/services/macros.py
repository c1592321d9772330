"""Macros and snippets: which are offered for a ticket, what one would change, and doing it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, func, or_, select, update

from helpdesk.errors import Conflict, NotFound
from helpdesk.people.models import Person
from helpdesk.services import deadlines, desk, reasons, snoozing, solving
from helpdesk.services.database import db
from helpdesk.services.identity import values_of
from helpdesk.services.instant import now
from helpdesk.services.news import guard
from helpdesk.services.solving import ASKING, Ending
from helpdesk.services.store import ticket_for, transaction
from helpdesk.tickets import actions
from helpdesk.tickets import snoozing as asides
from helpdesk.tickets.macros import Macro
from helpdesk.tickets.models import Message, Priority, Ticket
from helpdesk.tickets.placeholders import Piece, pieces, read
from helpdesk.tickets.reasons import change_reason

MOST = 200
HERE = select(Macro).where(
    Macro.active,
    or_(Macro.team_id.is_(None), Macro.team_id == bindparam("team")),
    Macro.language.in_(("", bindparam("language"))),
    Macro.kind == bindparam("kind"),
)
OFFERED = HERE.order_by(Macro.name, Macro.id).limit(MOST)


@dataclass(frozen=True)
class Preview:
    """What a macro would do to a ticket: each change as what, before and after; its words piece by piece."""

    macro: Macro
    changes: list[tuple[str, object, object]]
    pieces: list[Piece]

    @property
    def missing(self) -> list[str]:
        """The placeholders that stand for nothing in this ticket."""
        return [piece.name for piece in self.pieces if piece.missing]


def offered(ticket: Ticket, kind: str, words: str = "") -> Sequence[Macro]:
    """Those of the ticket's team and of all, in its language and in any, whose name has these words."""
    wanted = words.casefold().split()
    return [
        one
        for one in db.session.scalars(OFFERED, _known(ticket, kind))
        if all(word in one.name.casefold() for word in wanted)
    ]


def _known(ticket: Ticket, kind: str) -> dict[str, Any]:
    return {"team": ticket.team_id, "language": ticket.language, "kind": kind}


def _one(ticket: Ticket, macro_id: int, kind: str) -> Macro:
    found = db.session.scalar(HERE.where(Macro.id == macro_id), _known(ticket, kind))
    if found is None:
        raise NotFound("There is no such {kind}.", kind=kind)
    return found


def listed(number: int, words: str, *, by: Person) -> tuple[Ticket, Sequence[Macro]]:
    """A ticket with the macros that can be applied to it."""
    ticket = ticket_for(by, number)
    return ticket, offered(ticket, "macro", words)


def preview(number: int, macro_id: int, *, by: Person) -> tuple[Ticket, Preview]:
    """What a macro would do to this ticket."""
    ticket = ticket_for(by, number)
    return ticket, _preview(ticket, _one(ticket, macro_id, "macro"), by)


def last_said(ticket: Ticket) -> int:
    """The last message of a ticket, which whoever looks at a preview can have read."""
    return db.session.scalar(select(func.max(Message.id)).where(Message.ticket_id == ticket.id)) or 0


def _preview(ticket: Ticket, macro: Macro, by: Person) -> Preview:
    return Preview(macro, _changes(ticket, macro, by), pieces(macro.body, values_of(ticket, by)))


def _changes(ticket: Ticket, macro: Macro, by: Person) -> list[tuple[str, object, object]]:
    does = macro.actions
    owner = {"me": by.name, "nobody": None}
    status = {"pend": "pending", "hold": "on_hold", "solve": "solved"}
    wanted = {
        "status": (ticket.status, status.get(does.get("status", ""), ticket.status)),
        "priority": (ticket.priority, does.get("priority", ticket.priority)),
        "tags": (ticket.tags, sorted({*ticket.tags, *does.get("tags", ())})),
        "owner": (_owner(ticket), owner.get(does.get("owner", ""), _owner(ticket))),
        "reason": (reasons.title(ticket.reason_id), reasons.title(does.get("reason", ticket.reason_id))),
        "snooze": (ticket.wakes_at, snoozing.offered(ticket).get(does.get("snooze", ""), ticket.wakes_at)),
    }
    return [(what, old, new) for what, (old, new) in wanted.items() if old != new]


def _owner(ticket: Ticket) -> str | None:
    return ticket.owner.name if ticket.owner else None


def text_of(ticket: Ticket, macro_id: int, *, by: Person, kind: str) -> str:
    """Its words for this ticket; a placeholder that stands for nothing stays, to be seen."""
    return read(_one(ticket, macro_id, kind).body, values_of(ticket, by))


def apply(
    number: int, macro_id: int, *, by: Person, version: int | None = None, seen: int | None = None,
    ending: Ending = ASKING,
) -> Macro:  # fmt: skip
    """Do what a macro says. Its words are sent only if it replies; else they are for the writer to look at.

    Parts that are solved with the ticket get its words, too.
    """
    with transaction():
        ticket = ticket_for(by, number, lock=True, version=version)
        macro = _one(ticket, macro_id, "macro")
        ticket.record("macro_applied", by=by, at=now(), macro_id=macro.id, name=macro.name)
        _change(ticket, macro, by)
        reasons.give_along(ticket, ending.reason, by=by)
        _set_aside(ticket, macro, by)
        parts = solving.solved_with(ticket, ending, by=by) if macro.actions.get("status") == "solve" else ()
        _end(ticket, macro, by, seen)
        for part in parts:
            _end(part, macro, by, None)
            desk.settle_offer(part, by)
        _used(macro)
        deadlines.refresh_all([ticket, *parts])
    return macro


def _end(ticket: Ticket, macro: Macro, by: Person, seen: int | None) -> None:
    status = macro.actions.get("status", "")
    if macro.replies:
        _reply(ticket, _preview(ticket, macro, by), by, seen, status)
    elif status:
        desk.THEN[status](ticket, by=by, at=now())


def _change(ticket: Ticket, macro: Macro, by: Person) -> None:
    does = macro.actions
    if does.get("priority"):
        actions.change_priority(ticket, to=Priority(does["priority"]), by=by, at=now())
    if does.get("tags"):
        actions.change_tags(ticket, to=[*ticket.tags, *does["tags"]], by=by, at=now())
    if does.get("reason"):
        change_reason(ticket, to=reasons.still_given(does["reason"]), by=by, at=now())
    if does.get("owner"):
        actions.assign(ticket, to=by if does["owner"] == "me" else None, by=by, at=now())


def _reply(ticket: Ticket, shown: Preview, by: Person, seen: int | None, status: str) -> None:
    if shown.missing:
        names = ", ".join(f"{{{name}}}" for name in shown.missing)
        raise Conflict("{names} stands for nothing in this ticket; write the answer yourself.", names=names)
    guard(ticket, seen)
    desk.answer(ticket, text=read(shown.macro.body, values_of(ticket, by)), by=by, then=status)


def _set_aside(ticket: Ticket, macro: Macro, by: Person) -> None:
    wanted = macro.actions.get("snooze", "")
    until = snoozing.offered(ticket).get(wanted)
    if until is not None and ticket.open:
        waits_for = "reply" if wanted == "reply" else "time"
        asides.snooze(ticket, until=until, waits_for=waits_for, reminder=macro.name, by=by, at=now())


def _used(macro: Macro) -> None:
    _count([macro.id])


def _count(ids: Iterable[int]) -> None:
    db.session.execute(update(Macro).where(Macro.id.in_(ids)).values(used=Macro.used + 1, used_at=now()))


def count(number: int, ids: Iterable[int], *, by: Person) -> None:
    """Count snippets that the page of a ticket has put in by itself; one that is not offered there counts nowhere."""
    with transaction():
        here = _known(ticket_for(by, number), "snippet")
        _count([one.id for one in db.session.scalars(HERE.where(Macro.id.in_(set(ids))), here)])


def use_snippet(number: int, macro_id: int, *, by: Person) -> str:
    """The words of a snippet for this ticket; that it was used is counted."""
    with transaction():
        ticket = ticket_for(by, number)
        words = text_of(ticket, macro_id, by=by, kind="snippet")
        _used(_one(ticket, macro_id, "snippet"))
    return words
