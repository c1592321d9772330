"""Filing: what lies in the ledger becomes a ticket, a follow-up or a refusal with a reason. It may run twice."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import structlog
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError

from helpdesk.channels.incoming import Incoming
from helpdesk.channels.ledger import Inbox
from helpdesk.channels.mail.limits import Unreadable
from helpdesk.errors import Refused
from helpdesk.people.models import Person
from helpdesk.services import bell, filing, readers
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.ledger import raw_of
from helpdesk.services.store import get, permit, transaction

BATCH = 50
TRIES = 3
CLAIM = timedelta(seconds=30)
log = structlog.get_logger()


def file_waiting() -> int:
    """File all that is waiting, oldest first, and return how many rows were dealt with."""
    total = 0
    while ids := _claim():
        for inbox_id in ids:
            file_one(inbox_id)
        total += len(ids)
    return total


def _claim() -> Sequence[int]:
    """Take a batch for half a minute; if this worker dies, another takes it then. Three deaths make a row poison."""
    with transaction():
        query = select(Inbox.id).where(Inbox.state == "received", Inbox.next_try_at <= now())
        ids = db.session.scalars(
            query.order_by(Inbox.next_try_at, Inbox.id).limit(BATCH).with_for_update(skip_locked=True)
        ).all()
        claim = update(Inbox).where(Inbox.id.in_(ids))
        db.session.execute(claim.values(next_try_at=now() + CLAIM, attempts=Inbox.attempts + 1))
    return ids


def file_one(inbox_id: int) -> None:
    """File one row, whatever it holds; filed already is fine."""
    row = get(Inbox, inbox_id)
    if row.attempts > TRIES:
        _settle(inbox_id, "poison", "Filing it ended the worker three times.")
        return
    try:
        incoming = readers.read(row, raw_of(row))
        _file_beside_others(inbox_id, incoming)
    except Unreadable as error:
        _settle(inbox_id, "poison", str(error))
    except Refused as refusal:
        _settle(inbox_id, "refused", str(refusal.reason))
    except SQLAlchemyError:
        raise
    except Exception as error:  # one bad contact must not stop the others: it is kept, seen and can be retried
        log.error("intake.poison", inbox=inbox_id, error=type(error).__name__, exc_info=True)
        _settle(inbox_id, "poison", f"{type(error).__name__}: {error}"[:500])


def _file_beside_others(inbox_id: int, incoming: Incoming) -> None:
    """File it; when another worker made the same customer at the same moment, look again."""
    try:
        _file(inbox_id, incoming)
    except (IntegrityError, OperationalError):
        _file(inbox_id, incoming)


def _file(inbox_id: int, incoming: Incoming) -> None:
    with transaction():
        row = _locked(inbox_id)
        if row is None:
            return
        ticket = filing.file(row, incoming)
        row.state, row.filed_at, row.ticket_id, row.reason = "filed", now(), ticket.id if ticket else None, ""


def _settle(inbox_id: int, state: str, reason: str) -> None:
    with transaction():
        row = _locked(inbox_id)
        if row is not None:
            row.state, row.reason = state, reason


def _locked(inbox_id: int) -> Inbox | None:
    """The row when it still waits to be filed."""
    query = select(Inbox).where(Inbox.id == inbox_id, Inbox.state == "received").with_for_update()
    return db.session.scalar(query.execution_options(populate_existing=True))


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
