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
from helpdesk.services import deadlines, duty, trigger_acts, trigger_events
from helpdesk.services.database import db
from helpdesk.services.desk import settle_offer
from helpdesk.services.instant import now
from helpdesk.services.store import transaction
from helpdesk.services.trigger_cases import Case
from helpdesk.tickets.models import Event, Ticket
from helpdesk.tickets.triggers import DEEPEST, Trigger, TriggerEvent, TriggerRun, holds, occasions, on_behalf_of

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
    query = select(TriggerEvent.ticket_id).where(TriggerEvent.next_try_at <= now()).group_by(TriggerEvent.ticket_id)
    found = db.session.scalars(query.order_by(func.min(TriggerEvent.id)).limit(AT_ONCE)).all()
    db.session.rollback()
    return found


def _heed(ticket_id: int) -> int:
    try:
        with transaction():
            return _react(ticket_id)
    except (OperationalError, InterfaceError):  # it is the database that ails
        raise
    except Exception as error:  # one ticket must not stop the others: it is tried again, and then told of
        log.error("triggers.failed", ticket=ticket_id, error=type(error).__name__, exc_info=True)
        _put_off(ticket_id, error)
        return 0


def _react(ticket_id: int) -> int:
    query = select(Ticket).where(Ticket.id == ticket_id).with_for_update(of=Ticket)
    ticket = db.session.scalars(query.execution_options(populate_existing=True)).one()
    happened, before = _happened(ticket_id), ticket.event_count
    triggers = db.session.scalars(select(Trigger).where(Trigger.active).order_by(Trigger.position, Trigger.id)).all()
    for trigger_event in happened:
        if ticket.voided_at is None:
            _try(triggers, trigger_event, ticket)
    _done(happened)
    if ticket.event_count > before:
        settle_offer(ticket, None)
        deadlines.refresh(ticket)
    return len(happened)


def _happened(ticket_id: int) -> Sequence[TriggerEvent]:
    query = select(TriggerEvent).where(TriggerEvent.ticket_id == ticket_id, TriggerEvent.next_try_at <= now())
    return db.session.scalars(query.order_by(TriggerEvent.id).limit(AT_ONCE)).all()


def _done(happened: Sequence[TriggerEvent]) -> None:
    ids = [trigger_event.id for trigger_event in happened]
    db.session.execute(
        delete(TriggerEvent).where(TriggerEvent.id.in_(ids)), execution_options={"synchronize_session": False}
    )


def _try(triggers: Sequence[Trigger], trigger_event: TriggerEvent, ticket: Ticket) -> None:
    """Try the rules from the top; each sees what those above it did."""
    event = db.session.scalars(
        select(Event).where(Event.ticket_id == ticket.id, Event.seq == trigger_event.seq)
    ).one()  # fmt: skip
    case, found = Case(ticket, event), occasions(event.kind, event.facts)
    for trigger in triggers:
        if trigger.occasion not in found or not holds(trigger.conditions, case.got, whole=trigger.whole):
            continue
        if why := _loops(trigger, trigger_event):
            _keep(trigger, event, "stopped", {"why": why, "chain": trigger_event.chain})
            continue
        _run(trigger, event, ticket, trigger_event.chain)
        if trigger.stops:
            return


def _loops(trigger: Trigger, trigger_event: TriggerEvent) -> str:
    """Why the loop guard stops a rule: it led here itself, or too many rules did."""
    if trigger.id in trigger_event.chain:
        return "again"
    return "deep" if len(trigger_event.chain) >= DEEPEST else ""


def _run(trigger: Trigger, event: Event, ticket: Ticket, chain: Sequence[int]) -> None:
    with trigger_events.of_chain([*chain, trigger.id]), on_behalf_of(ticket, trigger), duty.nobody_absent(ticket):
        did, undone = trigger_acts.act(ticket, trigger)
    _keep(trigger, event, "done", {"did": did, "undone": undone, "chain": list(chain)})


def _keep(trigger: Trigger | None, event: Event, outcome: str, facts: Json) -> None:
    db.session.add(
        TriggerRun(
            trigger_id=trigger.id if trigger else None, ticket_id=event.ticket_id, seq=event.seq, kind=event.kind, at=now(),
            outcome=outcome, facts=facts,
        )
    )  # fmt: skip


def _put_off(ticket_id: int, error: Exception) -> None:
    """Try again a little later; after some tries say in the log that no rule was heeded."""
    with transaction():
        happened = _happened(ticket_id)
        for trigger_event in happened:
            trigger_event.attempts += 1
            trigger_event.next_try_at = now() + WAIT * 2**trigger_event.attempts
        for trigger_event in [one for one in happened if one.attempts >= TRIES]:
            event = db.session.scalars(
                select(Event).where(Event.ticket_id == ticket_id, Event.seq == trigger_event.seq)
            ).one()  # fmt: skip
            _keep(None, event, "failed", {"error": f"{type(error).__name__}: {error}"[:300]})
            db.session.delete(trigger_event)
