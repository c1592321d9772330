"""Row 5: the queue's server is killed and comes back empty; what was stored is filed and fired all the same."""

from contextlib import contextmanager

import pytest
from redis import Redis
from sqlalchemy import func, select

from helpdesk.channels.ledger import Inbox
from helpdesk.services.database import db
from helpdesk.sla.models import Firing
from helpdesk.tickets.models import Ticket
from tests import making, servers
from tests.processes import begun, eventually, process


@contextmanager
def queue(folder):
    """A queue's server that keeps nothing."""
    with servers.valkey(folder) as url, Redis.from_url(url) as client:
        yield client
        client.close()


def count(kind, *conditions):
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(kind).where(*conditions))


@pytest.mark.parametrize("fault", ["killed", "flushed"])
def test_the_sweep_refills_an_empty_queue(app, config, folder, fault):
    making.make_policy({"first_response": 1, "answer": None, "update": None, "resolution": None})
    mailbox = making.make_mailbox(making.make_team())
    place = folder / f"queue-{fault}"
    place.mkdir()
    own = {"HELPDESK_REDIS_URL": f"unix://{place}/valkey.sock"}
    with process(config, "workers.schedule", **own) as tick, process(config, "workers.run", **own) as worker:
        begun(tick)
        with queue(place) as client:
            begun(worker)
            making.arrive(mailbox, making.eml())
            eventually(lambda: count(Ticket) == 1, 20)
            if fault == "flushed":
                for _ in range(20):
                    making.arrive(mailbox, making.eml())
                    client.flushall()
                eventually(lambda: count(Ticket) == 21, 20)
        for _ in range(3):
            making.arrive(mailbox, making.eml())
        with queue(place):
            wanted = 4 if fault == "killed" else 24
            eventually(lambda: count(Ticket) == wanted, 40)
            eventually(lambda: count(Firing, Firing.threshold == "100%") == wanted, 40)
        assert (tick.poll(), worker.poll()) == (None, None)
    assert count(Inbox, Inbox.state == "filed") == wanted


def test_while_the_queue_is_away_the_tick_does_the_work(app, config, tmp_path):
    mailbox = making.make_mailbox(making.make_team())
    with process(config, "workers.schedule", HELPDESK_REDIS_URL=f"unix://{tmp_path}/nothing.sock") as tick:
        begun(tick)
        making.arrive(mailbox, making.eml())
        eventually(lambda: count(Ticket) == 1, 20)
