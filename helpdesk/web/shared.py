"""Fragments for everybody who sees the same: a change makes all open lists ask for theirs at one moment."""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from flask import Flask, current_app

T = TypeVar("T")
LONGEST = 0.5
MOST = 500


class Shared:
    """What was worked out since the last news came in, and no longer than LONGEST ago; by all that it depends on.

    What an open page is told of, it has been told of by this process, so that nothing older is given to it. While no
    page listens there are no news, and everybody gets their own.
    """

    def __init__(self) -> None:
        self.told_at: float | None = None
        self._found: dict[Hashable, tuple[float, Any]] = {}
        self._turns: dict[Hashable, threading.Lock] = {}

    def told(self) -> None:
        """There are news: what is written before they came is not given any more."""
        self.told_at = time.monotonic()

    def __call__(self, key: Hashable, write: Callable[[], T]) -> T:
        """The fragment; of those who ask at one moment one lets it be written, and the others wait for it."""
        if self.told_at is None:
            return write()
        if len(self._turns) > MOST:
            self._found, self._turns = {}, {}
        with self._turns.setdefault(key, threading.Lock()):
            asked_at = time.monotonic()
            written_at, known = self._found.get(key, (0.0, None))
            if written_at > self.told_at and asked_at - written_at <= LONGEST:
                found: T = known
                return found
            fragment = write()
            self._found[key] = asked_at, fragment
            return fragment


def init_app(app: Flask) -> None:
    """Nothing is written yet."""
    app.extensions["shared"] = Shared()


def shared() -> Shared:
    """Those of the running product."""
    found: Shared = current_app.extensions["shared"]
    return found
