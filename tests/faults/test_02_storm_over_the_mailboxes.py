"""Mail comes into four mailboxes while workers, listener, tick, queue and the wire to the mail server are killed: each mail
is in one place, and no machine gets an answer. `make soak` does it in full."""

import random
from contextlib import ExitStack

from helpdesk.channels.ledger import Inbox
from helpdesk.tickets.models import Delivery
from tests.faults.crew import UNSENT, UNSETTLED, passes
from tests.faults.post import WRITTEN_DOWN, Boxes, Post, office, storm
from tests.making import make_policy
from tests.oracle import Oracle
from tests.processes import eventually

SEED, MAILS, KILLS = 2, 200, 5


def test_killed_again_and_again_it_loses_and_doubles_nothing_and_answers_no_machine(app, config, dovecot, sink, folder):
    make_policy()
    oracle, post = Oracle(config), Post(random.Random(SEED))
    with ExitStack() as stack:
        boxes = Boxes(dovecot, stack)
        house = stack.enter_context(office(config, folder / "storm", dovecot))
        boxes.connect(house.wire.port, **sink.settings())
        list(storm(house, boxes, post, mails=MAILS, kills=KILLS))
        eventually(lambda: oracle.one(WRITTEN_DOWN) == MAILS, 120)
        passes(Inbox, "received")
        eventually(lambda: oracle.one(UNSETTLED) == 0, 120)
        passes(Delivery, "sending")
        eventually(lambda: oracle.one(UNSENT) == 0, 120)
    assert oracle.misplaced(post.written) == {}
    assert oracle.problems() == []
    assert list(oracle.wrong_deliveries(sink)) == []
    assert oracle.answers_to(post.machines, sink) == []
