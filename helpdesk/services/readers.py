"""Which reader reads a row of the ledger."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property

from sqlalchemy import select

from helpdesk.channels import calls
from helpdesk.channels.chat import telegram, webhook
from helpdesk.channels.chat.arrival import arrived
from helpdesk.channels.incoming import Incoming
from helpdesk.channels.ledger import Inbox
from helpdesk.channels.mail import apart, authentication
from helpdesk.channels.mail.own import OwnAddresses
from helpdesk.channels.models import Channel
from helpdesk.people.models import ContactPoint, Person
from helpdesk.services.database import db
from helpdesk.services.store import settings

WHOLE_SECOND = timedelta(microseconds=999_999)


def received_at(row: Inbox) -> datetime:
    """When we or our mail server got it, as far as that can be: a server tells whole seconds, of which the end counts.

    Else what a customer writes within a second of our answer would stand before it.
    """
    arrived = row.facts.get("arrived")
    if not arrived:
        return row.received_at
    return min(row.received_at, datetime.fromisoformat(str(arrived)).astimezone(UTC) + WHOLE_SECOND)


def read(row: Inbox, raw: bytes) -> Incoming:
    """The contact in *raw*; raises Unreadable or Refused."""
    return Reader().read(row, raw)


class Reader:
    """Reads rows; what all of them need to know is looked up once."""

    def read(self, row: Inbox, raw: bytes) -> Incoming:
        """The contact in *raw*; raises Unreadable or Refused."""
        if row.source != "mail":
            return READERS[row.source](row, raw)
        (outcome,) = self.read_mails([(row, raw)])
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def read_mails(self, mails: Sequence[tuple[Inbox, bytes]]) -> list[apart.Outcome]:
        """What each mail is, read where it can be killed; raises apart.Missing when that place can't be had."""
        old = [mail for mail in mails if "imported" in mail[0].facts]
        living = [mail for mail in mails if "imported" not in mail[0].facts]
        outcomes = iter(self._read(old, self._nobody)), iter(self._read(living, self._own))
        return [next(outcomes["imported" not in row.facts]) for row, _ in mails]

    def _read(self, mails: Sequence[tuple[Inbox, bytes]], own: OwnAddresses) -> list[apart.Outcome]:
        letters = [apart.Letter(raw, received_at(row), bool(row.facts.get("insist"))) for row, raw in mails]
        reader = apart.reader(apart.Allowance(settings().read_seconds))
        outcomes = reader.read_all(letters, own) if letters else []
        return [self._judged(row, raw, outcome) for (row, raw), outcome in zip(mails, outcomes, strict=True)]

    def _judged(self, row: Inbox, raw: bytes, outcome: apart.Outcome) -> apart.Outcome:
        """With what our own mail server found of its sender."""
        if isinstance(outcome, Exception):
            return outcome
        return authentication.noted(outcome, raw, self._trusted.get(row.channel_id, ""))

    @cached_property
    def _trusted(self) -> dict[int, str]:
        """The mail server whose word counts, for each mailbox that has named one."""
        found = db.session.execute(select(Channel.id, Channel.settings).where(Channel.kind == "mail"))
        return {channel_id: str(known.get("trusted_server") or "") for channel_id, known in found}

    @cached_property
    def _own(self) -> OwnAddresses:
        return own_addresses()

    @cached_property
    def _nobody(self) -> OwnAddresses:
        """The same without our mailboxes: what they wrote is part of an old talk, but comes back to a living one."""
        return replace(self._own, addresses=frozenset())


def own_addresses() -> OwnAddresses:
    """Every address that is ours, so that our own mail is known when it comes back."""
    addresses = db.session.scalars(select(Channel.address).where(Channel.kind == "mail", Channel.address != ""))
    staff = select(ContactPoint.value).join(Person).where(ContactPoint.kind == "email", Person.role.is_not(None))
    known, colleagues = settings(), frozenset(db.session.scalars(staff))
    return OwnAddresses(known.own_host, frozenset(map(str.lower, addresses)), known.secret_key, colleagues)


def _chat(row: Inbox, incoming: Incoming) -> Incoming:
    return arrived(incoming, channel_id=row.channel_id, received=row.received_at)


READERS: dict[str, Callable[[Inbox, bytes], Incoming]] = {
    "webhook": lambda row, raw: _chat(row, webhook.read(raw)),
    "telegram": lambda row, raw: _chat(row, telegram.read(raw)),
    "calls": lambda _row, raw: calls.read(raw),
}
