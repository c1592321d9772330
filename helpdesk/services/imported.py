"""Old mail becomes tickets: talks as they were, solved at their last mail, and nothing is ever sent or promised for them.

What is imported carries {"imported": {"status", "thread", "ticket"}} in its row's facts: the status that its ticket is left
in, the talk it belongs to within its batch, and the ticket of that talk when there is one already.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from helpdesk.channels.incoming import Incoming, Reason, Sender
from helpdesk.channels.ledger import Inbox
from helpdesk.channels.mail.old import directed
from helpdesk.errors import Refused
from helpdesk.people.contacts import normal
from helpdesk.people.models import ContactPoint, Person
from helpdesk.services import desk, filing
from helpdesk.services.batch import Batch
from helpdesk.services.copies import kept, mail_of
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.readers import own_addresses
from helpdesk.services.traces import REFERENCES
from helpdesk.tickets.actions import Said
from helpdesk.tickets.imported import add_imported, end_import, open_imported
from helpdesk.tickets.models import Event, Message, Status, Ticket

IMPORTS = ("opened", "imported", "import_ended")  # the events of an import
Contact = tuple[Inbox, Incoming]


def file_all(contacts: Sequence[Contact]) -> list[Ticket | Refused]:
    """File contacts, all of old mail or none, within the caller's transaction: for each its ticket, or why it has none."""
    if not contacts:
        return []
    return _file_old(contacts) if "imported" in contacts[0][0].facts else filing.file_all(contacts)


def _file_old(contacts: Sequence[Contact]) -> list[Ticket | Refused]:
    own, facing, outcomes = own_addresses(), list[Contact](), dict[int, Ticket | Refused]()
    for row, incoming in contacts:
        try:
            facing.append((row, _facing(directed(incoming, own))))
        except Refused as refusal:
            outcomes[row.id] = refusal
    talks = Talks(facing)
    outcomes |= {row.id: _outcome(row, incoming, talks) for row, incoming in facing}
    talks.end()
    return [outcomes[row.id] for row, _ in contacts]


def _facing(incoming: Incoming) -> Incoming:
    """A mail of ours has as its sender whom it was for: the customer, not us. Who wrote it is a fact."""
    if incoming.direction == "in":
        return incoming
    return replace(incoming, sender=Sender(*incoming.facts["customer"]))  # type: ignore[misc]


def _outcome(row: Inbox, incoming: Incoming, talks: "Talks") -> Ticket | Refused:
    try:
        return _file(row, incoming, talks)
    except Refused as refusal:
        return refusal


def _file(row: Inbox, incoming: Incoming, talks: "Talks") -> Ticket:
    insist = bool(row.facts.get("insist"))
    if talks.batch.seen_before(row) and not insist:
        raise Refused(Reason.DUPLICATE)
    ticket, automatic = talks.ticket_of(row, incoming), incoming.automatic or incoming.bounce is not None
    if automatic and ticket is None and not insist:
        raise Refused(Reason.BOUNCE if incoming.bounce else Reason.AUTOMATIC)
    if talks.has(incoming) and not insist:
        raise Refused(Reason.DUPLICATE)
    said = _said(row, incoming)
    when = {"at": arrived(row), "recorded_at": row.received_at}
    by, way = talks.author(incoming), incoming.direction
    if ticket is None:
        customer = talks.batch.customers.customer_for(incoming.sender, demo=row.channel.demo)
        ticket = filing.new_ticket(row, incoming, customer, when["at"], talks.batch, ())
        message = open_imported(ticket, said, direction=way, by=by, **when)
    else:
        kind = "automatic" if automatic else "reply" if way == "out" else "received"
        message = add_imported(ticket, said, kind=kind, direction=way, by=by, **when)
    talks.keep(ticket, message, row, incoming)
    return ticket


def arrived(row: Inbox) -> datetime:
    """When the mail came, as the archive says; never later than it was imported."""
    return min(datetime.fromisoformat(str(row.facts["arrived"])), row.received_at)


def _said(row: Inbox, incoming: Incoming) -> Said:
    author = incoming.facts.get("from")
    facts = {
        "from": author,
        "date": incoming.facts.get("date"),
        "sender": author if incoming.direction == "out" else incoming.sender.address,
        "imported": True,
    }
    return filing.said_with(facts, row, incoming)


class Talks:
    """The talks of some old mails, each with the ticket it has or gets."""

    def __init__(self, contacts: Sequence[Contact]) -> None:
        self.batch = Batch(contacts)
        self._tickets: dict[str, list[Ticket]] = {}
        self._ended: dict[int, tuple[Ticket, Status]] = {}
        self._staff = _staff(str(incoming.facts.get("from", "")) for _, incoming in contacts)
        self._known: dict[str, Ticket] = _known(contacts)
        self._said = {mail for _, mail in kept(incoming.message_id for _, incoming in contacts)}

    def has(self, incoming: Incoming) -> bool:
        """Whether this very mail is there: programs add their own headers, so the bytes may differ."""
        return bool(incoming.message_id) and mail_of(incoming) in self._said

    def author(self, incoming: Incoming) -> Person | None:
        """Who wrote it: the customer, a member of staff, or nobody but the mailbox itself."""
        if incoming.direction == "out":
            return self._staff.get(normal("email", str(incoming.facts["from"])))
        return self.batch.customers.customer_for(incoming.sender)

    def ticket_of(self, row: Inbox, incoming: Incoming) -> Ticket | None:
        """The ticket of the mail's talk; one of this desk only when the mail is of somebody who takes part in it."""
        found = [self._known[one] for one in (*incoming.references, incoming.message_id) if one in self._known]
        if ticket_id := row.facts["imported"].get("ticket"):
            found += [one for one in [db.session.get(Ticket, ticket_id)] if one is not None]
        found += self._tickets.get(_thread(row), [])
        return next((ticket for ticket in reversed(found) if self._belongs(ticket, incoming)), None)

    def _belongs(self, ticket: Ticket, incoming: Incoming) -> bool:
        sender = self.batch.customers.at(incoming.sender)
        return ticket.imported_at is not None or (sender is not None and sender.id == ticket.customer_id)

    def keep(self, ticket: Ticket, message: Message, row: Inbox, incoming: Incoming) -> None:
        """Note what is written at the end, and where the rest of the talk goes."""
        message.attachments.extend(desk.attachment(file) for file in incoming.attachments)
        db.session.add(message)
        self.batch.kept.append((message, f"{ticket.subject} {ticket.customer.name} {message.facts['sender']}"))
        self._tickets.setdefault(_thread(row), []).append(ticket)
        self._said.add(mail_of(incoming))
        if ticket.imported_at is not None and ticket.policy_version_id is None:
            self._ended[ticket.number] = ticket, Status(row.facts["imported"]["status"])

    def end(self) -> None:
        """Leave the tickets as it was ordered; those of the desk, and those taken up since, stay as they are."""
        db.session.flush()
        ids = [ticket.id for ticket, _ in self._ended.values()]
        untouched, last, at = _untouched(ids), _last_said(ids), now()
        for ticket, status in (ended for ended in self._ended.values() if ended[0].id in untouched):
            message = last[ticket.id]
            waiting = message.kind == "received"
            end_import(ticket, status, waiting=waiting, at=message.at, recorded_at=at)
        self.batch.finish()


def _thread(row: Inbox) -> str:
    return str(row.facts["imported"].get("thread") or row.id)


def _staff(addresses: Iterable[str]) -> dict[str, Person]:
    """The members of staff behind some addresses."""
    query = select(ContactPoint.value, Person).join(Person)
    query = query.where(ContactPoint.kind == "email", Person.role.is_not(None))
    wanted = {normal("email", address) for address in addresses}
    return {value: person for value, person in db.session.execute(query.where(ContactPoint.value.in_(wanted)))}


def _known(contacts: Sequence[Contact]) -> dict[str, Ticket]:
    """The tickets of what is in the desk and is, or is answered by, one of these mails, by its Message-ID."""
    ids = {one for _, incoming in contacts for one in (incoming.message_id, *incoming.references[-REFERENCES:]) if one}
    query = select(Message.reference, Ticket).join(Ticket, Ticket.id == Message.ticket_id)
    found = db.session.execute(query.where(Message.reference.in_(ids)).order_by(Message.id)).all() if ids else ()
    return {str(reference): ticket for reference, ticket in found}


def _untouched(tickets: Sequence[int]) -> set[int]:
    """Those of some imported tickets to which nothing but imports has happened."""
    query = select(Event.ticket_id).where(Event.ticket_id.in_(tickets), Event.kind.not_in(IMPORTS))
    return set(tickets) - set(db.session.scalars(query))


def _last_said(tickets: Sequence[int]) -> dict[int, Message]:
    """The last message of each ticket that a person wrote, or else the last one."""
    query = select(Message).where(Message.ticket_id.in_(tickets)).order_by(Message.at, Message.id)
    found: dict[int, Message] = {}
    for message in db.session.scalars(query):
        if message.kind != "automatic" or message.ticket_id not in found:
            found[message.ticket_id] = message
    return found
