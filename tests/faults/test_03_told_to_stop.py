"""Row 3: a worker is told to stop at any step from the queue to the end of a job, or a job's time is over: nothing is lost."""

import os
import random
import signal
from contextlib import ExitStack, contextmanager

import pytest
from sqlalchemy import text

from helpdesk.channels.ledger import Inbox
from helpdesk.services import bell, intake
from helpdesk.services.database import db
from helpdesk.tickets.models import Delivery
from tests import making, warm
from tests.dying import signalled
from tests.faults.crew import UNSENT, UNSETTLED, Customers, crew, ended, passes, rung
from tests.oracle import Oracle
from tests.processes import eventually

STEPS = [
    ("helpdesk.services.bell.answered", "after"),
    ("helpdesk.services.outbox._hand_over", "after"),
    ("helpdesk.services.bell.done", "before"),
    ("rq.worker.base.BaseWorker.prepare_execution", "after"),
    ("rq.queue.Queue.lmove", "after"),
]  # the last one takes the ring with it
HANDED_OVER = "SELECT count(*) FROM delivery WHERE result = 'handed over'"
STATES = "SELECT state FROM delivery ORDER BY id"


@pytest.fixture
def mailbox(app, sink):
    making.make_policy()
    return making.make_mailbox(making.make_team(), settings=sink.settings())


@pytest.fixture
def customers():
    return Customers(random.Random(3))


def failed():
    return bell.queue().failed_job_registry.count == 1


@contextmanager
def numbers_held_by_somebody():
    """Nobody else can open a ticket meanwhile."""
    with db.engine.connect().execution_options(writes=True) as link:
        link.execute(text("UPDATE counter SET value = value"))
        yield
        link.rollback()


def test_told_to_stop_at_any_step_a_worker_leaves_in_peace_and_its_work_is_done(config, mailbox, sink, customers):
    oracle = Oracle(config)
    for place, when in STEPS:
        customers.write(mailbox, 1)
        rung("workers.outbound.deliver" if "outbox" in place else "workers.intake.file")
        with warm.process(config, "workers.run", first=signalled(place, when, signal.SIGTERM)) as worker:
            assert ended(worker) == 0, f"{place} was never reached"
    with crew(config):
        eventually(lambda: oracle.one(UNSETTLED) == 0, 60)
        eventually(lambda: oracle.one(UNSENT) == 0, 60)
    assert oracle.fates() == {known: ["message"] for known in customers.sent}
    assert oracle.problems() == []
    assert list(oracle.wrong_deliveries(sink)) == []
    assert {state for (state,) in oracle.rows(STATES)} == {"sent"}


@contextmanager
def sending(config, mailbox, customers, sink, seconds=120):
    """A worker that sends while the server takes its time to answer."""
    customers.write(mailbox, 1)
    intake.file_waiting()
    sink.answers[:] = ["wait"]
    rung("workers.outbound.deliver", seconds=seconds)
    with warm.process(config, "workers.run") as worker:
        eventually(lambda: Oracle(config).one(HANDED_OVER) == 1)
        yield worker


def heard_the_signal():
    known = bell.connection().smembers("rq:workers")
    return any(bell.connection().hexists(worker, "shutdown_requested_date") for worker in known)


def test_told_to_stop_a_worker_finishes_what_it_sends(config, mailbox, sink, customers):
    with sending(config, mailbox, customers, sink) as worker:
        os.kill(worker.pid, signal.SIGTERM)
        eventually(heard_the_signal)
        assert worker.is_alive()
        sink.gate.set()
        assert ended(worker) == 0
    assert Oracle(config).rows(STATES) == [("sent",)]
    assert list(Oracle(config).wrong_deliveries(sink)) == []


def told_again_until_it_ends(worker):
    while worker.is_alive():
        os.kill(worker.pid, signal.SIGTERM)
        worker.join(0.1)


def test_told_twice_it_leaves_at_once_and_nobody_sends_what_may_have_arrived(config, mailbox, sink, customers):
    with sending(config, mailbox, customers, sink) as worker:
        told_again_until_it_ends(worker)
    sink.gate.set()
    passes(Delivery, "sending")
    rung("workers.outbound.deliver")
    with warm.process(config, "workers.run"):
        eventually(lambda: Oracle(config).one(UNSENT) == 0)
    assert Oracle(config).rows(STATES) == [("unknown",)]
    assert list(Oracle(config).wrong_deliveries(sink)) == []


def test_when_its_time_is_over_while_it_sends_that_is_unknown_and_the_next_is_sent(config, mailbox, sink, customers):
    with sending(config, mailbox, customers, sink, seconds=1) as worker:
        eventually(failed)
        sink.gate.set()
        customers.write(mailbox, 1)
        intake.file_waiting()
        passes(Delivery, "sending", "waiting")
        rung("workers.outbound.deliver")
        eventually(lambda: Oracle(config).one(UNSENT) == 0)
        assert worker.is_alive()
    assert Oracle(config).rows(STATES) == [("unknown",), ("sent",)]
    assert list(Oracle(config).wrong_deliveries(sink)) == []


@pytest.mark.parametrize("count", [1, 3])
def test_when_its_time_is_over_while_it_files_the_job_ends_and_the_mails_are_filed_later(
    config, mailbox, customers, count
):
    oracle = Oracle(config)
    customers.write(mailbox, 1)
    intake.file_waiting()
    customers.write(mailbox, count)
    rung("workers.intake.file", seconds=1)
    with ExitStack() as held:
        held.enter_context(numbers_held_by_somebody())
        with warm.process(config, "workers.run") as worker:
            eventually(failed)
            held.close()
            assert oracle.one(UNSETTLED) == count
            passes(Inbox, "received")
            rung("workers.intake.file")
            eventually(lambda: oracle.one(UNSETTLED) == 0)
            assert worker.is_alive()
    assert oracle.fates() == {known: ["message"] for known in customers.sent}
    assert oracle.problems() == []
