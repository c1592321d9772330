"""Rules are heeded right after what they wait for, ticket by ticket; what they do, their log and the end of waiting are one transaction.

So whatever ends in between, it is done once. A rule that cannot be carried out holds up no mail and no other ticket.
"""

import time
from collections.abc import Sequence
from datetime import timedelta

import structlog
from sqlalchemy import delete, func, select
from sqlalchemy.exc import InterfaceError, OperationalError

from helpdesk.orm import Json
from helpdesk.services import deadlines, duty, reflex_acts, stimuli
from helpdesk.services.database import db
from helpdesk.services.desk import settle_offer
from helpdesk.services.instant import now
from helpdesk.services.reflex_cases import Case
from helpdesk.services.store import transaction
from helpdesk.tickets.models import Event, Ticket
from helpdesk.tickets.reflexes import DEEPEST, Reaction, Reflex, Stimulus, holds, occasions, on_behalf_of

AT_ONCE, LONGEST = 100, 30.0
TRIES, WAIT = 5, timedelta(seconds=10)
log = structlog.get_logger()


def heed() -> int:
    """Heed what has happened and waits to be looked at, oldest first; how many events that were."""
    total, enough = 0, time.monotonic() + LONGEST
    while (ids := _waiting()) and time.monotonic() < enough:
        total += sum(map(_heed, ids))
    return total


def _waiting() -> Sequence[int]:
    query = select(Stimulus.ticket_id).where(Stimulus.next_try_at <= now()).group_by(Stimulus.ticket_id)
    found = db.session.scalars(query.order_by(func.min(Stimulus.id)).limit(AT_ONCE)).all()
    db.session.rollback()
    return found


def _heed(ticket_id: int) -> int:
    try:
        with transaction():
            return _react(ticket_id)
    except (OperationalError, InterfaceError):  # it is the database that ails
        raise
    except Exception as error:  # one ticket must not stop the others: it is tried again, and then told of
        log.error("reflexes.failed", ticket=ticket_id, error=type(error).__name__, exc_info=True)
        _put_off(ticket_id, error)
        return 0


def _react(ticket_id: int) -> int:
    query = select(Ticket).where(Ticket.id == ticket_id).with_for_update(of=Ticket)
    ticket = db.session.scalars(query.execution_options(populate_existing=True)).one()
    happened, before = _happened(ticket_id), ticket.event_count
    reflexes = db.session.scalars(select(Reflex).where(Reflex.active).order_by(Reflex.position, Reflex.id)).all()
    for stimulus in happened:
        if ticket.voided_at is None:
            _try(reflexes, stimulus, ticket)
    _done(happened)
    if ticket.event_count > before:
        settle_offer(ticket, None)
        deadlines.refresh(ticket)
    return len(happened)


def _happened(ticket_id: int) -> Sequence[Stimulus]:
    query = select(Stimulus).where(Stimulus.ticket_id == ticket_id, Stimulus.next_try_at <= now())
    return db.session.scalars(query.order_by(Stimulus.id).limit(AT_ONCE)).all()


def _done(happened: Sequence[Stimulus]) -> None:
    ids = [stimulus.id for stimulus in happened]
    db.session.execute(delete(Stimulus).where(Stimulus.id.in_(ids)), execution_options={"synchronize_session": False})


def _try(reflexes: Sequence[Reflex], stimulus: Stimulus, ticket: Ticket) -> None:
    """Try the rules from the top; each sees what those above it did."""
    event = db.session.scalars(
        select(Event).where(Event.ticket_id == ticket.id, Event.seq == stimulus.seq)
    ).one()  # fmt: skip
    case, found = Case(ticket, event), occasions(event.kind, event.facts)
    for reflex in reflexes:
        if reflex.occasion not in found or not holds(reflex.conditions, case.got, whole=reflex.whole):
            continue
        if why := _loops(reflex, stimulus):
            _keep(reflex, event, "stopped", {"why": why, "chain": stimulus.chain})
            continue
        _run(reflex, event, ticket, stimulus.chain)
        if reflex.stops:
            return


def _loops(reflex: Reflex, stimulus: Stimulus) -> str:
    """Why the loop guard stops a rule: it led here itself, or too many rules did."""
    if reflex.id in stimulus.chain:
        return "again"
    return "deep" if len(stimulus.chain) >= DEEPEST else ""


def _run(reflex: Reflex, event: Event, ticket: Ticket, chain: Sequence[int]) -> None:
    with stimuli.of_chain([*chain, reflex.id]), on_behalf_of(ticket, reflex), duty.nobody_absent(ticket):
        did, undone = reflex_acts.act(ticket, reflex)
    _keep(reflex, event, "done", {"did": did, "undone": undone, "chain": list(chain)})


def _keep(reflex: Reflex | None, event: Event, outcome: str, facts: Json) -> None:
    db.session.add(
        Reaction(
            reflex_id=reflex.id if reflex else None, ticket_id=event.ticket_id, seq=event.seq, kind=event.kind, at=now(),
            outcome=outcome, facts=facts,
        )
    )  # fmt: skip


def _put_off(ticket_id: int, error: Exception) -> None:
    """Try again a little later; after some tries say in the log that no rule was heeded."""
    with transaction():
        happened = _happened(ticket_id)
        for stimulus in happened:
            stimulus.attempts += 1
            stimulus.next_try_at = now() + WAIT * 2**stimulus.attempts
        for stimulus in [one for one in happened if one.attempts >= TRIES]:
            event = db.session.scalars(
                select(Event).where(Event.ticket_id == ticket_id, Event.seq == stimulus.seq)
            ).one()  # fmt: skip
            _keep(None, event, "failed", {"error": f"{type(error).__name__}: {error}"[:300]})
            db.session.delete(stimulus)
