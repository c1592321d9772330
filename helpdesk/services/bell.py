"""The bell: wakes a worker by name and tells open pages what changed. A lost ring only delays; the tick rings again."""

from typing import Any

from flask import Flask, current_app
from redis import Redis, RedisError
from rq import Queue
from rq.serializers import JSONSerializer

QUEUE = "helpdesk"
LIVE = "helpdesk:live"


def init_app(app: Flask, url: str) -> None:
    """Connect the bell; nothing is sent yet."""
    app.extensions["bell"] = Redis.from_url(url, socket_timeout=5, socket_connect_timeout=2)


def connection() -> "Redis[bytes]":
    """The connection to Redis."""
    bell: Redis[bytes] = current_app.extensions["bell"]
    return bell


def wake(job: str, *arguments: Any) -> None:
    """Ask a worker to run *job* ("workers.intake.file") soon. The same job with the same arguments waits only once."""
    name = "-".join([job.replace(".", "_"), *map(str, arguments)])
    try:
        if connection().set(f"helpdesk:rung:{name}", 1, nx=True, px=5000):
            queue().enqueue_call(job, args=arguments, timeout=120, result_ttl=0, failure_ttl=86400)
    except RedisError:
        return


def answered(job: str, *arguments: Any) -> None:
    """A worker begins with *job*: from here on a new ring is heard again."""
    name = "-".join([job.replace(".", "_"), *map(str, arguments)])
    try:
        connection().delete(f"helpdesk:rung:{name}")
    except RedisError:
        return


def tell(kind: str, what: str) -> None:
    """Tell open pages that something changed: *kind* "ticket" and its number, or "board"."""
    try:
        connection().publish(LIVE, f"{kind} {what}")
    except RedisError:
        return


def queue() -> Queue:
    """The queue of all jobs; JSON only."""
    return Queue(QUEUE, connection=connection(), serializer=JSONSerializer)
