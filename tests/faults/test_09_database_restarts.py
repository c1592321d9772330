"""Row 9: the database dies in the middle of commits and comes back; what was answered 250 is there, once and whole.

PostgreSQL is stopped without a shutdown while everything else goes on. SQLite lives in the processes that write, so
there they are killed with -9 and started again.
"""

import random
import secrets
import time
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from helpdesk import make_app
from helpdesk.channels.ledger import Inbox
from helpdesk.services import intake, schema
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from tests import mta, servers
from tests.conftest import ON, settings
from tests.dovecot import free_port
from tests.dying import killed
from tests.faults.crew import UNSETTLED, crew
from tests.making import MINUTE, arrive, eml, make_mailbox, make_policy, make_team
from tests.oracle import Oracle
from tests.processes import eventually

SEED, DEATHS, MORE = 9, 3, 15
LINGERING = (
    "-c commit_delay=20000 -c commit_siblings=0 -c max_connections=100"  # fsync on, and 20 ms within each commit
)


@pytest.fixture(scope="module")
def server(folder, valkey):
    """A PostgreSQL of its own that may die, with a migrated database to copy; None on SQLite."""
    if ON == "sqlite":
        yield None
        return
    place = folder / "mortal"
    place.mkdir()
    with servers.crashing(place, options=LINGERING) as running:
        servers.administer(running.url, "CREATE DATABASE template")
        with make_app(settings(folder, running.url.format(database="template"), valkey)).app_context():
            schema.migrate()
            db.engine.dispose()
        yield running


@pytest.fixture
def config(config, server, tmp_path, valkey):
    """The settings of a test, on the database that may die."""
    if server is None:
        return config
    name = f"t{secrets.token_hex(6)}"
    servers.administer(server.url, f"CREATE DATABASE {name} TEMPLATE template")
    return settings(tmp_path, server.url.format(database=name), valkey)


@pytest.fixture
def mailbox(app):
    make_policy()
    return make_mailbox(make_team(), settings={"acknowledge": False})


class Processes:
    """A listener, two workers and a tick, and the death of what holds the database."""

    def __init__(self, crew, server, port):
        self.crew, self.server, self.port = crew, server, port
        self.listen()

    def listen(self):
        self.listener = self.crew.hired("workers.listen", HELPDESK_MAIL_PORT=str(self.port))

    def die(self):
        if self.server is not None:
            self.server.crash()
            return
        self.listener.kill()
        self.crew.kill(0, 1)
        self.listener.join()

    def come_back(self):
        if self.server is not None:
            self.server.start()
            return
        self.listen()
        self.crew.replace(0, 1)


def half_a_minute_passes():
    db.session.remove()
    db.session.execute(update(Inbox).where(Inbox.state == "received").values(next_try_at=datetime.now(UTC)))
    db.session.commit()


def test_what_was_answered_yes_is_filed_once_whatever_the_database_went_through(app, config, mailbox, server):
    chance, oracle, port = random.Random(SEED), Oracle(config), free_port()
    with crew(config) as workers:
        processes = Processes(workers, server, port)
        with mta.sending(port, SEED) as sender:
            for _ in range(DEATHS):
                before = len(sender.taken)
                eventually(lambda: len(sender.taken) >= before + MORE, 30)  # noqa: B023 - asked at once
                time.sleep(chance.uniform(0, 0.2))
                processes.die()
                time.sleep(chance.uniform(0.2, 1))
                processes.come_back()
            before = len(sender.taken)
            eventually(lambda: len(sender.taken) >= before + MORE, 30)
        half_a_minute_passes()
        eventually(lambda: oracle.one(UNSETTLED) == 0, 60)
        assert server is None or all(one.is_alive() for one in (*workers.workers, workers.tick, processes.listener))
    assert sender.refused > 0
    assert oracle.fates() == {known: ["message"] for known in sender.taken}
    assert oracle.problems() == []


@pytest.mark.parametrize("place", ["filing._keep", "deadlines.lay_all", "store.save"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_writer_that_dies_within_its_transaction_leaves_nothing_half_written(config, mailbox, place, when):
    oracle = Oracle(config)
    known = "00000000-0000-4000-8000-000000000009"
    arrive(mailbox, eml(text=known))
    assert killed(config, "helpdesk.services.intake.file_one", f"helpdesk.services.{place}", when, 1)
    assert oracle.problems() == []
    with pretend(now() + MINUTE):
        intake.file_waiting()
    assert oracle.fates() == {known: ["message"]}
    assert oracle.problems() == []
