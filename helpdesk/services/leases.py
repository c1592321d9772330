"""Leases: one holder at a time, for a while. A dead holder's lease runs out, also when the clock was set back."""

import os
import socket
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from helpdesk.orm import Lease
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import transaction

MARGIN = 0.5


def take(name: str, holder: str, seconds: float) -> bool:
    """Take or renew the lease for *seconds*, the same for all who want it; False while somebody else holds it."""
    at, length = now(), timedelta(seconds=seconds)
    insert = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
    taken = (
        insert(Lease)
        .values(name=name, holder=holder, until=at + length)
        .on_conflict_do_update(
            index_elements=["name"],
            set_={"holder": holder, "until": at + length},
            where=or_(Lease.holder == holder, _over(at, length)),
        )
    )
    with transaction():
        return bool(db.session.execute(taken.returning(Lease.name)).first())


def renew(name: str, holder: str, seconds: float) -> bool:
    """Prolong the lease within the caller's transaction; False when somebody else has taken it, however late it is."""
    mine = (
        update(Lease).where(Lease.name == name, Lease.holder == holder).values(until=now() + timedelta(seconds=seconds))
    )
    renewed = db.session.execute(mine.returning(Lease.name), execution_options={"synchronize_session": False})
    return renewed.first() is not None


def release(name: str, holder: str) -> None:
    """Let others have the lease at once."""
    with transaction():
        mine = update(Lease).where(Lease.name == name, Lease.holder == holder)
        db.session.execute(mine.values(until=now()), execution_options={"synchronize_session": False})


def free(name: str, seconds: float, holder: str = "") -> bool:
    """Whether a lease of *seconds* could be had now, by this *holder* or whoever comes; writes nothing."""
    held = select(Lease.name).where(
        Lease.name == name, Lease.holder != holder, ~_over(now(), timedelta(seconds=seconds))
    )
    found = db.session.execute(held).first() is None
    db.session.rollback()
    return found


def held(name: str, holder: str) -> ColumnElement[bool]:
    """That nobody else has taken the lease, as a condition of what its holder writes."""
    return exists().where(Lease.name == name, Lease.holder == holder)


def me() -> str:
    """This process, as a holder."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}"


def _over(at: datetime, length: timedelta) -> ColumnElement[bool]:
    """Run out, or further ahead than anybody may have set it: then the clock was set back."""
    return or_(Lease.until <= at, Lease.until > at + 2 * length)


@dataclass
class Seat:
    """A lease kept for long; held only while this machine's steady clock says so, whatever the wall clock does."""

    name: str
    holder: str
    seconds: float
    sure_until: float = field(default=0.0)

    def hold(self) -> bool:
        """Whether the seat is ours; renews it halfway, and looks before it asks for the write lock."""
        begun = time.monotonic()
        if begun < self.sure_until - (self.seconds - MARGIN) / 2:
            return True
        if begun >= self.sure_until and not free(self.name, self.seconds, self.holder):
            return False
        if take(self.name, self.holder, self.seconds):
            self.sure_until = begun + self.seconds - MARGIN
        else:
            self.sure_until = 0.0
        return time.monotonic() < self.sure_until

    def leave(self) -> None:
        """Give the seat up, so that another takes it at once."""
        self.sure_until = 0.0
        release(self.name, self.holder)
