"""What came in and what became of it, for whoever leads: the ledger, the mailboxes, and what could not be sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, select, text
from sqlalchemy.orm import defer, selectinload

from helpdesk import blobs
from helpdesk.channels.ledger import Inbox
from helpdesk.channels.mail import envelope, headers
from helpdesk.channels.mail.limits import Unreadable
from helpdesk.channels.models import Channel
from helpdesk.errors import HelpdeskError, NotFound
from helpdesk.orm import Json
from helpdesk.people.models import Person
from helpdesk.people.roles import Role
from helpdesk.services import alarms, approvals, readers
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.ledger import raw_of
from helpdesk.services.store import permit, settings
from helpdesk.tickets.models import Delivery, Ticket

STATES = ("poison", "refused", "received", "filed", "dismissed")
APPROVALS = ("messages", "participants", "belongings")
PAGE = 50
MOST = 1000
BEGINNING = 16 * 1024  # bytes of a mail in which its sender is looked for
STUCK = text("delivery.state IN ('failed', 'unknown')")
WAITING = text("delivery.state IN ('waiting', 'sending')")


@dataclass(frozen=True)
class Line:
    """One contact of the ledger; *sender* and *subject* are empty when they can't be read."""

    row: Inbox
    sender: str
    subject: str
    number: int | None


@dataclass(frozen=True)
class Page:
    """Contacts, newest first; *next* is the id to go on below, when there are more."""

    lines: list[Line]
    next: int | None


def page(state: str, *, by: Person, before: int | None) -> Page:
    """One page of the ledger's contacts in that state, from below the id *before*."""
    permit(by, "see_intake")
    query = select(Inbox).where(Inbox.state == state, _mine(by)).options(defer(Inbox.raw), selectinload(Inbox.channel))
    query = query if before is None else query.where(Inbox.id < before)
    rows = db.session.scalars(query.order_by(Inbox.id.desc()).limit(PAGE + 1)).all()
    shown = rows[:PAGE]
    begun = _beginnings([row.id for row in shown])
    numbers = _numbers([row.ticket_id for row in shown if row.ticket_id])
    lines = [Line(row, *_headline(row, begun.get(row.id)), numbers.get(row.ticket_id or 0)) for row in shown]
    return Page(lines, shown[-1].id if len(rows) > PAGE else None)


def _mine(by: Person) -> ColumnElement[bool]:
    """Contacts of the person's teams' channels; all of them for an administrator."""
    if by.role == Role.ADMINISTRATOR:
        return Inbox.id.is_not(None)
    return Inbox.channel_id.in_(select(Channel.id).where(Channel.team_id.in_(by.team_ids)))


def _beginnings(ids: Sequence[int]) -> dict[int, bytes | None]:
    query = select(Inbox.id, func.substr(Inbox.raw, 1, BEGINNING).label("begun")).where(Inbox.id.in_(ids))
    return {row.id: None if row.begun is None else bytes(row.begun) for row in db.session.execute(query)}


def _numbers(tickets: Sequence[int]) -> dict[int, int]:
    query = select(Ticket.id, Ticket.number).where(Ticket.id.in_(tickets))
    return {row.id: row.number for row in db.session.execute(query)}


def _headline(row: Inbox, begun: bytes | None) -> tuple[str, str]:
    """Who sent it and about what, as far as that can be read."""
    if begun is None:
        begun = blobs.get(settings().blobs, row.sha256)[:BEGINNING] if row.size else b""
    try:
        return _of_mail(begun) if row.source == "mail" else _of_other(row, begun)
    except (HelpdeskError, ValueError):
        return "", ""


def _of_mail(begun: bytes) -> tuple[str, str]:
    try:
        found, _ = headers.split(begun, 0, len(begun))
    except Unreadable:
        found, _ = headers.split(begun[:2048], 0, 2048)
    sender = envelope.sender(found)
    return (sender.name or sender.address if sender else ""), found.text("subject")[:200]


def _of_other(row: Inbox, begun: bytes) -> tuple[str, str]:
    incoming = readers.read(row, begun)
    return incoming.sender.name or incoming.sender.address, incoming.subject or incoming.text[:120]


def counts(by: Person) -> dict[str, int]:
    """How many contacts are in each state that asks for a look, deliveries got stuck, decisions wait; MOST at most."""
    asked: dict[str, Select[Any]] = {
        state: select(Inbox.id).where(Inbox.state == state, _mine(by)) for state in STATES[:3]
    }
    for kind, query in zip(APPROVALS, approvals.queries(by), strict=True):
        asked[kind] = query.with_only_columns(literal(1))
    asked["outbox"] = select(Delivery.id).where(STUCK, _sent_for(by))
    totals = [
        select(func.count()).select_from(query.limit(MOST).subquery()).scalar_subquery() for query in asked.values()
    ]
    found = dict(zip(asked, db.session.execute(select(*totals)).one(), strict=True))
    return {**found, "approval": min(sum(found.pop(kind) for kind in APPROVALS), MOST)}


def raw(inbox_id: int, *, by: Person) -> tuple[Inbox, bytes]:
    """A contact as it came, byte for byte."""
    permit(by, "see_intake")
    row = db.session.scalar(select(Inbox).where(Inbox.id == inbox_id, _mine(by)))
    if row is None:
        raise NotFound("There is no such contact, or it belongs to another team.")
    return row, raw_of(row)


@dataclass(frozen=True)
class MailboxState:
    """A mailbox as its reader last saw it; *state* is off, or push for one that is delivered into, or what ails it:
    failed, refused, late, differing, else ok. *waits_since* is when the server got the oldest mail not yet read.
    """

    channel: Channel
    state: str
    server: int | None
    ledger: int | None
    waits_since: datetime | None


def mailboxes(by: Person) -> list[MailboxState]:
    """The mailboxes of the person's teams."""
    permit(by, "see_intake")
    query = select(Channel).where(Channel.kind == "mail").order_by(Channel.name)
    found = db.session.scalars(
        query if by.role == Role.ADMINISTRATOR else query.where(Channel.team_id.in_(by.team_ids))
    )
    return [
        MailboxState(
            one,
            _state(one, now()),
            one.state.get("server_count"),
            one.state.get("ledger_count"),
            _waits_since(one.state),
        )
        for one in found
    ]


def _state(channel: Channel, at: datetime) -> str:
    if not channel.active:
        return "off"
    if not channel.settings.get("imap_host"):
        return "push"
    found = alarms.trouble(channel, at)
    if channel.error and channel.error == channel.state.get("refused", "")[:1000]:
        return "refused"
    if channel.error or found == "failing":
        return "failed"
    return {"silent": "late", "differing": "differing"}.get(found, "ok")


def _waits_since(state: Json) -> datetime | None:
    return datetime.fromisoformat(state["waiting_since"]) if state.get("waiting_since") else None


def deliveries(*, by: Person, stuck: bool, before: int | None) -> tuple[list[Delivery], int | None]:
    """Deliveries that failed or are unknown, or else those on their way; newest first, and where to go on."""
    permit(by, "see_intake")
    query = select(Delivery).where(STUCK if stuck else WAITING, _sent_for(by)).options(selectinload(Delivery.ticket))
    query = query if before is None else query.where(Delivery.id < before)
    rows = list(db.session.scalars(query.order_by(Delivery.id.desc()).limit(PAGE + 1)))
    return rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None


def _sent_for(by: Person) -> Any:
    """What is sent about tickets of the person's teams."""
    if by.role == Role.ADMINISTRATOR:
        return Delivery.id.is_not(None)
    return Delivery.ticket_id.in_(select(Ticket.id).where(Ticket.team_id.in_(by.team_ids)))
