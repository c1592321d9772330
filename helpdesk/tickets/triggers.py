"""Rules of the desk: when something happens to a ticket that is such, then something is done to it.

In the code they are triggers, for what calendars and policies say is called rules there.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.orm import Base, Facts, Id, Instant, Json
from helpdesk.tickets.models import Ticket

DEEPEST = 3
STATUSES = ("pended", "held", "resumed", "solved", "reopened", "closed")
KINDS: Mapping[str, tuple[str, ...]] = {
    "created": ("opened",),
    "written": ("received",),
    "status": STATUSES,
    "assigned": ("taken", "assigned"),
    "tagged": ("tags_changed",),
    "warned": ("warned",),
    "breached": ("breached",),
    "solved": ("solved",),
    "reopened": ("reopened",),
}
OCCASIONS = tuple(KINDS)
HEARD = frozenset(kind for kinds in KINDS.values() for kind in kinds)


class Trigger(Base):
    """A rule: on its *occasion*, where its conditions hold (the *whole* of them, or one), its actions are done.

    Rules are tried by *position*; after one that *stops* no other is tried.
    """

    __tablename__ = "ticket_trigger"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    position: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True)
    occasion: Mapped[str] = mapped_column(String(20))
    whole: Mapped[bool] = mapped_column(default=True)
    conditions: Mapped[list[Json]] = mapped_column(Facts, default=list)
    actions: Mapped[Json] = mapped_column(Facts, default=dict)
    stops: Mapped[bool] = mapped_column(default=False)
    demo: Mapped[bool] = mapped_column(default=False, server_default=false())


class TriggerEvent(Base):
    """An event for which a rule waits, written with it and gone with what the rules did; *chain* are those that led to it."""

    __tablename__ = "trigger_event"
    __table_args__ = (Index(None, "next_try_at"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    seq: Mapped[int]
    chain: Mapped[list[int]] = mapped_column(Facts, default=list)
    next_try_at: Mapped[datetime] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(default=0)


class TriggerRun(Base):
    """What one rule did for one event (*seq*, *kind*): done, stopped by the loop guard, or failed; then of no rule."""

    __tablename__ = "trigger_run"
    __table_args__ = (Index(None, "trigger_id", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    trigger_id: Mapped[int | None] = mapped_column(ForeignKey("ticket_trigger.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    seq: Mapped[int]
    kind: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)
    outcome: Mapped[str] = mapped_column(String(10))
    facts: Mapped[Json] = mapped_column(Facts, default=dict)

    ticket: Mapped[Ticket] = relationship()


def occasions(kind: str, facts: Mapping[str, Any]) -> set[str]:
    """What an event is for rules: a solved ticket has changed its status, too. Old mail is none."""
    if kind == "opened" and facts.get("origin") == "imported":
        return set()
    if kind in KINDS["assigned"] and facts.get("new_id") is None:
        return set()
    if kind == "tags_changed" and not set(facts["new"]) - set(facts["old"]):
        return set()
    return {occasion for occasion, kinds in KINDS.items() if kind in kinds}


def holds(conditions: Sequence[Json], got: Callable[[str], Collection[str]], *, whole: bool) -> bool:
    """Whether all conditions hold (the *whole*), or any; none at all always hold.

    *got* says what a ticket has of something; of words it is one text that they may stand in.
    """
    if not conditions:
        return True
    told = (_holds(one, got) for one in conditions)
    return all(told) if whole else any(told)


def _holds(one: Json, got: Callable[[str], Collection[str]]) -> bool:
    has = got(one["what"])
    if isinstance(has, str):
        found = any(words.casefold() in has.casefold() for words in one["values"])
    else:
        known = {value.casefold() for value in has}
        found = any(value.casefold() in known for value in one["values"])
    return found != bool(one.get("not"))


@contextmanager
def on_behalf_of(ticket: Ticket, trigger: Trigger) -> Iterator[None]:
    """Within it the ticket's history says of each event that it was this rule."""
    ticket.behalf = {"rule": trigger.name, "rule_id": trigger.id}
    try:
        yield
    finally:
        ticket.behalf = {}
