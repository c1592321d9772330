"""The doctor: what works, what does not, and what to do about it."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from redis import RedisError
from rq.worker import BaseWorker
from sqlalchemy import func, or_, select, text
from sqlalchemy.exc import SQLAlchemyError

from helpdesk.channels.ledger import RECEIVED, Inbox
from helpdesk.channels.models import Channel
from helpdesk.orm import Lease, Progress
from helpdesk.services import acknowledging, alarms, bell, due, expiry, parking, posting, schema
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import settings
from helpdesk.tickets.models import Delivery

STATES = ("ok", "warn", "bad")
OK, WARN, BAD = STATES
LATE = timedelta(seconds=60)
SILENT = timedelta(seconds=30)
LONGEST_JOB = timedelta(minutes=3)
STUBBORN = timedelta(hours=1)
SCARCE, FULL = 0.10, 0.03


@dataclass(frozen=True)
class Finding:
    """One line: *part* is ok, warn or bad, *what* is the case, *fix* what to do about it."""

    part: str
    state: str
    what: str
    fix: str = ""


def examine() -> list[Finding]:
    """Everything that can be looked at; what does not answer is a finding, too."""
    return [*_asked(STORED, _no_database), *_asked(RUNNING, _no_queue), *_disk()]


def worst(findings: list[Finding]) -> int:
    """0 when all is well, 1 with a warning, 2 when something is bad."""
    return max((STATES.index(finding.state) for finding in findings), default=0)


def _asked(checks: tuple["Check", ...], silent: Callable[[Exception], list[Finding]]) -> list[Finding]:
    findings: list[Finding] = []
    try:
        for check in checks:
            findings += check()
    except (SQLAlchemyError, RedisError) as error:
        findings += silent(error)
    finally:
        db.session.rollback()
    return findings


def _no_database(error: Exception) -> list[Finding]:
    what = str(getattr(error, "orig", None) or error).strip().split("\n")[0]
    return [Finding("database", BAD, what, "Start the database, check HELPDESK_DATABASE_URL, or run helpdesk init.")]


def _no_queue(error: Exception) -> list[Finding]:
    return [
        Finding("queue", BAD, str(error), "Start Redis or helpdesk up; until then the tick does the work alone."),
        Finding("workers", BAD, "none is heard of while the queue is away", "Start the queue first."),
    ]


def _database() -> Iterator[Finding]:
    db.session.execute(text("SELECT 1"))
    yield Finding("database", OK, f"{db.engine.dialect.name} answers")
    current, newest = schema.revisions()
    fix = "" if current == newest else "Run helpdesk init."
    yield Finding("migrations", BAD if fix else OK, f"at {current}, newest {newest}", fix)


def _tick() -> Iterator[Finding]:
    row = db.session.get(Lease, "tick", populate_existing=True)
    if row is None or row.until < now() - LATE:
        since = f"since {_ago(row.until)}" if row else "never seen"
        yield Finding("tick", BAD, f"nothing rings for what is due, {since}", "Run helpdesk tick (or helpdesk up).")
    else:
        yield Finding("tick", OK, f"{row.holder} acts")


def _intake() -> Iterator[Finding]:
    oldest = db.session.scalar(select(func.min(Inbox.received_at)).where(RECEIVED, Inbox.next_try_at <= now()))
    yield _waiting("intake", oldest, "contact waits to be filed")
    poison = db.session.scalar(select(func.count()).where(Inbox.state == "poison")) or 0
    fix = "Look at them under Intake: download, retry or dismiss." if poison else ""
    yield Finding("poison", WARN if poison else OK, f"{poison} contacts could not be read", fix)


def _outbox() -> Iterator[Finding]:
    owed = select(Delivery).where(due.PROMISED, or_(Delivery.next_try_at <= now(), Delivery.attempts > 0))
    oldest = db.session.scalars(owed.order_by(Delivery.promised_at).limit(1)).first()
    if oldest is None or not oldest.attempts:
        yield _waiting("outbox", oldest.promised_at if oldest else None, "delivery is due")
    else:
        yield _tried(oldest)
    stuck = select(func.count()).where(Delivery.state.in_(("failed", "unknown")), Delivery.promised_at > _yesterday())
    count = db.session.scalar(stuck) or 0
    fix = "Look at them under Intake: send again or give up." if count else ""
    yield Finding("deliveries", WARN if count else OK, f"{count} of the last day failed or are unknown", fix)


def _acknowledgements() -> Iterator[Finding]:
    most, count = settings().acknowledgements, acknowledging.in_an_hour()
    what = f"{count} of at most {most} in the last hour"
    if count < most:
        yield Finding("acknowledgements", OK, what)
    else:
        fix = "Look at the newest tickets: somebody may be writing in the names of others. HELPDESK_ACKNOWLEDGEMENTS."
        yield Finding("acknowledgements", WARN, f"{what}: new customers get none", fix)


def _tried(oldest: Delivery) -> Finding:
    """Something that was tried and did not go: a server may well ask us to come later, but not for hours."""
    age = now() - oldest.promised_at
    if age < LATE:
        return Finding("outbox", OK, "nothing waits for long")
    what = f"the oldest delivery waits since {_ago(oldest.promised_at)}: {oldest.result[:200] or 'it is being sent'}"
    return Finding("outbox", BAD if age > STUBBORN else WARN, what, "Mend what stands in its way; it is tried again.")


def _mute() -> Iterator[Finding]:
    """Mailboxes by which mail waits to leave, and that have no server to send it through."""
    late = Delivery.promised_at < now() - LATE
    waiting = select(Delivery.channel_id, func.count()).where(due.PROMISED, late, Delivery.channel == "mail")
    mute: Counter[str] = Counter()
    for channel_id, count in db.session.execute(waiting.group_by(Delivery.channel_id)):
        channel = posting.way_out(channel_id)
        if channel is None or not (channel.demo or posting.sends(channel)):
            mute[channel.name if channel else "any mailbox"] += count
    for name, count in sorted(mute.items()):
        what = f"{count} mails wait and there is no outgoing server"
        yield Finding(f"sending from {name}", BAD, what, "Set one up under Channels.")


def _waiting(part: str, oldest: datetime | None, what: str) -> Finding:
    if oldest is None or now() - oldest < LATE:
        return Finding(part, OK, "nothing waits for long")
    return Finding(part, BAD, f"the oldest {what} since {_ago(oldest)}", "See that a worker runs; read its log.")


def _mailboxes() -> Iterator[Finding]:
    for channel in db.session.scalars(select(Channel).where(Channel.id.in_(due.mailboxes())).order_by(Channel.id)):
        yield _mailbox(channel)


def _mailbox(channel: Channel) -> Finding:
    part, found = f"mailbox {channel.name}", alarms.trouble(channel, now())
    server, ledger = channel.state.get("server_count"), channel.state.get("ledger_count")
    seen = f"last read {_ago(channel.seen_at) if channel.seen_at else 'never'}"
    if channel.error:
        fix = "Mend the mailbox under Channels; it is tried again by itself."
        return Finding(part, BAD, channel.error, fix)
    if found == "silent":
        return Finding(part, BAD, seen, "See that the tick and a worker run; read their log.")
    if server != ledger:
        what = f"{server} mails there, {ledger} here"
        return Finding(
            part, BAD if found else WARN, what, "Look in it for mail that the server counts and does not hand out."
        )
    if waiting := channel.state.get("waiting_since"):
        return Finding(
            part, OK, f"being read; the oldest mail waits there since {_ago(datetime.fromisoformat(waiting))}"
        )
    return Finding(part, OK, f"{seen}, {server} mails there and here")


def _sign_ins() -> Iterator[Finding]:
    """Sign-ins and client secrets that end soon or have ended."""
    for one in expiry.endings():
        part = f"sign-in of {one.mailbox}" if one.mailbox else f"sign-in service {one.service}"
        what = f"the client secret ends {one.at:%Y-%m-%d}" if one.what == "secret" else f"it ends {one.at:%Y-%m-%d}"
        fix = "Enter a new one under Sign-in services." if one.what == "secret" else "Sign in again on its page."
        yield Finding(part, BAD if one.over else WARN, what, fix)


def _history() -> Iterator[Finding]:
    row = db.session.get(Lease, due.HISTORY, populate_existing=True)
    if row is not None and row.holder.startswith("broken"):
        yield Finding("history", BAD, row.holder, "Run helpdesk history verify and compare with a backup.")
    else:
        yield Finding("history", OK, "whole" if row and row.holder == "whole" else "not checked yet")


def _clocks() -> Iterator[Finding]:
    row = db.session.get(Progress, due.CLOCKS, populate_existing=True)
    if row is None:
        yield Finding("clocks", OK, "not checked yet")
    elif row.differing:
        what = f"{row.differing} of {row.checked} differ from their history, the first: {row.first}"
        yield Finding(
            "clocks", BAD, what, "Run helpdesk sla verify; a clock is laid anew with its ticket's next change."
        )
    else:
        yield Finding("clocks", OK, f"{row.checked} as their history says{'' if row.done_at else ', so far'}")


def _queue() -> Iterator[Finding]:
    bell.connection().ping()
    yield Finding("queue", OK, f"{bell.queue().count} jobs wait")
    failed = bell.queue().failed_job_registry.get_job_count(cleanup=False)
    fix = "Read the workers' log: what failed is tried again by itself." if failed else ""
    yield Finding("failed jobs", WARN if failed else OK, f"{failed} within a day", fix)
    parked = parking.parked(_yesterday())
    if parked:
        fix = "Somebody else writes into this Redis: close it to others, change its password."
        yield Finding("foreign jobs", BAD, f"{len(parked)} were not run; the last: {parked[-1]}", fix)


def _workers() -> Iterator[Finding]:
    alive = [worker for worker in BaseWorker.all(queue=bell.queue()) if _alive(worker)]
    fix = "" if alive else "Run helpdesk worker (or helpdesk up)."
    yield Finding("workers", OK if alive else BAD, f"{len(alive)} alive", fix)


def _alive(worker: BaseWorker) -> bool:
    """Heard of lately; one at a long job says nothing while it lasts."""
    patience = LONGEST_JOB if worker.get_state() == "busy" else SILENT
    heard = worker.last_heartbeat
    return heard is not None and heard.replace(tzinfo=heard.tzinfo or UTC) > datetime.now(UTC) - patience


def _disk() -> Iterator[Finding]:
    usage = shutil.disk_usage(settings().var)
    free = usage.free / usage.total
    state = BAD if free < FULL else WARN if free < SCARCE else OK
    fix = "" if state == OK else "Make room, or move HELPDESK_VAR to a larger disk."
    yield Finding("disk", state, f"{free:.0%} free ({usage.free // 2**20:,} MB) at {settings().var}", fix)


def _yesterday() -> datetime:
    return now() - timedelta(days=1)


def _ago(at: datetime) -> str:
    seconds = int((now() - at).total_seconds())
    return f"{seconds} s ago" if seconds < 120 else f"{seconds // 60} min ago"


Check = Callable[[], Iterator[Finding]]
STORED: tuple[Check, ...] = (
    _database,
    _tick,
    _intake,
    _outbox,
    _acknowledgements,
    _mute,
    _mailboxes,
    _sign_ins,
    _history,
    _clocks,
)
RUNNING: tuple[Check, ...] = (_queue, _workers)
