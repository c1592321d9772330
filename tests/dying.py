"""A worker that is killed, stopped or told to stop at a given place, or by a given mail."""

import importlib
import pkgutil
import signal
from collections.abc import Callable
from functools import partial
from itertools import chain, repeat
from typing import Any

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
    _interrupt(place, when, partial(signal.raise_signal, signal.SIGKILL), word)
    module, _, call = job.rpartition(".")
    with product():
        getattr(importlib.import_module(module), call)(*arguments)


def signalled(place: str, when: str, number: int) -> Callable[[], None]:
    """What lets a process get a signal when it first comes to *place*, as `warm.process(first=…)` wants it."""
    return partial(_interrupt, place, when, partial(signal.raise_signal, number))


def _interrupt(place: str, when: str, deed: Callable[[], object], word: bytes = b"") -> None:
    owner, _, name = place.rpartition(".")
    found = pkgutil.resolve_name(owner)
    setattr(found, name, _interrupted(getattr(found, name), when, deed, word))


def _interrupted(
    original: Callable[..., Any], when: str, deed: Callable[[], object], word: bytes
) -> Callable[..., Any]:
    deeds = chain([deed], repeat(lambda: None))

    def interrupted(*arguments: Any, **named: Any) -> Any:
        if word and not any(isinstance(value, bytes) and word in value for value in arguments):
            return original(*arguments, **named)
        if when == "before":
            next(deeds)()
        result = original(*arguments, **named)
        if when == "after":
            next(deeds)()
        return result

    return interrupted
