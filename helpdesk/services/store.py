"""Finding and keeping: the one gate through which a person's ticket is loaded, and the one place that commits."""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import structlog
from flask import current_app
from sqlalchemy import Executable, bindparam, event, inspect, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from helpdesk.channels.ledger import Inbox
from helpdesk.config import Config
from helpdesk.errors import Conflict, NotAllowed, NotFound
from helpdesk.orm import Base, Json
from helpdesk.people.models import Absence, Person
from helpdesk.people.roles import Role, may
from helpdesk.services import bell, trigger_events
from helpdesk.services.database import begin_write, db, gave_way
from helpdesk.services.instant import pretending
from helpdesk.sla.models import Simulation, Treatment
from helpdesk.tickets.models import Delivery, Event, Notice, Ticket

NUMBERED = select(Ticket).where(Ticket.number == bindparam("number"))
LOCKED = NUMBERED.with_for_update().execution_options(populate_existing=True)
Given = ParamSpec("Given")
Answer = TypeVar("Answer")
log = structlog.get_logger()


def settings() -> Config:
    """The settings of the running product."""
    config: Config = current_app.config["HELPDESK"]
    return config


@contextmanager
def transaction() -> Iterator[None]:
    """One use case: everything inside is committed together and then rung for, or nothing of it is."""
    begin_write()
    try:
        yield
        save()
    except BaseException:
        db.session.rollback()
        raise


def again(use_case: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Begin a use case anew, a few times, when the database let another go first: nothing of it was done."""

    @wraps(use_case)
    def tried(*given: Given.args, **more: Given.kwargs) -> Answer:
        for pause in PAUSES:
            try:
                return use_case(*given, **more)
            except OperationalError as error:
                if not gave_way(error):
                    raise
                log.info("database.gave_way", use_case=use_case.__name__)
            time.sleep(random.uniform(0, pause))  # so that two do not meet again
        return use_case(*given, **more)

    return tried


PAUSES = (0.05, 0.1, 0.2)  # seconds at most between one try and the next


def save() -> None:
    """Commit, then ring for what was promised. The rows are the promise, so a lost ring only delays."""
    db.session.flush()
    if trigger_events.keep():
        promise("workers.triggers.heed")
    jobs, tickets, people = (db.session.info.pop(name, {}) for name in PROMISES)
    _commit()
    if pretending():  # nobody waits for what happens at another instant
        return
    for job in sorted(jobs):
        bell.wake(job)
    bell.tell("ticket", *[f"{number} {_list(teams)}" for number, teams in sorted(tickets.items())])
    bell.tell("notice", *filter(None, [_list(people)]))


def _list(ids: Iterable[int]) -> str:
    return ",".join(map(str, sorted(ids)))


class Unanswered(OperationalError):
    """Nobody knows whether it was committed: the line broke, or the disk failed, before the answer came."""


def _commit() -> None:
    try:
        db.session.commit()
    except OperationalError as error:
        raise Unanswered(error.statement, error.params, error.orig or error) from error


def promise(job: str) -> None:
    """Ring for *job* once this transaction is committed; for rows written past the session's eyes."""
    db.session.info.setdefault("jobs", set()).add(job)


def touched(number: int, *teams: int) -> None:
    """Tell open pages of a ticket, and of the lists of these teams, once this transaction is committed."""
    db.session.info.setdefault("tickets", {}).setdefault(number, set()).update(teams)


def told(person_ids: Iterable[int]) -> None:
    """Tell the open pages of these people that there is a notice for them, once this transaction is committed."""
    db.session.info.setdefault("people", set()).update(person_ids)


def many(statement: Executable, rows: Sequence[Json]) -> None:
    """One statement for many rows, or none."""
    if rows:
        db.session.connection().execute(statement, rows)


PROMISES = ("jobs", "tickets", "people")
RINGS = {
    Inbox: "workers.intake.file",
    Delivery: "workers.outbound.deliver",
    Simulation: "workers.policies.simulate",
    Treatment: "workers.policies.apply",
    Absence: "workers.shifts.leave",
}
HEARD_OF = {"received": "followed_message", "call_in_missed": "followed_message", "solved": "followed_solved"}


@event.listens_for(db.session, "after_flush")
def _remember(session: Session, _context: Any) -> None:
    """Note what this transaction promises and which tickets it touches, to ring for them once it is committed."""
    remember(session.new, session.dirty)


def remember(new: Iterable[Any], changed: Iterable[Any]) -> None:
    """The same for rows that were written past the session's eyes."""
    tickets = [row for row in (*new, *changed) if isinstance(row, Ticket)]
    for row in tickets:
        touched(row.number, *_teams(row))
    if any(map(_may_be_dealt, tickets)):
        promise("workers.dealing.deal_out")
    for row in new:
        if isinstance(row, Notice):
            told([row.person_id])
        if type(row) in RINGS:
            promise(RINGS[type(row)])
        if type(row) is Event and row.kind in HEARD_OF and row.ticket.followed:
            promise("workers.following.tell")
    trigger_events.note(row for row in new if isinstance(row, Event))


def _teams(ticket: Ticket) -> Iterator[int]:
    """The team of a ticket, and the one that it comes from; one that is not written yet has only the object."""
    yield ticket.team_id or ticket.team.id
    yield from filter(None, inspect(ticket).attrs.team_id.history.deleted)


def _may_be_dealt(ticket: Ticket) -> bool:
    """Whether a ticket waits to be dealt out, or its owner has room again; nothing is loaded to find out."""
    team = vars(ticket).get("team")
    return bool(team is not None and team.dealing and (ticket.owner_id is None or not ticket.open))


@event.listens_for(db.session, "after_rollback")
def _forget(session: Session) -> None:
    for name in PROMISES:
        session.info.pop(name, None)
    trigger_events.forget()


def ticket_for(person: Person, number: int, *, lock: bool = False, version: int | None = None) -> Ticket:
    """The ticket that *person* may see; a foreign one is not found. To *lock* it is to change it: who only reads may not.

    A *version* that is not today's is a Conflict.
    """
    ticket = db.session.scalar(LOCKED if lock else NUMBERED, {"number": number})
    if ticket is None or not may(person.role, "see", person.team_ids, ticket.team_id):
        raise NotFound("There is no ticket #{number}, or it belongs to another team.", number=number)
    if lock:
        permit(person, "work")
    if version is not None and ticket.version != version:
        stale(ticket, version, person)
        raise Conflict(
            "#{number} was changed by somebody else meanwhile; look at the change and repeat.", number=number
        )
    return ticket


def stale(ticket: Ticket, shown: int, by: Person) -> None:
    """Say in the log that somebody acted on an older page; the history is of what was done."""
    log.info("ticket.stale", ticket=ticket.number, by=by.login, by_id=by.id, shown=shown, version=ticket.version)


def permit(person: Person, action: str, team_id: int | None = None) -> None:
    """Refuse an *action* that the person's role does not have; what belongs to a foreign team is not found."""
    if not may(person.role, action, person.team_ids):
        raise NotAllowed("Your role does not allow this; ask an administrator.")
    if not may(person.role, action, person.team_ids, team_id):
        raise NotFound("There is no such thing, or it belongs to another team.")


def visible(person: Person) -> Any:
    """The condition under which *person* sees a ticket, for read-only queries."""
    if person.role == Role.ADMINISTRATOR:
        return Ticket.id.is_not(None)
    return Ticket.team_id.in_(person.team_ids)


def get(kind: type[Any], row_id: int) -> Any:
    """The row of *kind* with this id, or NotFound."""
    row: Base | None = db.session.get(kind, row_id)
    if row is None:
        raise NotFound("There is no such {kind}.", kind=kind.__tablename__.replace("_", " "))
    return row
