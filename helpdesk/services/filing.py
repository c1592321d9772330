"""Where a contact belongs: a new ticket, a follow-up of one, or nowhere for a reason that has a name."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select

from helpdesk.channels.incoming import Incoming, Reason
from helpdesk.channels.ledger import Inbox
from helpdesk.channels.mail.authentication import verdict_of
from helpdesk.errors import Refused
from helpdesk.orm import Json
from helpdesk.people.models import Person
from helpdesk.services import acknowledging, asides, belongings, bounces, desk, duty, loops
from helpdesk.services.batch import Batch
from helpdesk.services.database import db
from helpdesk.services.participants import name_all, named_in
from helpdesk.services.policies import Pinned
from helpdesk.services.threads import WINDOW, Thread, locked, thread_of
from helpdesk.services.waking import answered_since, heard_at, put_to_rest_since, wake
from helpdesk.tickets import actions
from helpdesk.tickets.actions import Said
from helpdesk.tickets.models import Message, Status, Ticket

MOST_NAMED = 50  # kept of a message until somebody approves it


def file_all(contacts: Sequence[tuple[Inbox, Incoming]]) -> list[Ticket | Refused]:
    """File contacts within the caller's transaction, one after the other: for each its ticket, or why it has none."""
    batch = Batch(contacts)
    outcomes = [_outcome(row, incoming, batch) for row, incoming in contacts]
    proper = [(row, incoming) for row, incoming in contacts if not _forged(incoming)]
    bounces.heard_from(proper)
    name_all(proper, [message for message, _ in batch.kept])
    batch.finish()
    return outcomes


def _outcome(row: Inbox, incoming: Incoming, batch: Batch) -> Ticket | Refused:
    """A contact is refused before anything is changed for it."""
    try:
        ticket = _file(row, incoming, batch)
    except Refused as refusal:
        return refusal
    batch.heard.keep(row)
    return ticket


def _file(row: Inbox, incoming: Incoming, batch: Batch) -> Ticket:
    insist = bool(row.facts.get("insist"))
    if (batch.heard.again(row) or batch.seen_before(row)) and not insist:
        raise Refused(Reason.DUPLICATE)
    if incoming.bounce is not None and not insist:
        return bounces.file(incoming)
    if batch.blocked.holds(row, incoming) and not insist:
        raise Refused(Reason.BLOCKED)
    if not insist and batch.heard.is_copy(row):
        raise Refused(Reason.COPY)
    if incoming.kind != "message":
        return _file_call(row, incoming, batch)
    thread = thread_of(row, incoming, _instant(row, incoming.at), batch)
    if thread is not None and thread.manner == "outsider" and not insist:
        raise Refused(Reason.OUTSIDER)
    if thread is not None and thread.joins:
        return _follow(thread, row, incoming, batch)
    if incoming.automatic and not insist:
        raise Refused(Reason.AUTOMATIC)
    ticket = _open(row, incoming, batch)
    if thread is not None and incoming.channel == "mail" and thread.ticket.voided_at is None:
        belongings.suggest(ticket, thread.ticket, thread.manner, at=row.received_at)
    return ticket


def _instant(row: Inbox, at: datetime | None) -> datetime:
    """When it happened, as far as we can believe it: never later than when it was written down."""
    return min(at or row.received_at, row.received_at)


def _follow(thread: Thread, row: Inbox, incoming: Incoming, batch: Batch) -> Ticket:
    ticket, said, at = thread.ticket, _said(row, incoming), _instant(row, incoming.at)
    author = _author(incoming, batch, demo=ticket.demo)
    if thread.manner == "machine":
        said.facts["machine"] = True
    if thread.manner in ("automatic", "machine") or loops.broken(ticket, incoming, by=author, at=at):
        message = actions.receive_automatic(ticket, said, by=author, at=at)
    elif thread.manner == "note":
        message = actions.note(ticket, said, by=author, at=at)
    elif thread.manner == "aside":
        message = asides.keep(ticket, said, by=author, at=at, recorded_at=row.received_at)
    elif thread.manner == "accepted":
        with duty.nobody_absent(ticket):
            wake(ticket, by=author, at=at, recorded_at=row.received_at)
            with heard_at(ticket, at):
                message = actions.receive(ticket, said, by=author, at=at, recorded_at=row.received_at)
    else:
        if thread.aside:
            said.facts[asides.ASIDE] = True
        said.facts["named"] = dict(list(named_in(row, incoming).items())[:MOST_NAMED])
        message = actions.hold_for_approval(ticket, said, by=author, at=at)
    _keep(ticket, message, incoming, batch)
    return ticket


def _open(row: Inbox, incoming: Incoming, batch: Batch) -> Ticket:
    channel, at = row.channel, _instant(row, incoming.at)
    customer = _author(incoming, batch, demo=channel.demo)
    ticket = new_ticket(row, incoming, customer, at, batch, batch.promises)
    message = actions.open_for_customer(ticket, _said(row, incoming), at=at, recorded_at=row.received_at)
    _keep(ticket, message, incoming, batch)
    if incoming.may_answer and not _forged(incoming) and acknowledging.in_time(channel, at):
        acknowledging.acknowledge(ticket, channel, incoming.sender.address, message, batch.acknowledged)
    return ticket


def _author(incoming: Incoming, batch: Batch, *, demo: bool) -> Person:
    """Who wrote: nobody known when our own mail server says that they are not who they say."""
    known = batch.customers.stranger if _forged(incoming) else batch.customers.customer_for
    return known(incoming.sender, demo=demo)


def _forged(incoming: Incoming) -> bool:
    return verdict_of(incoming) == "fail"


def new_ticket(
    row: Inbox, incoming: Incoming, customer: Person, at: datetime, batch: Batch, promises: Iterable[Pinned]
) -> Ticket:
    """The ticket that a contact opens, before anything was said in it."""
    channel = row.channel
    return desk.new_ticket(
        number=batch.numbers.next(),
        promises=promises,
        customer=customer,
        team=channel.team,
        subject=_subject(incoming),
        channel=row.source,
        channel_id=channel.id,
        at=at,
        language=language_of(f"{incoming.subject} {incoming.text}"),
        demo=channel.demo,
    )


def _subject(incoming: Incoming) -> str:
    """The subject, else the first words, else who called."""
    words = _cut(" ".join(incoming.text.split()), 80)
    return incoming.subject.strip() or words or incoming.sender.name or incoming.sender.address


def _cut(words: str, most: int) -> str:
    """As many whole words as fit."""
    if len(words) <= most:
        return words
    begun = words[: most - 1]
    return f"{begun.rpartition(' ')[0] or begun}…"


def language_of(text: str) -> str:
    """kk when Kazakh letters stand in it, ru when Cyrillic ones do, else en."""
    folded = text[:2000].casefold()
    if any(letter in folded for letter in "әғқңөұүһі"):
        return "kk"
    return "ru" if any("а" <= letter <= "я" for letter in folded) else "en"


def _said(row: Inbox, incoming: Incoming) -> Said:
    return said_with({**incoming.facts, "sender": incoming.sender.address}, row, incoming)


def said_with(facts: Json, row: Inbox, incoming: Incoming) -> Said:
    """What a contact says, with what is to be known of it."""
    return Said(
        text=incoming.text,
        channel=row.source,
        quoted=incoming.quoted,
        signature=incoming.signature,
        html=incoming.html or None,
        reference=incoming.message_id or None,
        inbox_id=row.id,
        files=tuple(file.sha256 for file in incoming.attachments),
        raw=row.sha256,
        facts={**facts, "cc": [other.address for other in incoming.cc[:50]]},
    )


def _keep(ticket: Ticket, message: Message, incoming: Incoming, batch: Batch) -> None:
    for file in incoming.attachments:
        message.attachments.append(desk.attachment(file))
    db.session.add(message)
    batch.kept.append((message, f"{ticket.subject} {ticket.customer.name} {incoming.sender.address}"))


def _file_call(row: Inbox, incoming: Incoming, batch: Batch) -> Ticket:
    """A call joins a ticket of the caller, else it opens one; its clocks run from the time of the call."""
    began_at = _instant(row, datetime.fromisoformat(str(incoming.facts["started_at"])))
    customer = batch.customers.customer_for(incoming.sender, demo=row.channel.demo)
    at = _instant(row, incoming.at or began_at)
    outcome, ticket = _how_it_ended(incoming), _called_about(customer, incoming, at)
    if ticket is not None:
        late = put_to_rest_since(ticket, at) is not None
        log = actions.log_past_call if late else actions.log_call
        with duty.nobody_absent(ticket):
            if late and outcome == "call_in_missed" and not answered_since(ticket, at):
                wake(ticket, by=customer, at=at, recorded_at=row.received_at)
            with heard_at(ticket, at):
                message = log(ticket, _said(row, incoming), outcome, by=customer, at=at, recorded_at=row.received_at)
    else:
        ticket = new_ticket(row, incoming, customer, began_at, batch, batch.promises)
        message = actions.open_for_call(
            ticket, _said(row, incoming), outcome, began_at=began_at, by=customer, at=at, recorded_at=row.received_at
        )
    _keep(ticket, message, incoming, batch)
    return ticket


def _called_about(customer: Person, incoming: Incoming, at: datetime) -> Ticket | None:
    """The customer's newest open ticket; when it is they who call, else the newest that they may still reopen."""
    theirs = select(Ticket.id).where(Ticket.customer_id == customer.id, Ticket.opened_at <= at)
    solved = theirs.where(Ticket.status == Status.SOLVED, Ticket.solved_at >= at - WINDOW)
    for query in (theirs.where(Ticket.open), solved) if incoming.direction == "in" else (theirs.where(Ticket.open),):
        ticket_id = db.session.scalar(query.order_by(Ticket.id.desc()).limit(1))
        if ticket_id is not None:
            return locked(ticket_id)
    return None


def _how_it_ended(incoming: Incoming) -> str:
    answered = incoming.kind == "call_answered"
    if incoming.direction == "in":
        return "call_in_answered" if answered else "call_in_missed"
    return "call_out_answered" if answered else "call_out_unanswered"
