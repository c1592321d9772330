"""One ear for all open pages of this process: hears what changed, and passes it on to those whom it concerns."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from queue import Empty, SimpleQueue

from flask import Flask
from redis import Redis, RedisError
from redis.client import PubSub

from helpdesk.services import presence
from helpdesk.services.bell import LIVE, client
from helpdesk.web.shared import Shared

PATIENCE = 5.0
PAUSE = 1.0
SWEEP = 5.0
ID, IDS = r"[0-9]{1,18}", r"[0-9]{1,18}(?:,[0-9]{1,18})*"
WORDS = re.compile(
    rf"ticket (?P<number>{ID}) ?(?P<teams>(?:{IDS})?)|notice (?P<people>{IDS})|board (?P<name>[a-z]{{1,40}})"
    rf"|presence (?P<at>{ID}) (?P<team>{ID}) (?P<here>\[.*\])"
)

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
    """What one open page has not been told yet; *here* is the ticket whose visitors it shows, or "all"."""

    reader: Reader
    here: str = ""
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

    def __init__(self, bell: Redis, shared: Shared, sweep: Callable[[], None]) -> None:
        self.bell, self.shared, self.sweep, self._swept = bell, shared, sweep, time.monotonic()
        self._ears: set[Ear] = set()
        self._turn = threading.Lock()
        self._thread: threading.Thread | None = None
        self._tried = threading.Event()

    @contextmanager
    def listening(self, reader: Reader, here: str = "") -> Iterator[Ear]:
        """From here on what concerns this reader is heard, if Redis is there."""
        ear = Ear(reader, here)
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
        """Until nobody listens; should it break, all are told that they missed something, and whoever comes next begins anew."""
        try:
            self._listen_on()
        finally:
            with self._turn:
                broken = self._thread is threading.current_thread()
                self._thread = None if broken else self._thread
            if broken:
                self._pass_on(lambda ear: ear.put(None))

    def _listen_on(self) -> None:
        missed = False
        while not self._over():
            try:
                with closing(PubSub(self.bell.connection_pool, ignore_subscribe_messages=True)) as ears:
                    ears.subscribe(LIVE)
                    ears.get_message(timeout=PATIENCE)  # the confirmation: what is said from now on is heard
                    if missed:
                        self._pass_on(lambda ear: ear.put(None))
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
                said = _understood(bytes(message["data"]))
                if said is not None:
                    self._pass_on(partial(_tell, said=said))
            if time.monotonic() - self._swept >= SWEEP:
                self._swept = time.monotonic()
                self.sweep()

    def _pass_on(self, tell: Callable[[Ear], None]) -> None:
        with self._turn:
            ears = list(self._ears)
        for ear in ears:
            tell(ear)


def _understood(frame: bytes) -> re.Match[str] | None:
    """What was said, or None when it is nothing of ours: whoever else writes there must not end what all pages hear by."""
    said = WORDS.fullmatch(frame.decode("utf-8", "replace"))
    if said is not None and said["at"]:
        try:
            presence.read(said["here"])
        except (ValueError, RecursionError):
            return None
    return said


def _tell(ear: Ear, said: re.Match[str]) -> None:
    """Pass on what of it concerns a reader: nothing of foreign tickets, nor what is for others."""
    if said["number"]:
        if ear.reader.sees(said["teams"]):
            ear.put(("ticket", said["number"]))
    elif said["people"]:
        if str(ear.reader.id) in said["people"].split(","):
            ear.put(("notice", ""))
    elif said["at"]:
        if ear.here in ("all", said["at"]) and ear.reader.sees(said["team"]):
            others = [[one.state, one.name] for one in presence.read(said["here"]) if one.id != ear.reader.id]
            ear.put(("presence", f"{said['at']} {json.dumps(others, ensure_ascii=False)}"))
    else:
        ear.put(("board", said["name"]))


def init_app(app: Flask) -> None:
    """Nobody listens yet."""

    def sweep() -> None:
        with app.app_context():
            presence.sweep()

    app.extensions["hub"] = Hub(client(app.config["HELPDESK"].redis_url), app.extensions["shared"], sweep)
