"""The tick: `python -m workers.schedule`. It looks what is due, rings for it, and helps when nobody hears."""

import logging
import signal
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from flask import Flask
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy.exc import DBAPIError

from helpdesk.services import alarms, bell, dealing, demo_lease, due, following, handing_on, hanging, leases, set_back
from helpdesk.services.database import db, end_reading
from helpdesk.services.instant import now
from helpdesk.services.store import settings
from workers.allowed import JOBS
from workers.process import product, ready

SEAT = 3.0
BEAT = 1.0
SOON = 0.1  # while something is due, more may fall due before a worker has looked
POLL = 5.0
PATIENCE = 10.0
log = logging.getLogger("helpdesk")

Job = tuple[str, *tuple[int, ...]]


@dataclass
class Tick:
    """What one tick remembers between two beats."""

    app: Flask
    seat: leases.Seat
    stopping: threading.Event = field(default_factory=threading.Event)
    polled_at: float = -POLL
    polled: set[Job] = field(default_factory=set)
    waiting: dict[Job, float] = field(default_factory=dict)
    helping: dict[Job, threading.Thread] = field(default_factory=dict)
    watch: alarms.Watch = field(default_factory=alarms.Watch)
    first: set[Job] = field(default_factory=lambda: {("workers.nightly.zones",)})

    def run(self) -> None:
        """Beat until told to stop. What cannot be asked now is asked again a second later."""
        while not self.stopping.is_set():
            try:
                pause = self.beat()
            except DBAPIError as error:
                log.error("The database does not answer: %s", error.orig)
                pause = BEAT
            finally:
                db.session.remove()
            self.stopping.wait(pause)
        with suppress(DBAPIError):
            self.seat.leave()

    def beat(self) -> float:
        """Ring for everything that is due, if this is the tick that acts; the seconds until the next look."""
        if not self.seat.hold() or demo_lease.being_made():
            return BEAT / 2
        at, soonest = now(), due.soonest()
        end_reading()
        jobs: set[Job] = {(name,) for name, instant in soonest.items() if instant <= at}
        self.ring(jobs | self.nightly_and_mailboxes())
        ahead = [(instant - at) / timedelta(seconds=1) for instant in soonest.values() if instant > at]
        return max(0.0, min([SOON if jobs else BEAT, *ahead]))

    def nightly_and_mailboxes(self) -> set[Job]:
        """What is rung for every few seconds, once a night, and once at the start: zone files may be newer then."""
        if time.monotonic() - self.polled_at < POLL:
            return set()
        self.polled_at = time.monotonic()
        set_back.bring_forward()
        self.watch.look()
        self.polled = {("workers.mailboxes.read", channel_id) for channel_id in due.mailboxes()}
        self.polled |= {(due.NIGHTLY[check],) for check in due.nightly()} | self.first
        self.polled |= {("workers.shifts.call",)} if handing_on.sheets_due() else set()
        self.polled |= {("workers.shifts.watch",)} if hanging.has_news() else set()
        self.polled |= {("workers.dealing.deal_out",)} if dealing.has_news() else set()
        self.polled |= {("workers.following.tell",)} if following.has_news() else set()
        self.first = set()
        return self.polled

    def ring(self, jobs: set[Job]) -> None:
        """Wake a worker for each; what no worker has heard for a while is done here."""
        self.waiting = {job: since for job, since in self.waiting.items() if job in jobs | self.polled}
        for job in sorted(jobs):
            since = self.waiting.setdefault(job, time.monotonic())
            bell.wake(*job)
            if time.monotonic() - since > PATIENCE and not bell.heard(*job):
                self.help(job)

    def help(self, job: Job) -> None:
        """Do a job in this process, beside the beat."""
        if job not in self.helping or not self.helping[job].is_alive():
            log.warning("No worker hears %s; the tick does it", " ".join(map(str, job)))
            self.helping[job] = threading.Thread(target=self.do, args=job, daemon=True)
            self.helping[job].start()

    def do(self, name: str, *arguments: int) -> None:
        """Run one job of the allow-list."""
        with self.app.app_context():
            try:
                JOBS[name][0](*arguments)
            finally:
                db.session.remove()


def tick(app: Flask) -> Tick:
    """A tick whose bell gives up soon, so that a dumb Redis does not stop the beat."""
    app.extensions["bell"].close()
    app.extensions["bell"] = Redis.from_url(
        settings().redis_url, socket_timeout=0.5, socket_connect_timeout=0.5, retry=Retry(NoBackoff(), 0)
    )
    return Tick(app, leases.Seat("tick", leases.me(), SEAT))


if __name__ == "__main__":
    logging.basicConfig(format="%(message)s", stream=sys.stderr)
    with product() as app:
        found = tick(app)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: found.stopping.set())
        ready()
        found.run()
