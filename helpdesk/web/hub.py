"""One ear for all open pages of this process: hears what changed, and passes it on to those whom it concerns."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

from flask import Flask
from redis import Redis, RedisError
from redis.client import PubSub

from helpdesk.services.bell import LIVE, client
from helpdesk.web.shared import Shared

PATIENCE = 5.0
PAUSE = 1.0
WORDS = re.compile(r"ticket (?P<number>\d+) ?(?P<teams>[\d,]*)|notice (?P<people>[\d,]+)|board (?P<name>\w+)")

News = tuple[str, str]


class Missed(Exception):
    """Something may have been said that was not heard; all that is shown has to be asked for anew."""


@dataclass(frozen=True)
class Reader:
    """Whom news are for; *teams* is None for somebody who sees all of them."""

    id: int
    teams: frozenset[int] | None

    def sees(self, ids: str) -> bool:
        """Whether one of these teams is theirs; what is of no team everybody may know."""
        return self.teams is None or not ids or not self.teams.isdisjoint(map(int, ids.split(",")))


@dataclass(eq=False)
class Ear:
    """What one open page has not been told yet."""

    reader: Reader
    _waiting: "SimpleQueue[News | None]" = field(default_factory=SimpleQueue)

    def put(self, news: News | None) -> None:
        """Pass it on; None when something was missed."""
        self._waiting.put(news)

    def next(self, patience: float) -> News | None:
        """The next news, or None when there are none for so long. Raises Missed."""
        try:
            news = self._waiting.get(timeout=max(patience, 0.01))
        except Empty:
            return None
        if news is None:
            raise Missed
        return news


class Hub:
    """Listens while anybody has a page open. While Redis is away nobody is told anything, and once it is back that they missed it."""

    def __init__(self, bell: Redis, shared: Shared) -> None:
        self.bell, self.shared = bell, shared
        self._ears: set[Ear] = set()
        self._turn = threading.Lock()
        self._thread: threading.Thread | None = None
        self._tried = threading.Event()

    @contextmanager
    def listening(self, reader: Reader) -> Iterator[Ear]:
        """From here on what concerns this reader is heard, if Redis is there."""
        ear = Ear(reader)
        with self._turn:
            self._ears.add(ear)
            if self._thread is None:
                self._tried.clear()
                self._thread = threading.Thread(target=self._listen, daemon=True)
                self._thread.start()
        self._tried.wait(PATIENCE)
        try:
            yield ear
        finally:
            with self._turn:
                self._ears.discard(ear)

    def _listen(self) -> None:
        missed = False
        while not self._over():
            try:
                with closing(PubSub(self.bell.connection_pool, ignore_subscribe_messages=True)) as ears:
                    ears.subscribe(LIVE)
                    ears.get_message(timeout=PATIENCE)  # the confirmation: what is said from now on is heard
                    if missed:
                        self._pass_on(None, lambda _reader: True)
                    missed = False
                    self._tried.set()
                    self._hear(ears)
            except RedisError:
                missed = True
                self._tried.set()
                time.sleep(PAUSE)

    def _over(self) -> bool:
        """Whether nobody listens any more; whoever comes next begins anew."""
        with self._turn:
            if not self._ears:
                self._thread = None
            return self._thread is None

    def _hear(self, ears: PubSub) -> None:
        while self._ears:
            message = ears.get_message(timeout=PAUSE)
            if message is not None and message["type"] == "message":
                self.shared.told()
                said = WORDS.fullmatch(bytes(message["data"]).decode("utf-8", "replace"))
                if said is not None:
                    self._tell(said)

    def _tell(self, said: re.Match[str]) -> None:
        if said["number"]:
            self._pass_on(("ticket", said["number"]), lambda reader: reader.sees(said["teams"]))
        elif said["people"]:
            people = set(said["people"].split(","))
            self._pass_on(("notice", ""), lambda reader: str(reader.id) in people)
        else:
            self._pass_on(("board", said["name"]), lambda _reader: True)

    def _pass_on(self, news: News | None, concerns: Callable[[Reader], bool]) -> None:
        with self._turn:
            ears = list(self._ears)
        for ear in ears:
            if concerns(ear.reader):
                ear.put(news)


def init_app(app: Flask) -> None:
    """Nobody listens yet."""
    app.extensions["hub"] = Hub(client(app.config["HELPDESK"].redis_url), app.extensions["shared"])
