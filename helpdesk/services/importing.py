"""Old mail comes in: an archive is looked through, what the ledger lacks is read and filed, a batch to a transaction.

Killed anywhere and called again, it goes on: the ledger knows each mail by its content. Nothing is sent for any of it.
"""

from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog
from sqlalchemy import select
from sqlalchemy.exc import InterfaceError, OperationalError

from helpdesk.channels.archive.eml import BROKEN
from helpdesk.channels.incoming import Incoming
from helpdesk.channels.ledger import Inbox
from helpdesk.channels.mail.apart import Missing
from helpdesk.channels.mail.limits import Unreadable
from helpdesk.channels.mail.old import directed
from helpdesk.channels.mail.own import OwnAddresses
from helpdesk.channels.models import Channel
from helpdesk.errors import Conflict, NotFound, Refused
from helpdesk.orm import Json
from helpdesk.services import imported, intake, ledger
from helpdesk.services.archives import Archive, Entry, places
from helpdesk.services.database import apart, db, end_reading
from helpdesk.services.instant import now
from helpdesk.services.intake import Verdict
from helpdesk.services.readers import Reader, own_addresses
from helpdesk.services.store import settings, transaction

STRETCH = 500  # mails that the ledger is asked about at once
BATCH = 50  # mails to a transaction
BATCH_SIZE = 4 * 1024 * 1024  # bytes of them
log = structlog.get_logger()


@dataclass(frozen=True)
class Order:
    """What is to be imported into which mailbox, and the status that its tickets are left in."""

    channel_id: int
    status: str = "solved"
    since: datetime | None = None
    limit: int | None = None


@dataclass
class Tally:
    """What became of the mails so far. *rejects* are the newest ones: where each lies, its state and the reason."""

    there: int = 0
    filed: int = 0
    poison: int = 0
    gone: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    tickets: set[int] = field(default_factory=set)
    rejects: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def done(self) -> int:
        """How many were dealt with."""
        return self.there + self.gone + self.new

    @property
    def new(self) -> int:
        """How many were not in the ledger before."""
        return self.filed + self.poison + self.refused.total()

    def note(self, place: str, verdict: Verdict) -> None:
        """Count one mail."""
        if verdict.state == "filed":
            self.filed += 1
            return
        if verdict.state == "poison":
            self.poison += 1
        else:
            self.refused[verdict.reason] += 1
        self.rejects.append((place, verdict.state, verdict.reason))

    def miss(self, place: str, error: Exception) -> None:
        """Note a mail that can't be read where it lay; the next call looks for it again."""
        self.gone += 1
        self.rejects.append((place, "left out", f"cannot be read: {error}"))


@dataclass(frozen=True)
class Mail:
    """A mail that was read: its line for the ledger, and what the reader made of it."""

    entry: Entry
    line: Json
    read: Incoming | Verdict


def mailbox(name: str) -> Channel:
    """The mailbox of this name, else the one of this address."""
    query = select(Channel).where(Channel.kind == "mail", (Channel.name == name) | (Channel.address == name.lower()))
    found = db.session.scalars(query).all()
    found = [one for one in found if one.name == name] or found
    if not found:
        raise NotFound("There is no mailbox called {name}; see Channels.", name=name)
    if len(found) > 1:
        raise Conflict("Several mailboxes have the address {name}; give the name of the one you mean.", name=name)
    return found[0]


@contextmanager
def archive(kind: str, paths: Sequence[Path]) -> Iterator[tuple[Archive, Iterator[int]]]:
    """An archive, and the counting of its mails, which must come to its end before it can be imported."""
    folder = settings().var / "imports"
    folder.mkdir(exist_ok=True)
    with ExitStack() as kept:
        found = Archive(Path(kept.enter_context(TemporaryDirectory(dir=folder))))
        kept.callback(found.close)
        yield found, _counted(found, kind, paths, kept)


def _counted(found: Archive, kind: str, paths: Sequence[Path], kept: ExitStack) -> Iterator[int]:
    until = now()
    for number, place in enumerate(places(kind, paths, kept), 1):
        found.add(place, until)
        yield number
    found.bind()


def rehearsed(found: Archive, order: Order) -> Iterator[Tally]:
    """What an import would do, after each batch; nothing is written."""
    tally, reader, own, talks = Tally(), Reader(), own_addresses(), dict[int, int]()
    for batch in _batches(found, order, tally, talks):
        for mail in _read_all(found, batch, order, reader, tally, ledger.line):
            verdict = _expected(mail, talks, own)
            tally.note(mail.entry.place.name, verdict)
            if verdict.state == "filed":
                talks.setdefault(mail.entry.talk, 0)
                tally.tickets.add(mail.entry.talk)
        yield tally
    yield tally


def _expected(mail: Mail, talks: Container[int], own: OwnAddresses) -> Verdict:
    """What becomes of it, as far as that is known without the desk; *talks* are those that have a ticket."""
    if isinstance(mail.read, Verdict):
        return mail.read
    try:
        said = directed(mail.read, own)
    except Refused as refusal:
        return Verdict("refused", str(refusal.reason))
    if (said.automatic or said.bounce) and mail.entry.talk not in talks:
        return Verdict("refused", "bounce" if said.bounce else "automatic")
    return Verdict("filed")


def import_(found: Archive, order: Order) -> Iterator[Tally]:
    """Import what the ledger lacks; what became of it so far, after each batch, which is then safe."""
    tally, reader, tickets = Tally(), Reader(), dict[int, int]()
    for batch in _batches(found, order, tally, tickets):
        if mails := _read_all(found, batch, order, reader, tally, ledger.prepare):
            _file_together(mails, tally, tickets)
        yield tally
    yield tally


def _batches(found: Archive, order: Order, tally: Tally, tickets: dict[int, int]) -> Iterator[list[Entry]]:
    """What the ledger lacks, in batches; *tickets* learns which talks have one."""
    batch, size = list[Entry](), 0
    for entry, ticket in _compared(found, order):
        if ticket is not None:
            tally.there += 1
            tickets |= {entry.talk: ticket} if ticket else {}
            continue
        if order.limit is not None and tally.new + len(batch) >= order.limit:
            break
        if batch and (len(batch) >= BATCH or size + entry.place.length > BATCH_SIZE):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += entry.place.length
    if batch:
        yield batch


def _compared(found: Archive, order: Order) -> Iterator[tuple[Entry, int | None]]:
    """Each mail with None when the ledger lacks it, else with its ticket or 0."""
    entries = found.entries(order.since)
    while stretch := list(islice(entries, STRETCH)):
        there = _there(order.channel_id, [entry.key for entry in stretch])
        yield from ((entry, there.get(entry.key)) for entry in stretch)


def _there(channel_id: int, keys: Sequence[str]) -> dict[str, int]:
    """Which of these mails the channel has, however they came, each with its ticket or 0."""
    query = select(Inbox.content_key, Inbox.ticket_id).where(
        Inbox.channel_id == channel_id, Inbox.content_key.in_(keys)
    )
    found = {key: ticket or 0 for key, ticket in db.session.execute(query)}
    end_reading()
    return found


def _read_all(
    found: Archive, batch: Sequence[Entry], order: Order, reader: Reader, tally: Tally, line: Callable[..., Json]
) -> list[Mail]:
    """The mails of a batch; what has gone from the archive meanwhile is told of, and found again another time."""
    read = []
    for entry in batch:
        try:
            raw = found.shelf.read(entry.place)
        except BROKEN as error:
            tally.miss(entry.place.name, error)
            continue
        row = line(raw=raw, **_known(order, entry, found.name))
        read.append(Mail(entry, row, _read(Inbox(**row), raw, reader)))
    end_reading()
    return read


def _known(order: Order, entry: Entry, run: str) -> Json:
    """What the ledger is told of a mail beside its bytes."""
    imported_as = {"status": order.status, "thread": f"{run}:{entry.talk}", "from": entry.place.name[-300:]}
    return {
        "channel_id": order.channel_id,
        "source": "mail",
        "key": f"import:{entry.key}",
        "facts": {"arrived": entry.at.isoformat(), "imported": imported_as},
        "content_key": entry.key,
    }


def _read(row: Inbox, raw: bytes, reader: Reader) -> Incoming | Verdict:
    try:
        return reader.read(row, raw)
    except Unreadable as error:
        return Verdict("poison", str(error))
    except Refused as refusal:
        return Verdict("refused", str(refusal.reason))
    except Missing:  # it is this machine that ails, not the mail
        raise
    except Exception as error:  # one bad mail must not stop the others: it is kept, seen and can be retried
        log.error("import.poison", place=row.facts["imported"]["from"], error=type(error).__name__, exc_info=True)
        return intake.poison(error)


def _file_together(mails: Sequence[Mail], tally: Tally, tickets: dict[int, int]) -> None:
    """File a batch at once, or mail by mail when that does not go through."""
    try:
        verdicts = _file(mails, tickets)
    except (OperationalError, InterfaceError):  # it is the database that ails, not the mail
        raise
    except Exception as error:  # whatever it is, only one of them has it
        if len(mails) > 1:
            for mail in mails:
                _file_together([mail], tally, tickets)
            return
        log.error("import.poison", place=mails[0].entry.place.name, error=type(error).__name__, exc_info=True)
        verdicts = _file([replace(mails[0], read=intake.poison(error))], tickets)
    for key, place, verdict in verdicts:
        if verdict.state == "there":
            tally.there += 1
        else:
            tally.note(place, verdict)
        if verdict.ticket is not None:
            tally.tickets.add(verdict.ticket.number)
            tickets[key] = verdict.ticket.id


def _file(mails: Sequence[Mail], tickets: dict[int, int]) -> list[tuple[int, str, Verdict]]:
    """Write a batch into the ledger and file it, in one transaction."""
    with apart(), transaction():
        there = _there_now(mails)
        rows = [(mail, Inbox(**_joined(mail, tickets))) for mail in mails if mail.entry.key not in there]
        db.session.add_all(row for _, row in rows)
        db.session.flush()
        read = {row.id: mail.read for mail, row in rows}
        contacts = [(row, one) for _, row in rows if isinstance(one := read[row.id], Incoming)]
        outcomes = zip(contacts, imported.file_all(contacts), strict=True)
        verdicts = {row.id: intake.verdict_of(outcome) for (row, _), outcome in outcomes}
        verdicts |= {row: one for row, one in read.items() if isinstance(one, Verdict)}
        intake.settle(verdicts)
    done = [(mail.entry.talk, mail.entry.place.name, verdicts[row.id]) for mail, row in rows]
    return done + [(mail.entry.talk, "", Verdict("there")) for mail in mails if mail.entry.key in there]


def _there_now(mails: Sequence[Mail]) -> set[str]:
    """What somebody else has brought in since it was read."""
    keys = [mail.entry.key for mail in mails]
    channel_id = mails[0].line["channel_id"]
    query = select(Inbox.content_key).where(Inbox.channel_id == channel_id, Inbox.content_key.in_(keys))
    return set(db.session.scalars(query))


def _joined(mail: Mail, tickets: dict[int, int]) -> Json:
    """The ledger's line, with the ticket of the talk as it is known by now."""
    facts = mail.line["facts"]
    return {**mail.line, "facts": {**facts, "imported": {**facts["imported"], "ticket": tickets.get(mail.entry.talk)}}}
