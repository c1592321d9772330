"""Row 2: workers killed with -9 at random while mails are filed; each mail is one message all the same."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from helpdesk.channels.ledger import Inbox
from helpdesk.services.database import db
from tests.faults.crew import UNSETTLED, Customers, crew, storm
from tests.making import make_mailbox, make_policy, make_team
from tests.oracle import Oracle, instant
from tests.processes import eventually

SEED, MAILS, KILLS = 2, 120, 6  # the whole of it is `make soak`
RESUMED = timedelta(seconds=60)


@pytest.fixture
def mailbox(app):
    make_policy()
    return make_mailbox(make_team(), settings={"acknowledge": False})


def half_a_minute_passes():
    """What the dead had in their hands is anybody's again."""
    db.session.execute(update(Inbox).where(Inbox.state == "received").values(next_try_at=datetime.now(UTC)))
    db.session.commit()


def test_killed_workers_lose_and_double_nothing_and_their_work_is_taken_up_within_a_minute(config, mailbox):
    oracle, customers = Oracle(config), Customers(random.Random(SEED))
    with crew(config) as workers:
        hits = sum(storm(workers, oracle, customers, mailbox, mails=MAILS, kills=KILLS))
        workers.kill(0, 1)
        waits = [instant(until) for (until,) in oracle.rows("SELECT next_try_at FROM inbox WHERE state = 'received'")]
        assert all(until <= datetime.now(UTC) + RESUMED for until in waits)
        half_a_minute_passes()
        workers.replace(0, 1)
        eventually(lambda: oracle.one(UNSETTLED) == 0, 60)
    assert hits > 0
    assert oracle.fates() == {known: ["message"] for known in customers.sent}
    assert oracle.problems() == []
