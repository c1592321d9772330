"""Mails that lie in a mailbox and that its server does not hand out: asked for three times, then a row that says so."""

from collections.abc import Container, Sequence
from datetime import datetime, timedelta

import structlog
from imapclient import IMAPClient

from helpdesk.channels.mail.imap import Listed
from helpdesk.channels.mail.withheld import withheld
from helpdesk.orm import Json
from helpdesk.services import ledger
from helpdesk.services.instant import now

TRIES = 3  # of fetching such a mail
PAUSE = timedelta(minutes=1)  # after a try, and twice and three times as long after the next ones
REASON = (
    "The mail server did not hand out this mail (UID {uid} in {folder}), three times. Look at it there; "
    "moved to another folder and back it is fetched anew."
)
log = structlog.get_logger()

Waits = tuple[tuple[int, int, str], ...]  # UID, tries, when it is asked for again


def of(state: Sequence[Sequence[int | str]]) -> Waits:
    """As they were kept."""
    return tuple((int(uid), int(tries), str(again)) for uid, tries, again in state)


def due(waits: Waits, at: datetime) -> list[int]:
    """The UIDs to be asked for again."""
    return [uid for uid, _, again in waits if datetime.fromisoformat(again) <= at]


def among(waits: Waits, uids: Container[int]) -> Waits:
    """Those of them that have one of these UIDs."""
    return tuple(one for one in waits if one[0] in uids)


def asked(
    client: IMAPClient, waits: Waits, wanted: Sequence[Listed], handed_out: Container[int]
) -> tuple[Waits, list[Listed]]:
    """What waits now that these mails were asked for and some handed out, and what is given up."""
    missing = [mail for mail in wanted if mail.uid not in handed_out]
    silent = withheld(client, missing, others=len(missing) < len(wanted))
    tries, at = {uid: known + 1 for uid, known, _ in waits}, now()
    counted = [(mail, tries.get(mail.uid, 1)) for mail in silent]
    more = [(mail.uid, known, (at + known * PAUSE).isoformat()) for mail, known in counted if known < TRIES]
    uids = {mail.uid for mail in wanted}
    others = [one for one in waits if one[0] not in uids]
    return (*others, *more), [mail for mail, known in counted if known >= TRIES]


def row(mail: Listed, label: str, channel_id: int, folder: str) -> Json:
    """The ledger's line for a mail that is given up: it has no bytes."""
    log.warning("mail.withheld", channel=channel_id, uid=mail.uid)
    key, facts = f"{label}:{mail.uid}", {"arrived": mail.at.isoformat(), "withheld": mail.uid}
    line = ledger.line(channel_id=channel_id, source="mail", key=key, raw=b"", facts=facts)
    told = {"state": "poison", "reason": REASON.format(uid=mail.uid, folder=folder), "size": mail.size}
    return {**line, **told, "content_key": f"withheld:{key}"[:64]}
