"""One worker process: `python -m workers.run`. It runs jobs of the allow-list, one after the other."""

import logging
import sys
import time
from types import FrameType
from typing import Any, NoReturn

from flask import Flask
from redis import Redis, RedisError
from rq import Queue, SimpleWorker
from rq.exceptions import NoSuchJobError, StopRequested
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.timeouts import UnixSignalDeathPenalty

from helpdesk.services import bell
from helpdesk.services.database import db
from helpdesk.services.parking import park
from helpdesk.services.store import settings
from workers.allowed import JOBS, LARGEST_JOB, NAME, objection
from workers.process import product, ready

LONGEST_PAUSE = 10.0


class AllowedJob(Job):
    """A job that can only call a function of the allow-list; anything else is put aside as if it had never been."""

    @classmethod
    def fetch(cls, id: str, connection: Any = None, serializer: Any = None) -> Job:
        """The stored job, when it is one of ours."""
        key = cls.key_for(id)
        try:
            if (connection.memory_usage(key, samples=0) or 0) > LARGEST_JOB:
                refuse(connection, id, "is too big")
            stored = connection.hgetall(key)
            if stored and (why := objection(stored)):
                refuse(connection, id, why)
            return super().fetch(id, connection=connection, serializer=serializer)
        except (ValueError, TypeError, KeyError) as error:
            refuse(connection, id, f"cannot be read: {error!r:.80}")

    def perform(self) -> Any:
        """Call the function."""
        name, arguments = str(self.func_name), list(self.args)
        bell.answered(name, *arguments)
        try:
            JOBS[name][0](*arguments)
        finally:
            db.session.remove()
            bell.done(name, *arguments)


def refuse(connection: Redis, job_id: str, why: str) -> NoReturn:
    """Put a job aside; for RQ it is gone."""
    logging.getLogger("helpdesk").error("Job %s was not run: it %s.", job_id[:100], why)
    park(connection, job_id, why)
    connection.unlink(Job.key_for(job_id))
    raise NoSuchJobError(job_id)


class PlainQueue(Queue):
    """A queue from which a job whose very name is odd is thrown out, because RQ would stumble over it for ever."""

    @classmethod
    def lmove(cls, connection: Any, queue_key: str, timeout: int | None) -> Any:
        """The next job's name."""
        while moved := super().lmove(connection, queue_key, timeout):
            if NAME.fullmatch(moved[1]):
                return moved
            connection.lrem(f"{queue_key}:intermediate", 1, moved[1])
            park(connection, repr(moved[1]), "has an odd name")
        return None


class OutOfTime(BaseException):
    """A job's time is over. It is no error of what the job is at, so nothing that catches those catches this."""


class Limit(UnixSignalDeathPenalty):
    """The end of a job's time."""

    def handle_death_penalty(self, signum: int, frame: FrameType | None) -> NoReturn:
        """End it."""
        raise OutOfTime(f"not done within {self._timeout} s")


class Worker(SimpleWorker):
    """Runs jobs in this process, each in the product's context."""

    app: Flask
    death_penalty_class = Limit
    stopping = False
    max_connection_wait_time = LONGEST_PAUSE

    def _install_signal_handlers(self) -> None:
        """The last step before the first job: from now on a signal ends the work in peace."""
        super()._install_signal_handlers()  # type: ignore[no-untyped-call]
        ready()

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Finish the job at hand and leave."""
        self.stopping = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Run one job."""
        with self.app.app_context():
            super().execute_job(job, queue)


def calm(job: Job, *_error: object) -> bool:
    """A job that failed is tried again by the tick, after a breath; RQ keeps the failure for the doctor."""
    bell.calm(str(job.func_name), *job.args)
    return True


def worker(app: Flask) -> Worker:
    """A worker on its own connection, noticed within seconds when it is killed."""
    connection = Redis.from_url(settings().redis_url, socket_connect_timeout=2)
    made = Worker(
        [PlainQueue(bell.QUEUE, connection=connection, job_class=AllowedJob, serializer=JSONSerializer)],
        connection=connection,
        job_class=AllowedJob,
        queue_class=PlainQueue,
        serializer=JSONSerializer,
        exception_handlers=[calm],
        worker_ttl=20,
        maintenance_interval=5,
        job_monitoring_interval=2,
    )
    made.app = app
    return made


def work(app: Flask) -> None:
    """Work until told to stop; while Redis is away, wait for it longer and longer."""
    pause = 0.5
    while True:
        try:
            found = worker(app)
            pause = 0.5 if found.work(logging_level="WARNING") else pause
            if found.stopping:
                return
        except StopRequested:
            return
        except RedisError as error:
            print(f"Redis does not answer ({error}); trying again in {pause:.0f} s", file=sys.stderr)
        time.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


if __name__ == "__main__":
    logging.basicConfig(format="%(message)s")
    with product() as app:
        work(app)
