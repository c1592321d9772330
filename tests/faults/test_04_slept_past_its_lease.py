"""Row 4: a worker sleeps (SIGSTOP) until its claim has run out and another has done its work; awake, it doubles nothing."""

import os
import random
import signal
import uuid
from contextlib import contextmanager
from datetime import timedelta

import pytest

from helpdesk.channels.ledger import Inbox
from helpdesk.services import bell, firing, intake, mailboxes, outbox, secrets
from helpdesk.services.instant import now, pretend
from helpdesk.services.store import transaction
from helpdesk.tickets.models import Delivery
from tests import making, warm
from tests.conftest import ON
from tests.dovecot import PASSWORD
from tests.dying import signalled
from tests.faults.crew import BREACHES, TICKETS, Customers, ended, passes, rung
from tests.oracle import Oracle
from tests.processes import eventually

TARGETS = {"first_response": 3600, "answer": None, "update": None, "resolution": None}
STATES = "SELECT state FROM delivery"
FIRING = ["helpdesk.services.firing.transaction"]
if ON == "postgresql":  # on SQLite a sleeping writer is waited for
    FIRING += ["helpdesk.services.firing._Batch", "helpdesk.services.bulk.put"]


@pytest.fixture
def mailbox(app, sink):
    making.make_policy(TARGETS)
    return making.make_mailbox(making.make_team(), settings=sink.settings())


@pytest.fixture
def customers():
    return Customers(random.Random(4))


def asleep_now(pid):
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0] == "T"


@contextmanager
def asleep(config, place, when, *job):
    """A worker that fell asleep at a place of its job, and after the block does it to its end."""
    rung(*job)
    with warm.process(config, "workers.run", first=signalled(place, when, signal.SIGSTOP)) as worker:
        eventually(lambda: asleep_now(worker.pid))
        yield
        os.kill(worker.pid, signal.SIGTERM)
        os.kill(worker.pid, signal.SIGCONT)
        assert ended(worker) == 0
    assert bell.queue().failed_job_registry.count == 0


@pytest.mark.parametrize("count", [1, 3])
def test_what_another_has_filed_meanwhile_is_filed_once(config, mailbox, customers, count):
    oracle = Oracle(config)
    customers.write(mailbox, count)
    with asleep(config, "helpdesk.services.intake._read_all", "after", "workers.intake.file"):
        passes(Inbox, "received")
        assert intake.file_waiting() == count
    assert oracle.fates() == {known: ["message"] for known in customers.sent}
    assert oracle.problems() == []


def test_what_another_has_sent_meanwhile_is_sent_once(config, mailbox, customers, sink):
    customers.write(mailbox, 1)
    intake.file_waiting()
    with asleep(config, "helpdesk.services.outbox._hand_over", "before", "workers.outbound.deliver"):
        passes(Delivery, "sending")
        outbox.deliver_waiting()
    assert Oracle(config).rows(STATES) == [("sent",)]
    assert list(Oracle(config).wrong_deliveries(sink)) == []


def test_what_was_found_unknown_meanwhile_stays_unknown(config, mailbox, customers, sink):
    customers.write(mailbox, 1)
    intake.file_waiting()
    with asleep(config, "helpdesk.services.outbox._hand_over", "after", "workers.outbound.deliver"):
        passes(Delivery, "sending")
        outbox.deliver_waiting()
    assert Oracle(config).rows(STATES) == [("unknown",)]
    assert list(Oracle(config).wrong_deliveries(sink)) == []


@pytest.mark.parametrize("place", FIRING)
def test_what_another_wanted_to_call_out_meanwhile_is_called_out_once(config, mailbox, customers, place):
    oracle = Oracle(config)
    with pretend(now() - timedelta(hours=2)):
        customers.write(mailbox, 3)
        intake.file_waiting()
    with asleep(config, place, "before", "workers.deadlines.fire"):
        firing.fire_due()
    firing.fire_due()
    assert oracle.one(BREACHES) == oracle.one(TICKETS) > 1
    assert oracle.problems() == []


def connected(account):
    sealed = secrets.seal({"imap_password": PASSWORD})
    known = account.settings(after_read="seen", acknowledge=False)
    return making.make_mailbox(making.make_team(), account.name, known, secrets=sealed)


def puts(account, count):
    sent = [str(uuid.uuid4()) for _ in range(count)]
    account.append(*[making.eml(text=known) for known in sent])
    return sent


STATE = "SELECT state, seen_at, error FROM channel"


@pytest.mark.parametrize(
    ("place", "when"),
    [("helpdesk.channels.mail.imap.fetch", "after"), ("helpdesk.services.collecting.collect", "after")],
)
def test_what_another_has_read_meanwhile_is_read_once_and_how_far_is_not_forgotten(app, config, dovecot, place, when):
    account, oracle = dovecot.user(), Oracle(config)
    channel, sent = connected(account), puts(account, 2)
    with asleep(config, place, when, "workers.mailboxes.read", channel.id):
        sent += puts(account, 2)
        with pretend(now() + timedelta(seconds=mailboxes.LEASE + 1)):
            mailboxes.read(channel.id)
        known = oracle.rows(STATE)
    assert oracle.rows(STATE) == known
    mailboxes.read(channel.id)
    assert oracle.fates() == {one: ["received"] for one in sent}
    assert all(b"\\Seen" in flags for flags in account.flags().values())


def test_a_late_reader_that_fails_does_not_write_over_what_another_has_read(app, config, dovecot):
    account, oracle = dovecot.user(), Oracle(config)
    channel, sent = connected(account), puts(account, 1)
    set_port(channel, 1)
    with asleep(config, "helpdesk.services.mailboxes._failed", "before", "workers.mailboxes.read", channel.id):
        set_port(channel, account.server.imaps)
        with pretend(now() + timedelta(seconds=mailboxes.LEASE + 1)):
            mailboxes.read(channel.id)
        known = oracle.rows(STATE)
    assert oracle.rows(STATE) == known
    assert oracle.fates() == {one: ["received"] for one in sent}


def set_port(channel, port):
    with transaction():
        channel.settings = {**channel.settings, "imap_port": port}
