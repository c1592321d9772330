"""Who reads a mailbox: a name of its own for each reader, from which others on the same machine see that it has ended."""

import os
import uuid

from sqlalchemy import select

from helpdesk.orm import Lease
from helpdesk.services import leases
from helpdesk.services.database import db
from helpdesk.services.instant import now

SPACE = "/proc/self/ns/pid"  # the same for all who see each other's process ids


def fresh() -> str:
    """A holder that nobody else is, not even another reader in this process."""
    return f"{leases.me()}:{_space()}:{uuid.uuid4().hex[:8]}"


def free_of_the_dead(name: str) -> None:
    """Let the lease of a process that has ended on this machine be taken at once, instead of when it runs out."""
    holder = db.session.scalar(select(Lease.holder).where(Lease.name == name, Lease.until > now()))
    db.session.rollback()
    if holder is not None and ended(holder):
        leases.release(name, holder)


def ended(holder: str) -> bool:
    """Whether this holder ran here and runs no more; False when that cannot be seen from here."""
    host, number, space = ["", "", "", *holder.rsplit(":", 3)[:-1]][-3:]
    here = host == leases.me().rpartition(":")[0] and space == _space() != ""
    return here and number.isdigit() and not runs(int(number))


def runs(number: int) -> bool:
    """Whether this process is there, ours or somebody else's."""
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it runs, and is somebody else's
        return True
    return True


def _space() -> str:
    try:
        return "".join(filter(str.isdigit, os.readlink(SPACE)))
    except OSError:
        return ""
