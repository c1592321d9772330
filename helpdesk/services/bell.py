"""The bell: wakes a worker by name and tells open pages what changed. A lost ring only delays; the tick rings again."""

from typing import Any

from flask import Flask, current_app
from redis import Redis, RedisError
from rq import Queue
from rq.serializers import JSONSerializer

QUEUE = "helpdesk"
LIVE = "helpdesk:live"
FIRST = "workers.deadlines.fire"
SAY_ALL = "for _, one in ipairs(ARGV) do redis.call('PUBLISH', KEYS[1], one) end"


def init_app(app: Flask, url: str) -> None:
    """Connect the bell; nothing is sent yet."""
    app.extensions["bell"] = client(url)


def client(url: str) -> Redis:
    """A client of the Redis there, which gives up soon."""
    return Redis.from_url(url, socket_timeout=5, socket_connect_timeout=2, max_connections=1000)


def connection() -> Redis:
    """The connection to Redis."""
    bell: Redis = current_app.extensions["bell"]
    return bell


def wake(job: str, *arguments: Any) -> None:
    """Ask a worker to run *job* ("workers.intake.file") soon. The same job with the same arguments waits only once."""
    try:
        if connection().set(_key("rung", job, arguments), 1, nx=True, px=5000):
            queue().enqueue_call(
                job, args=arguments, timeout=120, result_ttl=0, failure_ttl=86400, at_front=job == FIRST
            )
    except RedisError:
        return


def answered(job: str, *arguments: Any) -> None:
    """A worker begins with *job*: from here on a new ring is heard again."""
    try:
        connection().delete(_key("rung", job, arguments))
        connection().set(_key("heard", job, arguments), 1, ex=130)
    except RedisError:
        return


def done(job: str, *arguments: Any) -> None:
    """A worker is through with *job*."""
    try:
        connection().expire(_key("heard", job, arguments), 10)
    except RedisError:
        return


def calm(job: str, *arguments: Any) -> None:
    """*job* has just failed: its next rings are not heard for ten seconds."""
    try:
        connection().set(_key("rung", job, arguments), 1, px=10000)
    except RedisError:
        return


def heard(job: str, *arguments: Any) -> bool:
    """Whether a worker is busy with *job*, or was within the last ten seconds."""
    try:
        return bool(connection().exists(_key("heard", job, arguments)))
    except RedisError:
        return False


def pressing() -> bool:
    """Whether a deadline waits to be called out: whoever is at longer work makes room for it."""
    try:
        return bool(connection().exists(_key("rung", FIRST, ())))
    except RedisError:
        return False


def tell(kind: str, *what: str) -> None:
    """Tell open pages that something changed.

    *kind* and each *what* are "ticket" with a number and the teams that see it ("48213 3,5"; without teams everybody
    is told), "notice" with the people it is for ("7,12"), or "board" with a name.
    """
    if not what:
        return
    try:
        connection().eval(SAY_ALL, 1, LIVE, *[f"{kind} {one}" for one in what])
    except RedisError:
        return


def _key(what: str, job: str, arguments: tuple[Any, ...]) -> str:
    return f"helpdesk:{what}:{'-'.join([job.replace('.', '_'), *map(str, arguments)])}"


def queue() -> Queue:
    """The queue of all jobs; JSON only."""
    return Queue(QUEUE, connection=connection(), serializer=JSONSerializer)
