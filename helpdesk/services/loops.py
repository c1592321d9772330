"""Machines that pass for people: whoever answers each mail at once, or floods a ticket, is heard as a machine is."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select

from helpdesk.channels.incoming import Incoming
from helpdesk.channels.ledger import Inbox
from helpdesk.orm import Instant
from helpdesk.people.models import Person
from helpdesk.services.copies import alone_with, kept, mail_of
from helpdesk.services.database import db
from helpdesk.services.whom import Whom
from helpdesk.tickets.models import Event, Message, Notice, Ticket

PERIOD = timedelta(hours=1)
AT_ONCE = timedelta(
    seconds=30
)  # nobody reads a mail, writes an answer and has it delivered within that, again and again
ANSWERS = 3  # at once, within the period; the next one is a machine's
MOST = 30  # mails of one person in a ticket within the period
SAID = (
    select(Message.at, Message.direction, Message.author_id)
    .where(
        Message.ticket_id == bindparam("ticket"),
        Message.at > bindparam("since", type_=Instant),
        Message.at <= bindparam("until", type_=Instant),
    )
    .order_by(Message.at, Message.id)
)


def broken(ticket: Ticket, incoming: Incoming, *, by: Person, at: datetime) -> bool:
    """Whether this mail is one too many; then its ticket says so, and who leads the team is told once."""
    if incoming.channel != "mail" or by.staff or not _one_too_many(ticket, by, at):
        return False
    told = select(Event.id).where(
        Event.ticket_id == ticket.id, Event.kind == "loop_broken", Event.at > at - timedelta(days=1)
    )
    if db.session.scalar(told.limit(1)) is None:
        ticket.record("loop_broken", by=None, at=at, name=by.name, person=by.id)
        for lead in Whom(at).stand_ins(ticket):
            db.session.add(
                Notice(person_id=lead.id, ticket_id=ticket.id, kind="loop_broken", facts={"name": by.name}, at=at)
            )
    return True


def _one_too_many(ticket: Ticket, by: Person, at: datetime) -> bool:
    if ticket.changed_at <= at - PERIOD:
        return False
    said = _said(ticket, at)
    theirs = [one.at for one in said if one.direction == "in" and one.author_id == by.id]
    return len(theirs) >= MOST or _answers_at_once(said, [*theirs, at]) > ANSWERS


def _said(ticket: Ticket, at: datetime) -> list[Any]:
    """What was said within the period, that which is not written yet with it."""
    with db.session.no_autoflush:
        written = db.session.execute(SAID, {"ticket": ticket.id, "since": at - PERIOD, "until": at}).all()
    fresh = [one for one in db.session.new if isinstance(one, Message) and one.ticket is ticket and one.at <= at]
    return [*written, *fresh]


def _answers_at_once(said: Sequence[Any], theirs: Sequence[datetime]) -> int:
    """How many of *theirs* came right after something that we sent; one of ours has one answer."""
    sent = [one.at for one in said if one.direction == "out"]
    before = (max((at for at in sent if at < heard), default=None) for heard in theirs)
    answered = [last for last, heard in zip(before, theirs, strict=True) if last and heard - last <= AT_ONCE]
    return len(set(answered))


class Heard:
    """Which mails there are already, by Message-ID, words and files: one that went in a circle has other headers."""

    def __init__(self, contacts: Sequence[tuple[Inbox, Incoming]]) -> None:
        ids = {incoming.message_id for _, incoming in contacts}
        alone_with(ids)
        self._mails = {row.id: mail_of(incoming) for row, incoming in contacts if incoming.message_id}
        self._filed = kept(ids)
        self._came = set(self._filed)

    def again(self, row: Inbox) -> bool:
        """Whether this mail came to this mailbox before; from now on it did."""
        mail = self._mails.get(row.id)
        came = mail is not None and (row.channel_id, mail) in self._came
        self._came |= {(row.channel_id, mail)} if mail else set()
        return came

    def is_copy(self, row: Inbox) -> bool:
        """Whether this mailbox leaves copies to whichever came first, and another one has filed this very mail."""
        mail = self._mails.get(row.id)
        if mail is None or row.channel.settings.get("copies") != "first":
            return False
        return any(mail == other and channel not in (None, row.channel_id) for channel, other in self._filed)

    def keep(self, row: Inbox) -> None:
        """This one is filed."""
        self._filed |= {(row.channel_id, self._mails[row.id])} if row.id in self._mails else set()
