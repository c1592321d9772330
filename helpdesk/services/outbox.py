"""The outbox: what was promised is sent once, or visibly is not.

A delivery is claimed and committed before anything is sent, marked again just before its content goes out, and settled
afterwards. A claim that ran out before the mark is safely tried again; after the mark nobody knows, and it says so.
"""

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import ColumnElement, select, update

from helpdesk.channels.outcome import Outcome, failed, unknown
from helpdesk.errors import Conflict, NotFound
from helpdesk.people.models import Person
from helpdesk.services import bell, leases
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.lanes import CLAIM, LIVE, SILENT, Lane, Lanes, busy, first_of
from helpdesk.services.posting import Postman
from helpdesk.services.store import permit, promise, ticket_for, transaction
from helpdesk.tickets.models import Delivery, Ticket

TURN = (
    10.0  # seconds of one job; what is left then is left to the next, so that the last one, too, ends within its time
)
TRIES = 53  # after 1, 2, 4 … 60 minutes: about two days
HANDED_OVER = "handed over"
EVENTS = {"sent": "delivered", "failed": "delivery_failed", "unknown": "delivery_unknown"}
TOLD = ("reply", "forward", "acknowledgement")
log = structlog.get_logger()


@dataclass(frozen=True)
class Claim:
    """One delivery that this worker may send; whoever holds another *token* may not."""

    delivery_id: int
    ticket_id: int | None
    token: str


def deliver_waiting() -> int:
    """Send what is due, lane by lane and in order per ticket and recipient; how many were tried."""
    end, tried = time.monotonic() + TURN, 0
    _take_back()
    lanes = Lanes()
    with Postman() as postman:
        while time.monotonic() < end and not (tried and bell.pressing()):
            claim = _claim(lanes)
            if claim is None:
                return tried
            _settle(claim, postman.send(claim.delivery_id, lambda: _hand_over(claim)))  # noqa: B023 - called at once
            postman.keep_copy(claim.delivery_id)
            tried += 1
    bell.wake("workers.outbound.deliver")
    return tried


def _claim(lanes: Lanes | None = None) -> Claim | None:
    """The next one of the lane whose turn it is; the write lock is asked for only when something is due."""
    lanes = lanes or Lanes()
    for lane in lanes.in_turn(now()):
        claim = _claim_of(lane)
        if claim is not None:
            lanes.served(lane)
            return claim
        lanes.empty(lane)
    return None


def _claim_of(lane: Lane) -> Claim | None:
    if busy(lane, now()):
        return None
    with transaction():
        delivery = first_of(lane, now())
        if delivery is None:
            return None
        claim = Claim(delivery.id, delivery.ticket_id, f"{leases.me()}:{uuid.uuid4().hex[:12]}")
        delivery.state, delivery.claimed_by, delivery.result = "sending", claim.token, ""
        delivery.attempts += 1
        delivery.next_try_at = now() + CLAIM
    return claim


def _hand_over(claim: Claim) -> bool:
    """Mark that from here on the other side may have it; False when the claim ran out and somebody else has it."""
    with transaction():
        marked = update(Delivery).where(*_held(claim)).values(result=HANDED_OVER, next_try_at=now() + CLAIM)
        return bool(db.session.execute(marked.returning(Delivery.id), execution_options=SILENT).first())


def _held(claim: Claim) -> Sequence[ColumnElement[bool]]:
    """The delivery, while this very claim is on it."""
    return Delivery.id == claim.delivery_id, Delivery.claimed_by == claim.token, Delivery.state == "sending"


def _take_back() -> None:
    """What a dead worker left half done: tried again when nothing went out, else unknown."""
    stale = select(Delivery).where(LIVE, Delivery.state == "sending", Delivery.next_try_at <= now()).limit(500)
    for row in db.session.scalars(stale.execution_options(populate_existing=True)).all():
        claim = Claim(row.id, row.ticket_id, row.claimed_by or "")
        if row.result == HANDED_OVER:
            _settle(claim, unknown("The worker ended after it was handed over, before the answer came."))
        elif row.attempts >= TRIES:
            _settle(claim, failed("Every try to send it ended the worker."))
        else:
            _put_back(claim)


def _put_back(claim: Claim) -> None:
    with transaction():
        again = update(Delivery).where(*_held(claim), Delivery.result != HANDED_OVER)
        db.session.execute(again.values(state="waiting", claimed_by=None, next_try_at=now()), execution_options=SILENT)


def _settle(claim: Claim, outcome: Outcome) -> None:
    """Write down what became of it, on the delivery and in the history; a claim that ran out settles nothing."""
    with transaction():
        ticket = _locked_ticket(claim.ticket_id)
        mine = select(Delivery).where(*_held(claim))
        delivery = db.session.scalar(mine.with_for_update(of=Delivery).execution_options(populate_existing=True))
        if delivery is None:
            return
        if outcome.state == "later" and delivery.attempts < TRIES:
            _postpone(delivery, outcome)
        else:
            _finish(delivery, ticket, failed(outcome.reason) if outcome.state == "later" else outcome)


def _locked_ticket(ticket_id: int | None) -> Ticket | None:
    if ticket_id is None:
        return None
    query = select(Ticket).where(Ticket.id == ticket_id).with_for_update(of=Ticket)
    return db.session.scalar(query.execution_options(populate_existing=True))


def _postpone(delivery: Delivery, outcome: Outcome) -> None:
    """Try again in 1, 2, 4 … 60 minutes; what comes after it waits as long."""
    at = now() + timedelta(minutes=min(60, 2 ** (delivery.attempts - 1)))
    delivery.state, delivery.claimed_by = "waiting", None
    delivery.next_try_at, delivery.result = at, outcome.reason
    behind = update(Delivery).where(
        Delivery.ticket_id == delivery.ticket_id,
        Delivery.recipient == delivery.recipient,
        Delivery.state == "waiting",
        Delivery.id > delivery.id,
        Delivery.next_try_at < at,
    )
    db.session.execute(behind.values(next_try_at=at), execution_options=SILENT)


def _finish(delivery: Delivery, ticket: Ticket | None, outcome: Outcome) -> None:
    delivery.state, delivery.claimed_by = outcome.state, None
    delivery.done_at, delivery.result = now(), outcome.reason
    if outcome.state != "sent":
        log.warning("outbox.not_sent", delivery=delivery.id, state=outcome.state, reason=outcome.reason)
    if ticket is not None and delivery.kind in TOLD and not ticket.demo:
        ticket.record(
            EVENTS[outcome.state], by=None, at=now(),
            delivery=delivery.id, recipient=delivery.recipient, result=outcome.reason[:300],
        )  # fmt: skip


def send_again(delivery_id: int, *, by: Person) -> Delivery:
    """Send what failed, or once more what nobody knows to have arrived; it keeps its Message-ID."""
    with transaction():
        delivery = _permitted(delivery_id, by)
        if delivery.state not in ("failed", "unknown"):
            raise Conflict("This is on its way or has arrived; there is nothing to send again.")
        if delivery.state == "unknown":
            if delivery.content.get("sent_again"):
                raise Conflict("It was sent a second time already; ask the customer, or write a new answer.")
            delivery.content = {**delivery.content, "sent_again": True}
        delivery.state, delivery.attempts, delivery.next_try_at, delivery.done_at = "waiting", 0, now(), None
        if delivery.ticket is not None:
            delivery.ticket.record("sent_again", by=by, at=now(), delivery=delivery.id, recipient=delivery.recipient)
        promise("workers.outbound.deliver")
    return delivery


def drop(delivery_id: int, *, by: Person) -> None:
    """Give up what failed or what nobody knows to have arrived; the ticket's history says who did."""
    with transaction():
        delivery = _permitted(delivery_id, by)
        if delivery.state not in ("failed", "unknown"):
            raise Conflict("This is on its way or has arrived; there is nothing to give up.")
        given_up = {"was": delivery.state, "by": by.name, "by_id": by.id, "at": now().isoformat()}
        delivery.state, delivery.content = "dropped", {**delivery.content, "dropped": given_up}
        if delivery.ticket is not None:
            delivery.ticket.record(
                "delivery_dropped", by=by, at=now(), delivery=delivery.id, recipient=delivery.recipient
            )


def _permitted(delivery_id: int, by: Person) -> Delivery:
    """The delivery, locked after its ticket, when the person may see that; one without a ticket is for the intake."""
    found = db.session.get(Delivery, delivery_id)
    if found is None:
        raise NotFound("There is no such delivery.")
    if found.ticket is not None:
        ticket_for(by, found.ticket.number, lock=True)
    else:
        permit(by, "retry_intake")
    return db.session.get_one(Delivery, delivery_id, populate_existing=True, with_for_update={"of": Delivery})
