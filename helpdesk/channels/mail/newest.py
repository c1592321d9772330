"""The newest mails of a folder, looked at without touching them."""

import time
from collections.abc import Iterator

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError
from imapclient.response_parser import parse_fetch_response

from helpdesk.channels.mail import imap
from helpdesk.channels.mail.imap import Folder, Listed

MOST_BYTES = 48 * 1024 * 1024


def newest(client: IMAPClient, folder: Folder, most: int) -> list[Listed]:
    """At most so many mails, those that came last, newest first; asked for by their places, so that no others are listed."""
    if not folder.count:
        return []
    kind, data = client._imap.fetch(f"{max(1, folder.count - most + 1)}:*", "(UID RFC822.SIZE INTERNALDATE)")
    if kind != "OK":
        raise IMAPClientError(f"The mails could not be listed: {data!r}")
    found = parse_fetch_response([one for one in data if one is not None], normalise_times=False, uid_is_key=True)
    return sorted(imap.rows_of(found), key=lambda row: row.uid, reverse=True)


def peek(client: IMAPClient, mails: list[Listed], until: float) -> Iterator[tuple[Listed, bytes]]:
    """Their bytes, as long as the steady clock is before *until* and they are not too many."""
    room = MOST_BYTES
    for batch in imap.batches(mails):
        room -= sum(mail.size for mail in batch)
        if time.monotonic() > until or room < 0:
            return
        raws = imap.fetch(client, batch)
        yield from ((mail, raws[mail.uid]) for mail in batch if mail.uid in raws)
