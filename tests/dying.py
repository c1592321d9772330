"""A worker that is killed at a given place, or by a given mail."""

import importlib
import os
import signal
from typing import NoReturn

from helpdesk.config import Config
from tests import warm
from tests.processes import environment
from workers.process import product


def killed(config: Config, job: str, place: str, when: str, *arguments: int, word: bytes = b"") -> bool:
    """Run *job* in a process that kills itself *when* it comes to *place*; False when it never came there.

    With a *word* it dies only of a call that is given bytes with this word in them.
    """
    code = warm.outcome(environment(config), _do, job, place, when, word, arguments)
    assert code in (0, -signal.SIGKILL), code
    return code == -signal.SIGKILL


def _do(job: str, place: str, when: str, word: bytes, arguments: tuple[int, ...]) -> None:
    """Do the job, or die doing it."""
    module, _, function = place.rpartition(".")
    found = importlib.import_module(module)
    setattr(found, function, _deadly(getattr(found, function), when, word))
    module, _, call = job.rpartition(".")
    with product():
        getattr(importlib.import_module(module), call)(*arguments)


def _deadly(original, when, word):
    def deadly(*arguments, **named):
        if word and not any(isinstance(value, bytes) and word in value for value in arguments):
            return original(*arguments, **named)
        if when == "after":
            original(*arguments, **named)
        return die()

    return deadly


def die() -> NoReturn:
    """kill -9."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError
