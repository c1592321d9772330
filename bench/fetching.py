"""How fast mail comes from a mailbox into the ledger, committed, beside the bare fetch of the same mails in the same batches."""

import time
from collections.abc import Iterator

from sqlalchemy import func, select

from bench import posting
from bench.figures import Figure, Tell
from bench.places import Place, desk
from helpdesk.channels.ledger import Inbox
from helpdesk.channels.mail import imap
from helpdesk.services import mailboxes
from helpdesk.services.database import db
from tests.dovecot import Account

MAILS, ROUNDS = 2000, 3
SMALL = 1000
WHAT = "mails fetched into the ledger, 4 KB, batches of 100"


def measure(places: dict[str, Place], size: int, tell: Tell) -> Iterator[Figure]:
    """On each database; its size does not matter to the ledger's end."""
    for place in places.values():
        tell(f"fetching on {place.database}")
        config = place.copy(min(SMALL, size))
        with desk(config), posting.account(config.var) as account:
            account.append(*map(posting.mail, range(MAILS)))
            rounds = [(_bare(account), _fetched(account, number)) for number in range(ROUNDS)]
        place.drop(config)
        bare, ours = (MAILS / min(seconds) for seconds in zip(*rounds, strict=True))
        where = {"database": place.database, "size": min(SMALL, size)}
        yield Figure(
            WHAT, ours, "1/s", target=f"≥ {0.5 * bare:.0f}", note=f"{ours / bare:.2f} of the bare fetch", **where
        )
        yield Figure("bare batched IMAPClient fetch (floor)", bare, "1/s", **where)


def _bare(account: Account) -> float:
    """Seconds for signing in and fetching everything."""
    begun = time.perf_counter()
    with account.client() as client:
        uids = client.search()
        found = [client.fetch(uids[at : at + imap.BATCH], [imap.WHOLE]) for at in range(0, len(uids), imap.BATCH)]
    seconds = time.perf_counter() - begun
    assert sum(map(len, found)) == MAILS
    return seconds


def _fetched(account: Account, number: int) -> float:
    """Seconds for the same by a channel that has read nothing yet."""
    channel_id = posting.connect(account, f"bench {number}")
    begun = time.perf_counter()
    mailboxes.read(channel_id)
    seconds = time.perf_counter() - begun
    kept = db.session.scalar(select(func.count()).where(Inbox.channel_id == channel_id))
    assert kept == MAILS, f"{kept} of {MAILS} are in the ledger"
    return seconds
