"""Row 2 in full, in real time: 10,000 mails filed by workers that are killed 200 times. `make soak` runs it; SOAK_SEED
repeats a run."""

import os
import random
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

from tests.conftest import ON
from tests.faults.crew import UNSETTLED, Customers, crew, storm
from tests.making import make_mailbox, make_policy, make_team
from tests.oracle import Oracle, instant
from tests.processes import eventually

MAILS, KILLS = int(os.environ.get("SOAK_MAILS", "10000")), int(os.environ.get("SOAK_KILLS", "200"))
SEED = int(os.environ.get("SOAK_SEED", str(time.time_ns() % 10**9)))
CLAIM, RESUMED = timedelta(seconds=30), timedelta(seconds=60)


class Deaths:
    """When workers died, which rows they had in their hands, and when those were taken up again."""

    def __init__(self, oracle):
        self.oracle, self.known, self.deaths = oracle, {}, []

    def note(self):
        held = dict(self.oracle.rows("SELECT id, attempts FROM inbox WHERE state = 'received' AND attempts > 0"))
        fresh = {row: attempts for row, attempts in held.items() if self.known.get(row) != attempts}
        self.deaths.append((datetime.now(UTC), fresh))
        self.known |= fresh

    def waits(self):
        """For each death after which somebody took the work up: how long until the first row, and until the last."""
        rows = self.oracle.rows("SELECT id, attempts, next_try_at FROM inbox")
        claims = {row: (attempts, instant(until) - CLAIM) for row, attempts, until in rows}
        for at, held in self.deaths:
            again = [claims[row][1] - at for row, attempts in held.items() if claims[row][0] == attempts + 1]
            if again:
                yield min(again), max(again)


def test_nothing_is_lost_or_doubled_and_the_work_of_the_dead_is_resumed_within_a_minute(app, config):
    make_policy()
    mailbox = make_mailbox(make_team(), settings={"acknowledge": False})
    oracle, customers = Oracle(config), Customers(random.Random(SEED))
    deaths, begun, hits = Deaths(oracle), time.monotonic(), 0
    with crew(config) as workers:
        for hit in storm(workers, oracle, customers, mailbox, mails=MAILS, kills=KILLS):
            deaths.note()
            hits += hit
        eventually(lambda: oracle.one(UNSETTLED) == 0, 600)
    fates, waits = oracle.fates(), list(deaths.waits())
    first, last = (max(one).total_seconds() for one in zip(*waits, strict=True))
    print(
        f"\n{ON}, seed {SEED}: {MAILS} mails, {KILLS} kills of which {hits} left work half done, "
        f"{dict(Counter(map(tuple, fates.values())))}; the work of the dead was taken up after {first:.1f} s at most, "
        f"its last row after {last:.1f} s; {time.monotonic() - begun:.0f} s in all"
    )
    assert hits > 0
    assert fates.keys() == set(customers.sent)
    assert {tuple(places) for places in fates.values()} <= {("message",), ("poison",)}
    assert oracle.problems() == []
    assert first <= RESUMED.total_seconds()
