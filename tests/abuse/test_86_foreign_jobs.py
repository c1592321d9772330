"""Row 86: whatever is pushed into the queue, only our own jobs run; the rest is put aside and told."""

import json
import pickle
import subprocess
import zlib

import pytest
from redis import Redis
from rq.job import Job
from sqlalchemy import func, select

from helpdesk.services import bell, health, parking
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.tickets.models import Ticket
from tests import making
from tests.processes import begun, eventually, process

STAMP = "2026-11-24T00:00:00.000000Z"


def call(name, *arguments):
    return zlib.compress(json.dumps([name, None, arguments, {}]).encode())


def push(client, job_id, data, **fields):
    """What somebody with access to our Redis could do."""
    usual = {"origin": bell.QUEUE, "created_at": STAMP, "enqueued_at": STAMP, "status": "queued"}
    client.hset(Job.key_for(job_id), mapping={"data": data, **usual, **fields})
    client.rpush(f"rq:queue:{bell.QUEUE}", job_id)


@pytest.fixture
def client(config):
    with Redis.from_url(config.redis_url) as client:
        yield client


@pytest.fixture
def marker(tmp_path):
    return tmp_path / "executed"


def hostile(marker):
    touch = f"touch {marker}"
    ours = call("workers.intake.file")
    exploit = pickle.dumps((subprocess.call, (["touch", str(marker)],)))
    return {
        "pickle": (exploit, {}),
        "pickled-call": (zlib.compress(pickle.dumps(("os.system", None, (touch,), {}))), {}),
        "os-system": (call("os.system", touch), {}),
        "on-instance": (zlib.compress(json.dumps(["format", "x", [], {}]).encode()), {}),
        "success": (ours, {"success_callback_name": "subprocess.call"}),
        "failure": (ours, {"failure_callback_name": "subprocess.call"}),
        "stopped": (ours, {"stopped_callback_name": "subprocess.call"}),
        "webhook": (ours, {"webhooks": json.dumps([{"url": "http://127.0.0.1:1/", "job_status": "finished"}])}),
        "bomb": (zlib.compress(b" " * 50_000_000), {}),
        "big": (b"x" * 50_000_000, {}),
        "deep": (zlib.compress(b"[" * 900 + b"]" * 90), {}),
        "arguments": (call("workers.mailboxes.read", {"id": 1}), {}),
        "too-many": (call("workers.intake.file", 1), {}),
        "bad-time": (ours, {"created_at": "yesterday"}),
        "bad-status": (ours, {"status": "dancing"}),
    }


def test_nothing_foreign_runs_and_the_worker_lives(app, config, client, marker):
    jobs = hostile(marker)
    mailbox = making.make_mailbox(making.make_team())
    for name, (data, fields) in jobs.items():
        push(client, name, data, **fields)
    client.rpush(f"rq:queue:{bell.QUEUE}", b"\xff\xfe odd")
    with process(config, "workers.run") as worker:
        begun(worker)
        eventually(lambda: len(parking.parked(now().replace(year=2000))) == len(jobs) + 1, 20)
        making.arrive(mailbox, making.eml())
        eventually(lambda: db.session.rollback() or db.session.scalar(select(func.count()).select_from(Ticket)) == 1)
        assert worker.poll() is None
    assert not marker.exists()
    assert not any(client.exists(Job.key_for(name)) for name in jobs)
    found = {finding.part: finding.state for finding in health.examine()}
    assert found["foreign jobs"] == "bad"


def test_a_foreign_failure_callback_does_not_run_when_the_registry_is_cleaned(app, config, client, marker):
    push(client, "abandoned", call("workers.intake.file"), failure_callback_name="subprocess.call", status="started")
    client.delete(f"rq:queue:{bell.QUEUE}")
    client.zadd(f"rq:wip:{bell.QUEUE}", {"abandoned:1": 1})
    with process(config, "workers.run") as worker:
        begun(worker)
        eventually(lambda: parking.parked(now().replace(year=2000)), 20)
        assert worker.poll() is None
