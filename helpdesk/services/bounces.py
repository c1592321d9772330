"""A delivery report lands on the ticket and the message that caused it; it never opens a ticket."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select, update

from helpdesk.channels.incoming import Bounce, Incoming, Reason
from helpdesk.channels.ledger import Inbox
from helpdesk.errors import Refused
from helpdesk.people.contacts import normal
from helpdesk.people.models import ContactPoint
from helpdesk.services import deadlines
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.notices import Tellers
from helpdesk.services.store import settings
from helpdesk.services.whom import Whom
from helpdesk.tickets.models import Delivery, Ticket
from helpdesk.tickets.tokens import secret_in

TOLD = ("reply", "forward", "acknowledgement")


def file(incoming: Incoming) -> Ticket:
    """Mark the delivery that failed and write it into its ticket's history; unknown ones are refused as a bounce."""
    bounce = incoming.bounce or Bounce()
    delivery = _by_message_id(bounce)
    ticket = _ticket(delivery, incoming)
    if ticket is None:
        raise Refused(Reason.BOUNCE)
    delivery = delivery or _last_to(ticket, bounce)
    addresses = list(bounce.permanent or bounce.temporary)[:20] or ([delivery.recipient] if delivery else [])
    ticket.record(
        "delivery_failed" if bounce.permanent else "delivery_delayed",
        by=None, at=now(), delivery=delivery.id if delivery else None, recipient=", ".join(addresses)[:300],
        recipients=addresses,
    )  # fmt: skip
    if delivery is not None:
        _mark(delivery, bounce, incoming.text)
    if bounce.permanent:
        _tell(ticket, delivery, addresses[0])
    deadlines.refresh(ticket)
    return ticket


def _by_message_id(bounce: Bounce) -> Delivery | None:
    if not bounce.message_id:
        return None
    sent = db.session.scalars(select(Delivery).where(Delivery.key == bounce.message_id).order_by(Delivery.id)).all()
    named = {normal("email", address) for address in (*bounce.permanent, *bounce.temporary)}
    return next((one for one in sent if normal("email", one.recipient) in named), sent[0] if sent else None)


def _ticket(delivery: Delivery | None, incoming: Incoming) -> Ticket | None:
    """By the delivery, else by a signed token in what came back."""
    if delivery is not None and delivery.ticket_id is not None:
        condition = Ticket.id == delivery.ticket_id
    else:
        texts = [
            incoming.bounce.message_id if incoming.bounce else "",
            *incoming.recipients[:50],
            *incoming.references[-50:],
        ]
        secret = next((found for found in (secret_in(text, settings().secret_key) for text in texts) if found), None)
        if secret is None:
            return None
        condition = Ticket.secret == secret
    return db.session.scalar(select(Ticket).where(condition).with_for_update(of=Ticket))


def _last_to(ticket: Ticket, bounce: Bounce) -> Delivery | None:
    """The last mail of this ticket to one of those whom the report names."""
    query = select(Delivery).where(Delivery.ticket_id == ticket.id, Delivery.kind.in_(TOLD))
    named = [normal("email", address) for address in (*bounce.permanent, *bounce.temporary)]
    sent = db.session.scalars(query.order_by(Delivery.id.desc()).limit(50))
    return next((one for one in sent if normal("email", one.recipient) in named), None)


def _mark(delivery: Delivery, bounce: Bounce, why: str) -> None:
    """What failed for good is shown as failed, and its address as dead when that is what the report says of it."""
    if not bounce.permanent:
        delivery.content = {**delivery.content, "delayed_at": now().isoformat()}
        return
    delivery.state, delivery.result = "failed", why[:500]
    address = normal("email", delivery.recipient)
    if bounce.hard and address in {normal("email", one) for one in bounce.permanent}:
        dead = update(ContactPoint).where(ContactPoint.kind == "email", ContactPoint.value == address)
        db.session.execute(dead.values(dead_at=now()))


def _tell(ticket: Ticket, delivery: Delivery | None, address: str) -> None:
    """Tell the owner in their page, or who leads when there is none; not of what was sent to staff themselves."""
    if delivery is not None and delivery.kind not in TOLD:
        return
    with Tellers(now()) as tellers:
        for person in [ticket.owner] if ticket.owner else Whom(now()).stand_ins(ticket):
            tellers.notify(person, ticket, "bounced", {"address": address}, mailed=False)


def heard_from(contacts: Iterable[tuple[Inbox, Incoming]]) -> None:
    """Whoever writes is reached again: their address is no longer dead."""
    alive = {normal("email", incoming.sender.address) for _, incoming in contacts if incoming.bounce is None}
    for point in _dead(sorted(alive)):
        point.dead_at = None


def _dead(addresses: Sequence[str]) -> Sequence[ContactPoint]:
    query = select(ContactPoint).where(ContactPoint.value.in_(addresses), ContactPoint.kind == "email")
    with db.session.no_autoflush:  # filing makes nobody dead
        return db.session.scalars(query.where(ContactPoint.dead_at.is_not(None))).all() if addresses else ()
