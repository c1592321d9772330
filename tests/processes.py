"""Real processes of the product for the tests, and waiting for what they do."""

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

from tests import warm


def environment(config, **more):
    """What a process must be told to work on a test's database and queue."""
    return {
        **os.environ,
        "HELPDESK_VAR": str(config.var),
        "HELPDESK_DATABASE_URL": config.database_url,
        "HELPDESK_REDIS_URL": config.redis_url,
        "HELPDESK_SECRET_KEY": config.secret_key,
        "HELPDESK_OWN_HOST": config.own_host,
        "HELPDESK_UNDO_SECONDS": str(config.undo_seconds),
        "PYTHONUNBUFFERED": "1",
        **more,
    }


@contextmanager
def process(config, *words, **more):
    """`python -m …` beside the test, killed after it."""
    command, told = [sys.executable, "-m", *words], environment(config, **more)
    started = subprocess.Popen(command, env=told, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    try:
        yield started
    finally:
        started.kill()
        started.wait()
        started.stdout.close()


def begun(started):
    """Wait until a process says that it works."""
    assert started.stdout.readline() == b"ready\n"
    return started


def helpdesk(config, *words, stdin=b"", **more):
    """Run one command to its end, in a process that has imported the product already."""
    return warm.command(environment(config, **more), words, stdin, 60)


def eventually(question, seconds=30.0):
    """The first true answer within *seconds*, which are many because other tests run at the same time."""
    patience = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            return answer
        assert time.monotonic() < patience, f"not within {seconds} s"
        time.sleep(0.02)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def children(pid, deep=True):
    """The descendants of a process, or only its own children, by their ids."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat") as stat:
                    fields = stat.read().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry)] = (int(fields[1]), fields[0])
    found, front = set(), {pid}
    while front:
        front = {child for child, (parent, state) in parents.items() if parent in front and state != "Z"} - found
        found |= front
        front = front if deep else set()
    return found


def alive(pid):
    """Whether a process runs (a zombie does not)."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
