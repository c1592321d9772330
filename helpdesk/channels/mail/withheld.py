"""Mails that a server lists and does not hand out, told from those that are gone and from a server that ails."""

from collections.abc import Sequence

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from helpdesk.channels.mail import imap
from helpdesk.channels.mail.imap import Listed

OTHERS = 3  # mails that are asked for to see whether the server hands out any
START = f"{imap.WHOLE}<0.100>"


def withheld(client: IMAPClient, mails: Sequence[Listed], *, others: bool) -> list[Listed]:
    """Which of these mails, that were not handed out, are still there.

    Unless *others* were, it asks for some: when none is handed out it is the server that ails, and this raises one of
    TROUBLE.
    """
    there = imap.still_there(client, [mail.uid for mail in mails])
    if there and not others and not _hands_out(client, there):
        raise IMAPClientError(f"The server hands out none of its mails, such as that with UID {there[0].uid}.")
    return there


def _hands_out(client: IMAPClient, but: Sequence[Listed]) -> bool:
    """Does it hand out any of the newest mails but these?"""
    others = [mail.uid for mail in imap.listed(client, above=0) if mail not in but][-OTHERS:]
    return any(imap.answered(client, [uid], START).get(uid, {}).get(b"BODY[]<0>") for uid in others)
