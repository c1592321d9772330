"""Filing: what lies in the ledger becomes a ticket, a follow-up or a refusal with a reason. It may run twice.

A batch is read first and then filed in one transaction. When anything in it goes wrong, nothing of it is kept and each
row is filed by itself. Rows that a worker died with are filed in small batches, and after a second death each alone: so no
row takes its neighbours with it, and one death holds nobody up for long.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
from sqlalchemy.orm import defer

from helpdesk.blobs import Unkept
from helpdesk.channels.incoming import Incoming
from helpdesk.channels.ledger import Inbox
from helpdesk.channels.mail.apart import Missing, Outcome
from helpdesk.channels.mail.limits import Unreadable
from helpdesk.errors import Conflict, Refused
from helpdesk.orm import Json
from helpdesk.people.models import Person
from helpdesk.services import bell, bulk, imported, turns
from helpdesk.services.database import apart, db, full, kept_waiting
from helpdesk.services.instant import now
from helpdesk.services.ledger import raw_of
from helpdesk.services.readers import Reader
from helpdesk.services.store import get, permit, transaction
from helpdesk.tickets.models import Ticket

BATCHES = (50, 7, 1)  # rows filed together: never tried, then those that a worker died with once, then oftener
BATCH_SIZE = 1024 * 1024  # bytes of raw contacts beside the oldest
TRIES = 3
CLAIM = timedelta(seconds=30)
LONGEST = 30.0  # seconds
log = structlog.get_logger()


@dataclass(frozen=True)
class Verdict:
    """What becomes of a row: filed in a ticket, or refused or poison for a reason."""

    state: str
    reason: str = ""
    ticket: Ticket | None = None


Read = Mapping[int, Incoming | Verdict]


def file_waiting() -> int:
    """File what is waiting, the oldest of each channel by turns, and return how many rows were dealt with.

    After a while, or when a deadline presses, what is left is left to the next ring.
    """
    total, enough = 0, time.monotonic() + LONGEST
    while ids := _claim():
        _file_together(ids)
        total += len(ids)
        if time.monotonic() > enough or bell.pressing():
            bell.wake("workers.intake.file")
            break
    return total


def _claim() -> Sequence[int]:
    """Take a batch for half a minute; if this worker dies, another takes it then. Three deaths make a row poison."""
    with transaction():
        ids = turns.together(turns.due(BATCHES[0], now()), BATCHES, BATCH_SIZE)
        if ids:
            claim = update(Inbox).where(Inbox.id.in_(ids))
            db.session.execute(claim.values(next_try_at=now() + CLAIM, attempts=Inbox.attempts + 1))
    return ids


def _file_together(ids: Sequence[int]) -> None:
    """File a batch at once, or row by row when that does not go through."""
    try:
        _file_apart_if_need_be(ids)
    except Missing:  # nothing was read
        _no_try(ids)
        raise
    except OperationalError as error:
        if full(error) or kept_waiting(error):
            _no_try(ids)
        raise


def _no_try(ids: Sequence[int]) -> None:
    """It was not their fault: they are tried again, as if they never had been."""
    with transaction():
        db.session.execute(update(Inbox).where(Inbox.id.in_(ids)).values(attempts=Inbox.attempts - 1))


def _file_apart_if_need_be(ids: Sequence[int]) -> None:
    if len(ids) > 1:
        try:
            _file_beside_others(_read_all(ids))
            return
        except Missing:
            raise
        except Exception as error:  # whatever it is, only one of them has it: the others are filed by themselves
            if isinstance(error, OperationalError) and kept_waiting(error):
                raise  # they would only wait one after the other
            log.warning("intake.apart", first=ids[0], count=len(ids), error=type(error).__name__, exc_info=True)
    for inbox_id in ids:
        file_one(inbox_id)


def file_one(inbox_id: int) -> None:
    """File one row, whatever it holds; filed already is fine."""
    if get(Inbox, inbox_id).attempts > TRIES:
        _file({inbox_id: Verdict("poison", "Filing it ended the worker three times.")})
        return
    read = _read_all([inbox_id])
    try:
        _file_beside_others(read)
    except (OperationalError, InterfaceError):  # it is the database that ails, not the contact
        raise
    except Unkept as error:  # nor is it here; what needs no room on the disk goes on
        log.error("intake.no_room", inbox=inbox_id, error=str(error))
        _no_try([inbox_id])
    except Exception as error:  # one bad contact must not stop the others: it is kept, seen and can be retried
        log.error("intake.poison", inbox=inbox_id, error=type(error).__name__, exc_info=True)
        _file({inbox_id: poison(error)})


def _read_all(ids: Sequence[int]) -> Read:
    """What each row is; mails are read together, apart from this process."""
    rows = db.session.scalars(select(Inbox).where(Inbox.id.in_(ids)).order_by(Inbox.id))
    reader, read, mails = Reader(), dict[int, Incoming | Verdict](), list[tuple[Inbox, bytes]]()
    for row in rows:
        found = _read(row, reader)
        if isinstance(found, bytes):
            mails.append((row, found))
        else:
            read[row.id] = found
    outcomes = zip(mails, reader.read_mails(mails), strict=True)
    return read | {row.id: _judged(outcome) for (row, _), outcome in outcomes}


def _read(row: Inbox, reader: Reader) -> Incoming | Verdict | bytes:
    """What a row is; of a mail its bytes."""
    try:
        return raw_of(row) if row.source == "mail" else reader.read(row, raw_of(row))
    except (Unreadable, Refused) as error:
        return _judged(error)
    except Exception as error:  # as above: kept and seen
        log.error("intake.poison", inbox=row.id, error=type(error).__name__, exc_info=True)
        return poison(error)


def _judged(outcome: Outcome) -> Incoming | Verdict:
    if isinstance(outcome, Unreadable):
        return Verdict("poison", str(outcome))
    if isinstance(outcome, Refused):
        return Verdict("refused", str(outcome.reason))
    return outcome


def poison(error: Exception) -> Verdict:
    """What becomes of a contact that ends in an error that nobody foresaw."""
    return Verdict("poison", f"{type(error).__name__}: {error}"[:500])


def _file_beside_others(read: Read) -> None:
    """File it; when another worker made the same customer at the same moment, look again."""
    try:
        _file(read)
    except (IntegrityError, OperationalError):
        _file(read)


def _file(read: Read) -> None:
    """File what was read, in one transaction, or two when old mail is among it; what waits no more is left alone."""
    while read:
        read = _file_alike(read)


def _file_alike(read: Read) -> Read:
    """File old mail, or all when there is none; what is left. Whoever has filed something has emptied the session."""
    with apart(), transaction():
        rows = _locked(read)
        chosen = [row for row in rows if "imported" in row.facts] or rows
        left = {row.id: read[row.id] for row in rows if row not in chosen}
        found = [(row, read[row.id]) for row in chosen]
        contacts = [(row, incoming) for row, incoming in found if isinstance(incoming, Incoming)]
        verdicts = {row.id: verdict for row, verdict in found if isinstance(verdict, Verdict)}
        for (row, _), outcome in zip(contacts, imported.file_all(contacts), strict=True):
            verdicts[row.id] = verdict_of(outcome)
        settle(verdicts)
    return left


def verdict_of(outcome: Ticket | Refused) -> Verdict:
    """What became of a contact that was filed, or was not."""
    if isinstance(outcome, Refused):
        return Verdict("refused", str(outcome.reason))
    return Verdict("filed", ticket=outcome)


def settle(verdicts: Mapping[int, Verdict]) -> None:
    """Write into the ledger what became of its rows."""
    bulk.change(Inbox, [_settled(inbox_id, verdict) for inbox_id, verdict in verdicts.items()])


def _settled(inbox_id: int, verdict: Verdict) -> Json:
    ticket = verdict.ticket
    filed = {"filed_at": now() if ticket else None, "ticket_id": ticket.id if ticket else None}
    return {"id": inbox_id, "state": verdict.state, "reason": verdict.reason, **filed}


def _locked(read: Read) -> Sequence[Inbox]:
    """The rows that still wait to be filed, in the order in which they came."""
    query = select(Inbox).where(Inbox.id.in_(read), Inbox.state == "received").order_by(Inbox.id).with_for_update()
    return db.session.scalars(query.options(defer(Inbox.raw)).execution_options(populate_existing=True)).all()


def retry(inbox_id: int, *, by: Person) -> None:
    """Put a refused or poisonous row back in line."""
    _again(inbox_id, by, lambda _row: None)


def file_as_ticket(inbox_id: int, *, by: Person) -> None:
    """Have a refused row filed as a ticket whatever the rule says."""

    def insist(row: Inbox) -> None:
        row.facts = {**row.facts, "insist": True}

    _again(inbox_id, by, insist)


def _again(inbox_id: int, by: Person, change: Callable[[Inbox], None]) -> None:
    with transaction():
        row = get(Inbox, inbox_id)
        permit(by, "retry_intake", row.channel.team_id)
        if row.state in ("refused", "poison", "dismissed"):
            if "withheld" in row.facts:
                raise Conflict(
                    "The mail server did not hand this mail out; move it to another folder there and back, and it is "
                    "fetched anew."
                )
            change(row)
            row.state, row.attempts, row.next_try_at = "received", 0, now()
    bell.wake("workers.intake.file")


def dismiss(inbox_id: int, *, by: Person) -> None:
    """Mark a refused or poisonous row as seen: it counts no more, and can still be downloaded and retried."""
    with transaction():
        row = get(Inbox, inbox_id)
        permit(by, "retry_intake", row.channel.team_id)
        if row.state in ("refused", "poison"):
            seen = {"was": row.state, "by": by.name, "by_id": by.id, "at": now().isoformat()}
            row.state, row.facts = "dismissed", {**row.facts, "dismissed": seen}
