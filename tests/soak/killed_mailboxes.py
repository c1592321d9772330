"""10,000 mails that come into four mailboxes while the workers, the listener, the tick, the queue and the connection to the
mail server are killed at 200 instants. `make soak` runs it; SOAK_SEED repeats a run."""

import os
import random
import time
from collections import Counter
from contextlib import ExitStack

from tests.conftest import ON
from tests.faults.crew import UNSENT, UNSETTLED
from tests.faults.post import WRITTEN_DOWN, Boxes, Post, office, storm
from tests.making import make_policy
from tests.oracle import Oracle
from tests.processes import eventually

MAILS, KILLS = int(os.environ.get("SOAK_MAILS", "10000")), int(os.environ.get("SOAK_KILLS", "200"))
SETTLED = 1800.0  # seconds, on a machine that has other work
SEED = int(os.environ.get("SOAK_SEED", str(time.time_ns() % 10**9)))
BACK = 60.0  # seconds after which what was killed is at work again
ACKNOWLEDGED = "SELECT count(*) FROM delivery WHERE kind = 'acknowledgement'"


def test_no_mail_is_lost_or_doubled_and_no_machine_is_answered(app, config, dovecot, sink, folder):
    make_policy()
    oracle, post, begun = Oracle(config), Post(random.Random(SEED)), time.monotonic()
    print(f"\n{ON}, seed {SEED}: {MAILS} mails, {KILLS} kills", flush=True)
    with ExitStack() as stack:
        boxes = Boxes(dovecot, stack)
        house = stack.enter_context(office(config, folder / "soak", dovecot))
        boxes.connect(house.wire.port, **sink.settings())
        killed = Counter(part for victims in storm(house, boxes, post, mails=MAILS, kills=KILLS) for part in victims)
        stormed = time.monotonic()
        eventually(lambda: oracle.one(WRITTEN_DOWN) == MAILS, BACK)
        read = time.monotonic() - stormed
        print(f"stormed for {stormed - begun:.0f} s; {oracle.one(UNSETTLED)} still to be filed", flush=True)
        eventually(lambda: oracle.one(UNSETTLED) == 0, SETTLED)
        eventually(lambda: oracle.one(UNSENT) == 0, SETTLED)
    print(
        f"killed: {dict(killed)}; all in the ledger {read:.1f} s after the last kill; "
        f"{dict(Counter(map(tuple, oracle.fates().values())))}; {len(post.machines)} mails of machines; "
        f"{oracle.one(ACKNOWLEDGED)} acknowledgements; {time.monotonic() - begun:.0f} s in all"
    )
    assert oracle.misplaced(post.written) == {}
    assert oracle.problems() == []
    assert list(oracle.wrong_deliveries(sink)) == []
    assert oracle.answers_to(post.machines, sink) == []
