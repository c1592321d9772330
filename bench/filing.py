"""How many mails a second one worker process files: read, found or opened, counted, acknowledged, indexed, committed.

Nine tickets in ten are solved; every other mail answers an open one.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event, func, select

from bench import letters
from bench.drivers import driver
from bench.figures import Figure, Tell
from bench.places import Place, desk
from bench.together import together
from helpdesk.channels.ledger import Inbox
from helpdesk.collector import settle
from helpdesk.config import Config
from helpdesk.services import intake
from helpdesk.services.database import db

MAILS, ROUNDS, BARE = 1000, 3, 500
TARGETS = {"sqlite": "≥ 500", "postgresql": "≥ 350"}
SMALLER, SOLVED = 10, 9
WHAT = "mails filed, one worker, 4 KB, half follow-ups"


def measure(places: dict[str, Place], size: int, tell: Tell) -> Iterator[Figure]:
    """On each database, in one with a tenth of the open tickets, and in one with all of them."""
    for place in places.values():
        for open_ in (size // SMALLER, size):
            yield from _measure(place, open_, tell)


def _measure(place: Place, open_: int, tell: Tell) -> Iterator[Figure]:
    size = open_ * (1 + SOLVED)
    tell(f"filing on {place.database} with {size:,} tickets, {open_:,} of them open")
    rounds = [_round(place, open_, number) for number in range(1, ROUNDS + 1)]
    best = min(rounds, key=lambda one: one[0])
    rates = ", ".join(f"{MAILS / seconds:.0f}" for seconds, *_ in rounds)
    yield Figure(
        WHAT, MAILS / best[0], "1/s", place.database, size, TARGETS[place.database], f"best of {rates}; {place.title}"
    )
    both = _two_workers(place, open_)
    yield Figure(
        "the same, two workers",
        both,
        "1/s",
        place.database,
        size,
        "≥ 1.5 times",
        f"{both * best[0] / MAILS:.2f} times one",
    )
    yield Figure("CPU for one mail", 1000 * min(one[1] for one in rounds) / MAILS, "ms", place.database, size)
    yield Figure("statements for one mail", best[2] / MAILS, "", place.database, size, "≤ 4", "commits are not counted")
    yield Figure("bare inserts, one a transaction (floor)", max(one[3] for one in rounds), "1/s", place.database, size)


def _round(place: Place, open_: int, number: int) -> tuple[float, float, int, float]:
    """Seconds, CPU seconds and statements for all mails, and the floor, on a fresh copy."""
    config = place.copy(open_, SOLVED)
    with desk(config):
        letters.put(MAILS, number)
        settle()
        with _counting() as statements:
            begun, worked = time.perf_counter(), time.process_time()
            while intake.file_waiting():
                pass
            seconds, cpu = time.perf_counter() - begun, time.process_time() - worked
        _check()
        floor = _floor(config)
    place.drop(config)
    return seconds, cpu, statements[0], floor


def _two_workers(place: Place, open_: int) -> float:
    """Mails a second by two processes, in the best of the rounds."""
    rates = []
    for number in range(ROUNDS):
        config = place.copy(open_, SOLVED)
        with desk(config):
            letters.put(MAILS, ROUNDS + 1 + number)
        rates.append(together(_file, config, 2, MAILS)[0])
        place.drop(config)
    return max(rates)


def _file(_config: Config) -> int:
    total = 0
    while filed := intake.file_waiting():
        total += filed
    return total


def _check() -> None:
    filed = db.session.scalar(select(func.count()).where(Inbox.state == "filed", Inbox.key.like("bench:%")))
    assert filed == MAILS, f"{filed} of {MAILS} were filed"


@contextmanager
def _counting() -> Iterator[list[int]]:
    count = [0]

    def add(*_: object) -> None:
        count[0] += 1

    event.listen(db.engine, "before_cursor_execute", add)
    yield count
    event.remove(db.engine, "before_cursor_execute", add)


def _floor(config: Config) -> float:
    """Bare rows of 4 KB a second, each in a transaction of its own, by the driver alone."""
    raw = "x" * letters.SIZE
    with driver(config) as ask:
        ask("CREATE TABLE bare (id bigint PRIMARY KEY, text text)")
        begun = time.perf_counter()
        for number in range(BARE):
            ask("INSERT INTO bare VALUES (%s, %s)", number, raw)
        return BARE / (time.perf_counter() - begun)
