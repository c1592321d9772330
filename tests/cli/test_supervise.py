"""Supervision by itself, with small programs."""

import sys
import time

import pytest

from helpdesk.supervise import Part, Supervisor
from tests.processes import alive

STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork():
    print("ready", flush=True)
time.sleep(60)
"""


@pytest.fixture
def supervisor():
    supervisor = Supervisor(on_ready=lambda part: None)
    yield supervisor
    supervisor.stop()


def keep(supervisor, seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        supervisor.listen(0.05)
        for part in list(supervisor.parts):
            supervisor.look_after(part)


def python(source):
    return [sys.executable, "-c", source]


def test_what_dies_at_once_again_and_again_is_started_later_and_later(supervisor, capfd):
    supervisor.add(Part("broken", ["/bin/false"]))
    keep(supervisor, 1.2)
    said = capfd.readouterr().err
    assert "ended (exit 1); starting again\n" in said
    assert "2 times in a row; starting again in 0.5 s" in said
    assert said.count("ended") <= 4


def test_what_runs_once_is_let_go(supervisor):
    supervisor.add(Part("keeper", ["/bin/sleep", "60"]), Part("once", ["/bin/true"], once=True))
    keep(supervisor, 0.3)
    assert [part.name for part in supervisor.parts] == ["keeper"]


def test_what_does_not_go_is_killed_with_its_own_children(supervisor, monkeypatch):
    monkeypatch.setattr("helpdesk.supervise.GRACE", 0.5)
    supervisor.add(Part("stubborn", python(STUBBORN)))
    supervisor.wait_until_ready("stubborn", 5)
    supervisor.stop()
    assert not alive(supervisor.parts[0].process.pid)


def test_a_quiet_part_is_heard_when_it_dies(supervisor, capfd):
    supervisor.add(Part("quiet", python("print('disk is full')"), quiet=True))
    keep(supervisor, 0.4)
    assert "quiet     disk is full" in capfd.readouterr().err
