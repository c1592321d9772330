"""Row 5: the queue's server is killed and comes back empty; what was stored is filed, fired and sent once all the same."""

import random
from contextlib import ExitStack, contextmanager

import pytest
from redis import Redis

from tests import making, servers, warm
from tests.faults.crew import BREACHES, TICKETS, UNSENT, UNSETTLED, Customers
from tests.oracle import Oracle
from tests.processes import eventually


@contextmanager
def queue(folder):
    """A queue's server that keeps nothing, killed in the end."""
    with servers.valkey(folder) as url, Redis.from_url(url) as client:
        yield client


@pytest.fixture
def mailbox(app, sink):
    making.make_policy({"first_response": 1, "answer": None, "update": None, "resolution": None})
    return making.make_mailbox(making.make_team(), settings=sink.settings())


@pytest.mark.parametrize("fault", ["killed", "flushed"])
def test_the_sweep_refills_an_empty_queue(config, folder, mailbox, sink, fault):
    oracle, customers, place = Oracle(config), Customers(random.Random(5)), folder / f"queue-{fault}"
    place.mkdir()
    with ExitStack() as stack:
        with queue(place) as client:
            own = {"HELPDESK_REDIS_URL": f"unix://{place}/valkey.sock"}
            begun = [stack.enter_context(warm.process(config, f"workers.{one}", **own)) for one in ("schedule", "run")]
            for _ in range(8):
                customers.write(mailbox, 3)
                if fault == "flushed":
                    client.flushall()
        customers.write(mailbox, 3)
        with queue(place):
            eventually(lambda: oracle.one(UNSETTLED) == 0, 60)
            eventually(lambda: oracle.one(BREACHES) == oracle.one(TICKETS), 60)
            eventually(lambda: oracle.one(UNSENT) == 0, 60)
        assert all(one.is_alive() for one in begun)
    assert oracle.fates() == {known: ["message"] for known in customers.sent}
    assert oracle.problems() == []
    assert list(oracle.wrong_deliveries(sink)) == []


def test_while_the_queue_is_away_the_tick_does_the_work(config, mailbox, tmp_path):
    oracle, customers = Oracle(config), Customers(random.Random(5))
    with warm.process(config, "workers.schedule", HELPDESK_REDIS_URL=f"unix://{tmp_path}/nothing.sock"):
        customers.write(mailbox, 3)
        eventually(lambda: oracle.one(UNSETTLED) == 0, 60)
    assert oracle.fates() == {known: ["message"] for known in customers.sent}
