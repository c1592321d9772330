"""What would come of a mailbox if it were connected now: its newest mails, read and filed as ever, and nothing of it kept."""

import hashlib
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import func, select

from helpdesk.channels.incoming import Incoming, named
from helpdesk.channels.ledger import Inbox
from helpdesk.channels.mail import imap, probe, probe_troubles
from helpdesk.channels.mail.apart import Missing
from helpdesk.channels.mail.imap import Listed
from helpdesk.channels.mail.newest import newest, peek
from helpdesk.channels.models import Channel
from helpdesk.errors import Conflict, Refused
from helpdesk.orm import Json
from helpdesk.people.models import Person
from helpdesk.services import filing
from helpdesk.services.cut_off import cut_off
from helpdesk.services.database import apart, begin_write, db
from helpdesk.services.instant import now
from helpdesk.services.readers import Reader
from helpdesk.services.servers import imap_server
from helpdesk.services.store import get, permit
from helpdesk.tickets.models import Delivery, Ticket

MOST = 500  # mails that are looked at
LONGEST = 15.0  # seconds of fetching and reading
PATIENCE = 4.0  # seconds after that
HELD, TOGETHER = 2.0, 50  # seconds of filing, which keeps other writers waiting, in batches of so many
UNREADABLE, AUTOMATIC = "unreadable", "automatic"


@dataclass
class Foreseen:
    """*there* mails are in the folder, *looked* of them were read, *left* are older than what is wanted."""

    there: int = 0
    looked: int = 0
    left: int = 0
    tickets: int = 0
    follow_ups: int = 0
    answers: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    oldest: datetime | None = None
    newest: datetime | None = None

    @property
    def cut(self) -> bool:
        """Whether there is more than was looked at."""
        return self.there > self.looked + self.left


def foresee(channel_id: int, *, since: str, since_date: str, acknowledge: bool, by: Person) -> Foreseen:
    """What would come of it with old mail treated like that."""
    permit(by, "administer")
    return would(channel_id, {"since": since, "since_date": since_date, "acknowledge": acknowledge})


def would(channel_id: int, changes: Json) -> Foreseen:
    """The same, for whoever is at the machine itself."""
    channel: Channel = get(Channel, channel_id)
    if channel.kind != "mail" or not channel.settings.get("imap_host"):
        raise Conflict("{name} is not read from a server, so there is nothing to count.", name=channel.name)
    yes_at = now() + timedelta(seconds=1)  # whoever says yes says it later than all that is there
    known = {**channel.settings, **changes, "connected_at": yes_at.isoformat()}
    foreseen = Foreseen()
    read = _read(channel, known, foreseen)
    _file(channel_id, known, read, foreseen)
    return foreseen


def _read(channel: Channel, known: Json, foreseen: Foreseen) -> list[tuple[Inbox, Incoming]]:
    """The newest mails that are wanted, oldest first, and what is in them."""
    links: list[socket.socket] = []
    server, folder = imap_server(channel), str(known.get("folder") or "INBOX")
    reader, since, until = Reader(), cut_off(known), time.monotonic() + LONGEST
    found: list[tuple[Inbox, Incoming]] = []
    try:
        with _no_longer(links), imap.session(replace(server, dialled=links.append)) as client:
            opened = imap.select(client, folder, readonly=True)
            mails = newest(client, opened, MOST)
            wanted = [mail for mail in mails if not since or mail.at >= datetime.fromisoformat(since)]
            foreseen.there = opened.count
            foreseen.left = opened.count - len(wanted) if len(wanted) < len(mails) else 0
            for mail, raw in peek(client, wanted, until):
                _note(mail, foreseen)
                _read_one(channel, mail, raw, reader, found, foreseen)
    except probe_troubles.KNOWN as error:
        raise probe_troubles.said("sign_in", error, server, folder) from error
    db.session.rollback()
    return found[::-1]


@contextmanager
def _no_longer(links: list[socket.socket]) -> Iterator[None]:
    """Hang up on a server that keeps us waiting."""
    timer = threading.Timer(LONGEST + PATIENCE, probe.hang_up, (links,))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _note(mail: Listed, foreseen: Foreseen) -> None:
    """One mail that is looked at; the newest come first."""
    foreseen.looked += 1
    foreseen.newest = foreseen.newest or mail.at
    foreseen.oldest = mail.at


def _read_one(
    channel: Channel, mail: Listed, raw: bytes, reader: Reader, found: list[tuple[Inbox, Incoming]], foreseen: Foreseen
) -> None:
    row = Inbox(
        source="mail", channel_id=channel.id, key=f"dry:{mail.uid}", content_key=hashlib.sha256(raw).hexdigest(),
        sha256=hashlib.sha256(raw).hexdigest(), size=len(raw), facts={"arrived": mail.at.isoformat()}, attempts=0,
        received_at=now(), next_try_at=now(), state="received", reason="",
    )  # fmt: skip
    try:
        incoming = reader.read(row, raw)
        found.append((row, replace(incoming, attachments=tuple(map(named, incoming.attachments)))))
    except Refused as refusal:
        foreseen.refused[str(refusal.reason)] += 1
    except Missing:  # it is this machine that ails, not the mail
        raise
    except Exception:  # noqa: BLE001 - whatever it is, intake would keep it as unreadable
        foreseen.refused[UNREADABLE] += 1


def _file(channel_id: int, known: Json, read: Sequence[tuple[Inbox, Incoming]], foreseen: Foreseen) -> None:
    """File them in one transaction, count, and take all of it back. Others who write wait, so it is over after HELD."""
    with apart():
        begin_write()
        try:
            before, promised = _last(Ticket), _last(Delivery)
            _count(_filed(channel_id, known, read, foreseen), before, foreseen)
            foreseen.answers = _answers(channel_id, promised)
        finally:
            db.session.rollback()


def _lay_down(channel_id: int, known: Json, contacts: Sequence[tuple[Inbox, Incoming]]) -> None:
    """Put some of them into the ledger of the mailbox as it would be set."""
    channel = db.session.get_one(Channel, channel_id, populate_existing=True)
    channel.settings = known
    for row, _incoming in contacts:
        row.channel = channel
        db.session.add(row)
    db.session.flush()


def _filed(
    channel_id: int, known: Json, read: Sequence[tuple[Inbox, Incoming]], foreseen: Foreseen
) -> list[Ticket | Refused]:
    """What came of them, oldest first, as long as there is time; the others were not looked at, then."""
    until, outcomes = time.monotonic() + HELD, list[Ticket | Refused]()
    for first in range(0, len(read), TOGETHER):
        _lay_down(channel_id, known, read[first : first + TOGETHER])
        outcomes += filing.file_all(read[first : first + TOGETHER])
        if time.monotonic() > until:
            break
    if len(outcomes) < len(read):
        foreseen.looked -= len(read) - len(outcomes)
        foreseen.newest = datetime.fromisoformat(read[len(outcomes) - 1][0].facts["arrived"])
    return outcomes


def _count(outcomes: Sequence[Ticket | Refused], before: int, foreseen: Foreseen) -> None:
    filed = [outcome.id for outcome in outcomes if isinstance(outcome, Ticket)]
    foreseen.tickets = len({ticket_id for ticket_id in filed if ticket_id > before})
    foreseen.follow_ups = len(filed) - foreseen.tickets
    foreseen.refused.update(str(outcome.reason) for outcome in outcomes if isinstance(outcome, Refused))


def _last(kind: type[Ticket] | type[Delivery]) -> int:
    return db.session.scalar(select(func.max(kind.id))) or 0


def _answers(channel_id: int, before: int) -> int:
    """Automatic answers that would be promised."""
    query = select(func.count()).where(Delivery.id > before, Delivery.kind == "acknowledgement")
    return db.session.scalar(query.where(Delivery.channel_id == channel_id)) or 0
