"""One pass over a mailbox: what is new goes into the ledger, is committed, and only then flagged or moved."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from itertools import accumulate
from typing import Any

from imapclient import IMAPClient
from sqlalchemy import select, update

from helpdesk.channels.ledger import Inbox
from helpdesk.channels.mail import imap, limits
from helpdesk.channels.mail.imap import Folder, Listed, RefusedByServer
from helpdesk.channels.mail.tls import Server
from helpdesk.channels.models import Channel
from helpdesk.orm import Json
from helpdesk.services import leases, ledger, withheld
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import transaction
from helpdesk.services.withheld import Waits

TRIES = 3  # of flagging or moving the same mails
SURE = 2  # looks at each mail, after which a difference is one
SILENT = {"synchronize_session": False}
LEASE = 45.0  # seconds of silence after which another reader takes over


class Overtaken(Exception):
    """Another reader has taken this mailbox over; whoever is told so stops."""


@dataclass(frozen=True)
class Mailbox:
    """What is set about a mailbox, and who reads it; *after_read* is leave, seen or move.

    *since* is the instant from which on mail is wanted, empty when all of it is.
    """

    channel_id: int
    holder: str
    server: Server
    folder: str = "INBOX"
    after_read: str = "leave"
    move_to: str = ""
    since: str = ""

    @property
    def place(self) -> str:
        """What its UIDs are of: two folders, users or servers may well have the same UIDVALIDITY."""
        return f"{self.folder} of {self.server.user} at {self.server.host}"


@dataclass(frozen=True)
class Progress:
    """How far a mailbox is read, as kept in Channel.state.

    *label* is the first half of the ledger's keys, *place* what its UIDs are of; what lies below *known_below* may be in
    the ledger under another key, and is not wanted when it is older than *since*; *due* are written down and not yet
    flagged or moved. *differs* says for how many looks the counts have differed; *waiting_since* when the server got the
    oldest mail that it listed and that is not in the ledger yet.
    """

    uidvalidity: int = 0
    label: str = ""
    place: str = ""
    last_uid: int = 0
    known_below: int = 0
    since: str = ""
    due: tuple[int, ...] = ()
    tries: int = 0
    refused: str = ""
    server_count: int = 0
    ledger_count: int = 0
    differs: int = 0
    waiting_since: str = ""
    withheld: Waits = ()

    @classmethod
    def of(cls, state: Json) -> "Progress":
        """As it was kept."""
        known = {field.name: state[field.name] for field in fields(cls) if field.name in state}
        known |= {"due": tuple(state.get("due", ())), "withheld": withheld.of(state.get("withheld", ()))}
        return cls(**known)


def collect(client: IMAPClient, mailbox: Mailbox, before: Progress) -> Progress:
    """Read what is new. Cut off anywhere, it loses nothing and the next pass goes on from there."""
    folder = imap.select(client, mailbox.folder, readonly=mailbox.after_read == "leave")
    progress = replace(_begun(mailbox, before, folder), server_count=folder.count)
    progress = _after_read(client, mailbox, progress)
    if not folder.next_uid or folder.next_uid > progress.last_uid + 1:
        progress = _take_all(client, mailbox, progress, folder, imap.listed(client, above=progress.last_uid))
    for mail in imap.still_there(client, withheld.due(progress.withheld, now())):
        progress = _take(client, mailbox, progress, [mail])
    return replace(progress, differs=0) if _agrees(progress) else _differing(client, mailbox, progress, before)


def _agrees(progress: Progress) -> bool:
    return progress.server_count == progress.ledger_count + len(progress.withheld)


def _differing(client: IMAPClient, mailbox: Mailbox, progress: Progress, before: Progress) -> Progress:
    """Look at each mail, at the second look once more; after that only when a count has changed."""
    counts, known = (progress.server_count, progress.ledger_count), (before.server_count, before.ledger_count)
    if counts != known or before.differs < SURE:
        progress = _recount(client, mailbox, progress)
    return replace(progress, differs=0 if _agrees(progress) else before.differs + 1)


def lease(channel_id: int) -> str:
    """What whoever reads this mailbox holds."""
    return f"mailbox:{channel_id}"


def keep(mailbox: Mailbox, progress: Progress, rows: Sequence[Json] = (), **values: Any) -> None:
    """Commit these rows and how far the mailbox is read, in one transaction; Overtaken once another reader has it.

    The rows stay even then: they are in the ledger once, whoever fetched them.
    """
    with transaction():
        ledger.accept_all([row for row in rows if not _known(row, progress)])
        mine = leases.renew(lease(mailbox.channel_id), mailbox.holder, LEASE)
        if mine:
            statement = update(Channel).where(Channel.id == mailbox.channel_id)
            statement = statement.values(state=asdict(progress), **values)
            db.session.execute(statement, execution_options=SILENT)
    if not mine:
        raise Overtaken


def hold(mailbox: Mailbox) -> None:
    """Keep the lease while a slow line brings what can't be committed yet; Overtaken once another reader has it."""
    with transaction():
        mine = leases.renew(lease(mailbox.channel_id), mailbox.holder, LEASE)
    if not mine:
        raise Overtaken


def _begun(mailbox: Mailbox, before: Progress, folder: Folder) -> Progress:
    """Where to go on. UIDs that mean other mails than before are all read again; the content tells what is known."""
    place = mailbox.place
    same = before.uidvalidity == folder.validity and before.place in ("", place)
    if same and (not folder.next_uid or folder.next_uid > before.last_uid):
        return replace(before, place=place)
    since = before.since if before.label else mailbox.since
    fresh = Progress(uidvalidity=folder.validity, label=_label(before, folder), place=place, since=since)
    return replace(fresh, known_below=folder.next_uid) if before.label or since else fresh


def _label(before: Progress, folder: Folder) -> str:
    """UIDVALIDITY, with a number behind it from the second beginning on: no label ever comes again."""
    if not before.label:
        return str(folder.validity)
    return f"{folder.validity}.{int(before.label.partition('.')[2] or 0) + 1}"


def _take_all(
    client: IMAPClient, mailbox: Mailbox, progress: Progress, folder: Folder, found: Sequence[Listed]
) -> Progress:
    late = sum(1 for mail in found if folder.next_uid and mail.uid >= folder.next_uid)
    progress = replace(progress, server_count=progress.server_count + late)
    batches = list(imap.batches(found))
    waiting = _oldest(batches)
    if len(batches) > 1:
        keep(mailbox, replace(progress, waiting_since=waiting[0]), tried_at=now())
    for batch, behind in zip(batches, waiting[1:], strict=True):
        progress = _take(client, mailbox, replace(progress, waiting_since=behind), batch)
    return progress


def _oldest(batches: Sequence[Sequence[Listed]]) -> list[str]:
    """When the server got the oldest mail of each batch and those behind it; empty behind the last."""
    own = [min(mail.at for mail in batch) for batch in batches]
    return [*reversed([at.isoformat() for at in accumulate(reversed(own), min)]), ""]


def _take(client: IMAPClient, mailbox: Mailbox, progress: Progress, batch: Sequence[Listed]) -> Progress:
    """One batch: fetched, written down, committed; then flagged or moved."""
    wanted = [mail for mail in batch if not _unwanted(mail, progress)]
    raws = imap.fetch(client, wanted, lambda: hold(mailbox))
    waits, lost = withheld.asked(client, progress.withheld, wanted, raws)
    rows = [_row(mailbox, progress, mail, raws[mail.uid]) for mail in wanted if mail.uid in raws]
    rows += [withheld.row(mail, progress.label, mailbox.channel_id, mailbox.folder) for mail in lost]
    due = [mail.uid for mail in wanted if mail.uid in raws and mail.size <= limits.RAW]
    progress = replace(
        progress,
        last_uid=max(progress.last_uid, batch[-1].uid),
        due=progress.due if mailbox.after_read == "leave" else (*progress.due, *due),
        ledger_count=progress.ledger_count + len(rows) + len(batch) - len(wanted),
        withheld=waits,
    )
    keep(mailbox, progress, rows, tried_at=now())
    return _after_read(client, mailbox, progress)


def _unwanted(mail: Listed, progress: Progress) -> bool:
    """Older than what is wanted of a mailbox that is connected."""
    return bool(progress.since) and mail.uid < progress.known_below and mail.at < datetime.fromisoformat(progress.since)


def _row(mailbox: Mailbox, progress: Progress, mail: Listed, raw: bytes) -> Json:
    return ledger.prepare(
        channel_id=mailbox.channel_id,
        source="mail",
        key=f"{progress.label}:{mail.uid}",
        raw=raw,
        facts={"arrived": mail.at.isoformat()},
        content_key=hashlib.sha256(raw).hexdigest(),
    )


def _known(row: Json, progress: Progress) -> bool:
    """Whether the mail is in the ledger under a UID that means nothing any more; its key is then brought up to date."""
    if int(row["key"].rpartition(":")[2]) >= progress.known_below:
        return False
    query = select(Inbox.id).where(
        Inbox.channel_id == row["channel_id"],
        Inbox.content_key == row["content_key"],
        ~Inbox.key.startswith(f"{progress.label}:"),
        ~Inbox.key.startswith("lmtp:"),
    )
    inbox_id = db.session.scalar(query.order_by(Inbox.id).limit(1))
    if inbox_id is None or _taken(row):
        return False
    db.session.execute(
        update(Inbox).where(Inbox.id == inbox_id).values(key=row["key"]),
        execution_options=SILENT,
    )
    return True


def _taken(row: Json) -> bool:
    query = select(Inbox.id).where(Inbox.channel_id == row["channel_id"], Inbox.key == row["key"])
    return db.session.scalar(query) is not None


def _after_read(client: IMAPClient, mailbox: Mailbox, progress: Progress) -> Progress:
    """Flag or move what is safely written down; refused three times, it is let be and said so."""
    if not progress.due:
        return progress
    try:
        moved = _flag_or_move(client, mailbox, progress.due)
    except RefusedByServer as error:
        tries = progress.tries + 1
        verb = "moved" if mailbox.after_read == "move" else "marked as read"
        after = replace(
            progress,
            tries=tries % TRIES,
            due=progress.due if tries < TRIES else (),
            refused=f"The mail is stored, but could not be {verb} on the server: {error}"[:900],
        )
    else:
        after = replace(
            progress, tries=0, due=(), refused="",
            server_count=progress.server_count - moved, ledger_count=progress.ledger_count - moved,
        )  # fmt: skip
    keep(mailbox, after)
    return after


def _flag_or_move(client: IMAPClient, mailbox: Mailbox, uids: Sequence[int]) -> int:
    """How many mails have left the folder."""
    if mailbox.after_read == "move":
        imap.move(client, uids, mailbox.move_to)
        return len(uids)
    if mailbox.after_read == "seen":
        imap.mark_seen(client, uids)
    return 0


def _recount(client: IMAPClient, mailbox: Mailbox, progress: Progress) -> Progress:
    """The server has more or fewer mails than we know of: look at each of them, and read what was passed over."""
    folder = imap.select(client, mailbox.folder, readonly=mailbox.after_read == "leave")
    present = imap.listed(client, above=0)
    keys = _keys(mailbox.channel_id, progress.label)
    waits = withheld.among(progress.withheld, [mail.uid for mail in present])
    held = {uid for uid, _, _ in waits}
    absent = [mail for mail in present if f"{progress.label}:{mail.uid}" not in keys and not _unwanted(mail, progress)]
    missing = [mail for mail in absent if mail.uid not in held]
    progress = replace(
        progress, server_count=folder.count, ledger_count=len(present) - len(missing) - len(waits), withheld=waits
    )
    return _take_all(client, mailbox, progress, folder, missing)


def _keys(channel_id: int, label: str) -> set[str]:
    query = select(Inbox.key).where(Inbox.channel_id == channel_id, Inbox.key.startswith(f"{label}:"))
    keys = set(db.session.scalars(query))
    db.session.rollback()
    return keys
