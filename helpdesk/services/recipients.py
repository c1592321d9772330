"""Who gets an answer by mail: what was typed, what the mailbox's rules add, and who may be offered."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from helpdesk.channels.mail.compose import BadAddress, address
from helpdesk.channels.mail.headers import clean
from helpdesk.channels.models import Channel
from helpdesk.errors import Conflict
from helpdesk.orm import Json
from helpdesk.services.database import db
from helpdesk.tickets.models import Message
from helpdesk.tickets.participants import Participant

BETWEEN = re.compile(r"[,;\n]")
MOST = 20


class Misaddressed(Conflict):
    """What was typed is no list of addresses that may be written to."""


@dataclass(frozen=True)
class Recipients:
    """Whom a mail goes to; each stands in one list only."""

    to: tuple[str, ...]
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """Everybody, once."""
        return (*self.to, *self.cc, *self.bcc)

    @property
    def facts(self) -> Json:
        """The lists that are not empty."""
        lists = {"to": self.to, "cc": self.cc, "bcc": self.bcc}
        return {name: list(addresses) for name, addresses in lists.items() if addresses}


def recipients(usual: str, channel: Channel, *, to: str = "", cc: str = "", bcc: str = "") -> Recipients:
    """Whom an answer goes to: the *usual* one unless something else was typed, and whom the mailbox always copies in."""
    first = (usual,) if to.strip() in ("", usual) else addresses(to)
    second, third = addresses(cc), addresses(bcc)
    if len(first) + len(second) + len(third) > MOST:
        raise Misaddressed("These are too many addresses; write to {most} at most.", most=MOST)
    _not_ours((*second, *third, *(() if first == (usual,) else first)))
    return _each_once(first, second, (*third, *addresses(str(channel.settings.get("always_bcc") or ""))))


def addresses(text: str) -> tuple[str, ...]:
    """The addresses in what was typed, with commas, semicolons or line ends between; Misaddressed when one is none."""
    found = []
    for part in (part.strip(" \t\r") for part in BETWEEN.split(text)):
        if not part:
            continue
        try:
            found.append(address(part))
        except BadAddress as error:
            shown = repr(clean(part)[:80])
            raise Misaddressed(
                "{address} is not one e-mail address; correct it and send again.", address=shown
            ) from error
    return tuple(dict.fromkeys(found))


def _not_ours(typed: Iterable[str]) -> None:
    """A mail to a mailbox of this desk would come back as a ticket."""
    wanted = {one.casefold() for one in typed}
    query = select(Channel.address).where(Channel.kind == "mail", func.lower(Channel.address).in_(wanted))
    if wanted and (own := db.session.scalar(query.limit(1))):
        raise Misaddressed("{address} is a mailbox of this desk; leave it out.", address=own)


def _each_once(to: Sequence[str], cc: Sequence[str], bcc: Sequence[str]) -> Recipients:
    seen: set[str] = set()
    lists = []
    for some in (to, cc, bcc):
        fresh = {one.casefold(): one for one in some if one.casefold() not in seen}
        seen |= fresh.keys()
        lists.append(tuple(fresh.values()))
    return Recipients(*lists)


def offered(said: Iterable[Message], approved: Iterable[Participant], usual: str) -> list[str]:
    """Who else may be answered to: whom accepted mails came from, and whom staff let in, but for the *usual* one."""
    heard = [one for one in said if one.kind == "received" and one.channel == "mail"]
    senders = [str(one.facts.get("sender") or "") for one in sorted(heard, key=lambda one: one.id)]
    known = filter(None, [*senders, *(one.address for one in approved)])
    return [one for one in dict.fromkeys(known) if one.casefold() != usual.casefold()]
