"""Row 31: two ticks and two workers at once, and the leader killed with its lease: everything once, nothing missed."""

import json
import os
import random
import signal

import pytest
from sqlalchemy import update

from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.tickets.models import Delivery
from tests import making
from tests.faults.crew import BREACHES, TICKETS, UNSENT, UNSETTLED, Customers, crew
from tests.oracle import Oracle
from tests.processes import eventually

MAILS, GOES = 60, 10
SENDING = "SELECT count(*) FROM delivery WHERE state IN ('waiting', 'sending')"


@pytest.fixture
def mailbox(app, sink):
    making.make_policy({"first_response": 2, "answer": None, "update": None, "resolution": None})
    team = making.make_team()
    making.make_staff("supervisor", teams=[team])
    return making.make_mailbox(team, settings=sink.settings())


def leader(oracle):
    """The process that holds the tick's lease."""
    holders = oracle.rows("SELECT holder FROM lease WHERE name = 'tick'")
    return int(holders[0][0].rpartition(":")[2]) if holders else None


def digests_leave():
    """Now, and not when they have gathered for five minutes."""
    db.session.execute(
        update(Delivery).where(Delivery.kind == "notice", Delivery.ticket_id.is_(None)).values(next_try_at=now())
    )
    db.session.commit()


def told_by_mail(oracle):
    """Breaches that the lead was sent a letter about, or that a digest gathered."""
    digests = [
        content
        for (content,) in oracle.rows("SELECT content FROM delivery WHERE kind = 'notice' AND ticket_id IS NULL")
    ]
    gathered = [json.loads(content) if isinstance(content, str) else content for content in digests]
    letters = oracle.one("SELECT count(*) FROM delivery WHERE kind = 'notice' AND ticket_id IS NOT NULL")
    return letters + sum(content["counts"]["breached"] for content in gathered)


def test_each_contact_is_filed_once_each_breach_fired_once_and_each_mail_sent_once(config, mailbox, sink):
    oracle, customers = Oracle(config), Customers(random.Random(31))
    with crew(config) as workers:
        ticks = {tick.pid: tick for tick in (workers.tick, workers.hired("workers.schedule"))}
        for go in range(GOES):
            customers.write(mailbox, MAILS // GOES)
            if go == GOES // 2:
                first = eventually(lambda: leader(oracle))
                os.kill(first, signal.SIGKILL)
        eventually(lambda: oracle.one(UNSETTLED) == 0, 60)
        eventually(lambda: oracle.one(BREACHES) == oracle.one(TICKETS), 60)
        eventually(lambda: oracle.one(UNSENT) == 0, 60)
        digests_leave()
        eventually(lambda: oracle.one(SENDING) == 0, 60)
        assert first in ticks
        assert leader(oracle) in ticks.keys() - {first}
    assert oracle.fates() == {known: ["message"] for known in customers.sent}
    assert oracle.problems() == []
    assert list(oracle.wrong_deliveries(sink)) == []
    assert oracle.one("SELECT count(*) FROM notice WHERE kind = 'breached'") == oracle.one(TICKETS)
    assert told_by_mail(oracle) == oracle.one(TICKETS)
