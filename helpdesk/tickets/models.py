"""Rows of tickets: the ticket, its messages and files, its history, and what is to be delivered."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, object_session, relationship

from helpdesk.orm import Base, Facts, Id, Instant, Json
from helpdesk.people.models import Person, Team
from helpdesk.tickets.history import GENESIS, digest
from helpdesk.tickets.reasons import Reason
from helpdesk.tickets.stints import Stint, follow


class Status(StrEnum):
    """Where a ticket stands. Pending waits for the customer, on hold for a third party."""

    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    ON_HOLD = "on_hold"
    SOLVED = "solved"
    CLOSED = "closed"


class Priority(StrEnum):
    """How urgent, lowest first."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


OPEN = text("open")
ASLEEP = text("wakes_at IS NOT NULL")
WAITING = text("open AND waiting_since IS NOT NULL")
SOLVED = text("solved_at IS NOT NULL")
UNOWNED = text("open AND owner_id IS NULL")
IDLE = text("idle_at IS NOT NULL")
UNAPPROVED = text("kind = 'unapproved'")
LIVE = text("state IN ('waiting', 'sending')")
NOBODY: Json = {}
UNDELIVERED = text("state IN ('failed', 'unknown')")


class Ticket(Base):
    """One matter of one customer. *version* counts what staff did to it: a form made for an older one is refused.

    *imported_at* is when it came in with old mail: what was done before that was done elsewhere.
    *sort_at* is the queue's order: when to begin for the next due instant, never after it; far when no clock runs. *due_…*, *late_…* and
    *paused_left* are those of the clock that its row shows. One that is *voided* counts nowhere; it says why, and how
    the ticket was before. At *idle_at* it goes back to its team, unless its owner does something first. One that is
    *snoozed* is not in its owner's list until it *wakes_at*. Somebody may hear of one that is *followed*.
    """

    __tablename__ = "ticket"
    __table_args__ = (
        Index("ix_ticket_open_sort", "sort_at", "id", "due_at", "open", sqlite_where=OPEN, postgresql_where=OPEN),
        Index(
            "ix_ticket_open_team", "team_id", "sort_at", "id", "due_at", "open",
            sqlite_where=OPEN, postgresql_where=OPEN,
        ),
        Index(
            "ix_ticket_open_owner", "owner_id", "sort_at", "id", "team_id", "open",
            sqlite_where=OPEN, postgresql_where=OPEN,
        ),
        Index("ix_ticket_unowned", "team_id", "sort_at", "id", sqlite_where=UNOWNED, postgresql_where=UNOWNED),
        Index("ix_ticket_open_age", "team_id", "opened_at", "open", sqlite_where=OPEN, postgresql_where=OPEN),
        Index(
            "ix_ticket_waiting", "team_id", "waiting_since", "owner_id", "open",
            sqlite_where=WAITING, postgresql_where=WAITING,
        ),
        Index("ix_ticket_solved", "team_id", "solved_at", sqlite_where=SOLVED, postgresql_where=SOLVED),
        Index("ix_ticket_open_status", "team_id", "status", "sort_at", "id", sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_ticket_idle", "idle_at", "id", sqlite_where=IDLE, postgresql_where=IDLE),
        Index("ix_ticket_wakes", "wakes_at", "id", sqlite_where=ASLEEP, postgresql_where=ASLEEP),
        Index(None, "team_id", "opened_at"),
        Index(None, "customer_id", "id"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    version: Mapped[int] = mapped_column(default=1)
    secret: Mapped[str] = mapped_column(String(40), unique=True)
    subject: Mapped[str] = mapped_column(String(500))
    status: Mapped[str] = mapped_column(String(20))
    open: Mapped[bool] = mapped_column(default=True)
    priority: Mapped[str] = mapped_column(String(20), default=Priority.NORMAL)
    channel: Mapped[str] = mapped_column(String(20))
    channel_id: Mapped[int | None] = mapped_column(Id)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    tags: Mapped[list[str]] = mapped_column(Facts, default=list)
    language: Mapped[str] = mapped_column(String(5), default="ru")
    opened_at: Mapped[datetime] = mapped_column(Instant)
    changed_at: Mapped[datetime] = mapped_column(Instant)
    solved_at: Mapped[datetime | None] = mapped_column(Instant)
    waiting_since: Mapped[datetime | None] = mapped_column(Instant)
    preview: Mapped[str] = mapped_column(String(300), default="")
    sort_at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    due_kind: Mapped[str | None] = mapped_column(String(20))
    due_target: Mapped[int | None] = mapped_column()
    late_since: Mapped[datetime | None] = mapped_column(Instant)
    late_seconds: Mapped[int | None] = mapped_column()
    paused_left: Mapped[int | None] = mapped_column()
    policy_version_id: Mapped[int | None] = mapped_column(Id)
    event_count: Mapped[int] = mapped_column(default=0)
    head: Mapped[str] = mapped_column(String(64), default=GENESIS)
    demo: Mapped[bool] = mapped_column(default=False)
    voided_at: Mapped[datetime | None] = mapped_column(Instant)
    voided: Mapped[Json] = mapped_column(Facts, default=dict, server_default=text("'{}'"))
    imported_at: Mapped[datetime | None] = mapped_column(Instant)
    idle_at: Mapped[datetime | None] = mapped_column(Instant)
    snoozed_at: Mapped[datetime | None] = mapped_column(Instant)
    wakes_at: Mapped[datetime | None] = mapped_column(Instant)
    snooze: Mapped[Json] = mapped_column(Facts, default=dict, server_default=text("'{}'"))
    reason_id: Mapped[int | None] = mapped_column(Id)
    followed: Mapped[bool] = mapped_column(default=False, server_default=false())

    team: Mapped[Team] = relationship()
    owner: Mapped[Person | None] = relationship(foreign_keys=[owner_id])
    customer: Mapped[Person] = relationship(foreign_keys=[customer_id])
    reason: Mapped[Reason | None] = relationship(primaryjoin="foreign(Ticket.reason_id) == Reason.id")
    messages: Mapped[list["Message"]] = relationship(viewonly=True, order_by="Message.at, Message.id")
    events: Mapped[list["Event"]] = relationship(viewonly=True, order_by="Event.seq")
    stints: Mapped[list[Stint]] = relationship(back_populates="ticket", order_by=Stint.began_seq)

    behalf = NOBODY

    def record(
        self,
        kind: str,
        *,
        by: Person | None,
        at: datetime,
        recorded_at: datetime | None = None,
        **facts: Any,
    ) -> "Event":
        """Append what happened to the history. *recorded_at* differs from *at* for what became known later.

        While something acts on *behalf* of somebody who is no actor, it says so.
        """
        self.event_count += 1
        event = Event(
            ticket=self,
            seq=self.event_count,
            at=at,
            recorded_at=recorded_at or at,
            actor_id=by.id if by else None,
            kind=kind,
            facts={name: value for name, value in (facts | self.behalf).items() if value is not None},
        )
        self.head = event.hash = digest(self.head, self.number, event)
        self.changed_at = event.recorded_at
        _together(self, event)
        self.version += 1 if by is not None and by.staff else 0
        follow(self, event)
        if self.idle_at is not None and self.owner == by:
            self.idle_at = None
        return event


def _together(ticket: Ticket, event: "Event") -> None:
    """The event goes where its ticket goes, without loading the history that is there already."""
    session = object_session(ticket)
    if session is not None:
        session.add(event)


class Message(Base):
    """Something said: by the customer, by staff to the customer, a note between staff, a call, a machine's mail.

    *seq* is the event that recorded it, *sha256* covers text, quotation and markup, *reference* is a Message-ID.
    Messages from before *signature* have it among what is *quoted*.
    """

    __tablename__ = "message"
    __table_args__ = (
        Index(None, "ticket_id", "at"),
        Index(None, "reference"),
        Index("ix_message_unapproved", "id", sqlite_where=UNAPPROVED, postgresql_where=UNAPPROVED),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    kind: Mapped[str] = mapped_column(String(20))
    direction: Mapped[str] = mapped_column(String(3))
    channel: Mapped[str] = mapped_column(String(20))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    seq: Mapped[int]
    inbox_id: Mapped[int | None] = mapped_column(Id, unique=True)
    reference: Mapped[str | None] = mapped_column(String(400))
    at: Mapped[datetime] = mapped_column(Instant)
    text: Mapped[str] = mapped_column(Text)
    quoted: Mapped[str] = mapped_column(Text, default="")
    signature: Mapped[str] = mapped_column(Text, default="", server_default="")
    html: Mapped[str | None] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    facts: Mapped[Json] = mapped_column(Facts, default=dict)

    @property
    def said_seq(self) -> int:
        """The event by which it was said; of what was written to be said later, that is not the one of its writing."""
        return int(self.facts.get("said_seq", self.seq))

    ticket: Mapped[Ticket] = relationship()
    author: Mapped[Person | None] = relationship()
    attachments: Mapped[list["Attachment"]] = relationship(back_populates="message", order_by="Attachment.id")
    deliveries: Mapped[list["Delivery"]] = relationship(
        primaryjoin="Message.id == foreign(Delivery.message_id)", viewonly=True, order_by="Delivery.id"
    )


class Attachment(Base):
    """A file of a message; its content lies in the blob store under *sha256*, unless it was erased."""

    __tablename__ = "attachment"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), index=True)
    filename: Mapped[str] = mapped_column(String(255))
    content_type: Mapped[str] = mapped_column(String(200))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    cid: Mapped[str | None] = mapped_column(String(400))
    inline: Mapped[bool] = mapped_column(default=False)
    erased_at: Mapped[datetime | None] = mapped_column(Instant)

    message: Mapped[Message] = relationship(back_populates="attachments")


class Event(Base):
    """One line of a ticket's history: append-only, chained by hash. *facts* hold ids, names, old → new; no bodies."""

    __tablename__ = "event"
    __table_args__ = (UniqueConstraint("ticket_id", "seq"), Index(None, "recorded_at"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    seq: Mapped[int]
    at: Mapped[datetime] = mapped_column(Instant)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str] = mapped_column(String(40))
    facts: Mapped[Json] = mapped_column(Facts)
    hash: Mapped[str] = mapped_column(String(64))

    ticket: Mapped[Ticket] = relationship()
    actor: Mapped[Person | None] = relationship()


class Delivery(Base):
    """The outbox: one thing promised to one recipient. *key* is fixed: a Message-ID or an idempotency key.

    States: waiting → sending → sent | failed | unknown. It is unknown when the other side may or may not have it; a
    person may send it again or drop it when it failed or is unknown.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        Index("ix_delivery_waiting", "next_try_at", "id", sqlite_where=LIVE, postgresql_where=LIVE),
        Index("ix_delivery_lane", "channel_id", "kind", "next_try_at", "id", sqlite_where=LIVE, postgresql_where=LIVE),
        Index(None, "channel_id", "done_at"),
        Index("ix_delivery_trouble", "state", "id", sqlite_where=UNDELIVERED, postgresql_where=UNDELIVERED),
        Index(None, "ticket_id", "id"),
        Index(None, "kind", "recipient", "promised_at"),
        Index(None, "kind", "promised_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"), index=True)
    channel: Mapped[str] = mapped_column(String(20))
    channel_id: Mapped[int | None] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(20))
    recipient: Mapped[str] = mapped_column(String(400))
    key: Mapped[str] = mapped_column(String(200), index=True)
    content: Mapped[Json] = mapped_column(Facts, default=dict)
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    promised_at: Mapped[datetime] = mapped_column(Instant)
    next_try_at: Mapped[datetime] = mapped_column(Instant)
    claimed_by: Mapped[str | None] = mapped_column(String(100))
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    result: Mapped[str] = mapped_column(Text, default="")

    ticket: Mapped[Ticket | None] = relationship()
    message: Mapped[Message | None] = relationship()


class Notice(Base):
    """Something one member of staff should look at: shown in the page until read."""

    __tablename__ = "notice"
    __table_args__ = (Index(None, "person_id", "read_at", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    facts: Mapped[Json] = mapped_column(Facts, default=dict)
    at: Mapped[datetime] = mapped_column(Instant)
    read_at: Mapped[datetime | None] = mapped_column(Instant)

    ticket: Mapped[Ticket | None] = relationship()


class Counter(Base):
    """Numbers handed out one by one and never again."""

    __tablename__ = "counter"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[int] = mapped_column(default=0)
