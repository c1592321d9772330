"""A worker that is killed at a given place: `python -m tests.dying JOB MODULE FUNCTION before|after [argument…]`."""

import importlib
import os
import signal
import subprocess
import sys
from typing import NoReturn

from helpdesk.config import Config
from tests.listener import environment
from workers.process import product


def killed(config: Config, job: str, place: str, when: str, *arguments: int) -> bool:
    """Run *job* in a process that kills itself *when* it comes to *place*; False when it never came there."""
    command = [sys.executable, "-m", "tests.dying", job, *place.rsplit(".", 1), when, *map(str, arguments)]
    done = subprocess.run(command, env=environment(config), check=False, capture_output=True, text=True)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode == -signal.SIGKILL


def main(job: str, module: str, function: str, when: str, *arguments: str) -> None:
    """Do the job, or die doing it."""
    name, _, call = job.rpartition(".")
    found = importlib.import_module(name)
    place = importlib.import_module(module)
    setattr(place, function, _deadly(getattr(place, function), when))
    with product():
        getattr(found, call)(*map(int, arguments))


def _deadly(original, when):
    def deadly(*arguments, **named):
        if when == "after":
            original(*arguments, **named)
        die()

    return deadly


def die() -> NoReturn:
    """kill -9."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


if __name__ == "__main__":
    main(*sys.argv[1:])
