"""What a batch of contacts asks of the database, asked once for all of them, and what is done once when they are filed."""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from sqlalchemy import func, select

from helpdesk.channels.incoming import Incoming
from helpdesk.channels.ledger import Inbox
from helpdesk.services import deadlines, lookup, policies, writing
from helpdesk.services.acknowledging import Acknowledged
from helpdesk.services.blocking import Blocked
from helpdesk.services.contacts import Customers
from helpdesk.services.database import db
from helpdesk.services.loops import Heard
from helpdesk.services.numbers import Numbers
from helpdesk.services.policies import Pinned
from helpdesk.services.traces import REFERENCES, Trace, traces
from helpdesk.tickets.models import Delivery, Message, Ticket


class Traced(NamedTuple):
    """A ticket, and the tokens of it that a contact bears."""

    ticket: Ticket
    found: list[Trace]


class Spoken(NamedTuple):
    """Something that was said: in which ticket, by whom, in which direction. *ticket* is known when it is of this batch."""

    id: int
    ticket_id: int
    author_id: int | None
    direction: str
    kind: str
    ticket: Ticket | None = None


class Batch:
    """Contacts that are filed in one transaction, one after the other; *kept* are their messages, with a subject."""

    def __init__(self, contacts: Sequence[tuple[Inbox, Incoming]]) -> None:
        self.contacts = contacts
        self.customers = Customers(incoming.sender for _, incoming in contacts)
        self.numbers = Numbers("ticket", len(contacts))
        self.kept: list[tuple[Message, str]] = []

    def seen_before(self, row: Inbox) -> bool:
        """Whether the very same bytes came before under another key of this channel."""
        return self._originals.get((row.channel_id, row.content_key), row.id) < row.id

    @cached_property
    def _originals(self) -> dict[tuple[int, str], int]:
        keys = {row.content_key for row, _ in self.contacts if row.content_key}
        query = select(Inbox.channel_id, Inbox.content_key, func.min(Inbox.id))
        query = query.where(
            Inbox.channel_id.in_({row.channel_id for row, _ in self.contacts}), Inbox.content_key.in_(keys)
        )
        found = db.session.execute(query.group_by(Inbox.channel_id, Inbox.content_key)) if keys else ()
        return {(channel, key): first for channel, key, first in found}

    def by_token(self, row: Inbox) -> Traced | None:
        """By the signed tokens in the reply address and in Message-IDs of ours; there is no unsigned way."""
        found = (self._signed.get(trace.secret) for trace in self._traces[row.id])
        ticket = next((ticket for ticket in found if ticket is not None), None)
        if ticket is None:
            return None
        return Traced(ticket, [trace for trace in self._traces[row.id] if trace.secret == ticket.secret])

    @cached_property
    def _traces(self) -> dict[int, list[Trace]]:
        return {row.id: traces(row, incoming) for row, incoming in self.contacts}

    @cached_property
    def _signed(self) -> dict[str, Ticket]:
        """The tickets that are meant, by their secrets, locked in one order."""
        secrets = {trace.secret for some in self._traces.values() for trace in some}
        query = select(Ticket).where(Ticket.secret.in_(secrets)).order_by(Ticket.id).with_for_update(of=Ticket)
        found = db.session.scalars(query.execution_options(populate_existing=True)) if secrets else ()
        return {ticket.secret: ticket for ticket in found}

    def said(self, incoming: Incoming) -> list[Spoken]:
        """What was said in the mails that a contact refers to, newest first."""
        known = set(incoming.references[-REFERENCES:])
        fresh = [
            Spoken(0, 0, message.author_id, message.direction, message.kind, message.ticket)
            for message, _ in reversed(self.kept)
            if message.reference in known
        ]
        return fresh + sorted((one for name in known for one in self._said.get(name, ())), reverse=True)

    @cached_property
    def _said(self) -> dict[str, list[Spoken]]:
        """What was said before this batch, by its Message-ID."""
        names = {name for _, incoming in self.contacts for name in incoming.references[-REFERENCES:]}
        query = select(
            Message.reference, Message.id, Message.ticket_id, Message.author_id, Message.direction, Message.kind
        )
        found: dict[str, list[Spoken]] = {}
        with db.session.no_autoflush:
            rows = db.session.execute(query.where(Message.reference.in_(names))) if names else ()
            for name, *spoken in rows:
                found.setdefault(str(name), []).append(Spoken._make([*spoken, None]))
        return found

    def answered(self, incoming: Incoming) -> str | None:
        """The kind of the last mail of ours that a contact refers to; None when it refers to none."""
        return next(filter(None, (self._sent.get(name) for name in incoming.references[: -REFERENCES - 1 : -1])), None)

    @cached_property
    def _sent(self) -> dict[str, str]:
        """The kinds of what was sent before, by Message-ID."""
        names = {name for _, incoming in self.contacts for name in incoming.references[-REFERENCES:]}
        query = select(Delivery.key, Delivery.kind).where(Delivery.key.in_(names))
        with db.session.no_autoflush:
            return {key: kind for key, kind in db.session.execute(query)} if names else {}

    @cached_property
    def blocked(self) -> Blocked:
        """Whose mail is refused."""
        return Blocked(self.contacts)

    @cached_property
    def acknowledged(self) -> Acknowledged:
        """Whom an acknowledgement went to lately."""
        return Acknowledged({incoming.sender.address for _, incoming in self.contacts})

    @cached_property
    def heard(self) -> Heard:
        """The mails that came before, by whatever way."""
        return Heard(self.contacts)

    @cached_property
    def promises(self) -> list[Pinned]:
        """The active policies, in order of the list."""
        return policies.active()

    def finish(self) -> None:
        """Write everything, make it findable, and bring the clocks in line."""
        with db.session.no_autoflush:
            self.numbers.give_back()
            writing.write_odd()
            writing.number()
            deadlines.lay_all(list({message.ticket.id: message.ticket for message, _ in self.kept}.values()))
            words = lookup.words(self.kept)
        writing.write_out()
        lookup.put(words)
