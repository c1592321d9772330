"""Row 6: everything in the queue's server is flushed again and again under load; what was stored is done once all the same."""

import random
from contextlib import contextmanager
from dataclasses import replace

import pytest

from helpdesk import make_app, web
from helpdesk.errors import NotAllowed
from helpdesk.services import bell, guesses, intake, sign_in
from helpdesk.services.database import db
from helpdesk.services.guesses import TRIES, Throttled
from helpdesk.services.instant import now
from tests import making
from tests.channels.chat.channels import make_webhook
from tests.channels.chat.signing import message, sign
from tests.faults.crew import BREACHES, CLAIMS, TICKETS, UNSENT, UNSETTLED, Customers, crew
from tests.oracle import Oracle
from tests.processes import eventually

MAILS, FLUSHES = 18, 3
PASSWORD = "correct horse battery"
ACKNOWLEDGED = "SELECT count(*) FROM delivery WHERE kind = 'acknowledgement'"
WRITTEN_DOWN = "SELECT count(*) FROM inbox"


@pytest.fixture
def mailbox(app, sink):
    making.make_policy({"first_response": 1, "answer": None, "update": None, "resolution": None})
    return making.make_mailbox(making.make_team(), settings=sink.settings())


@pytest.fixture
def ana(app):
    person = making.make_staff(teams=[making.make_team()], login="ana")
    sign_in.set_password(person, PASSWORD)
    return person


def flush():
    bell.connection().flushall()


def test_flushed_under_load_nothing_is_lost_or_done_twice(config, mailbox, sink):
    oracle, customers = Oracle(config), Customers(random.Random(6))
    with crew(config) as workers:
        for _ in range(FLUSHES):
            claims, sent = oracle.one(CLAIMS) or 0, len(sink.mails)
            customers.write(mailbox, MAILS // FLUSHES)
            flush()
            eventually(lambda: oracle.one(CLAIMS) > claims or len(sink.mails) > sent, 60)  # noqa: B023 - asked at once
            flush()
        eventually(lambda: oracle.one(UNSETTLED) == 0, 60)
        eventually(lambda: oracle.one(BREACHES) == oracle.one(TICKETS), 60)
        eventually(lambda: oracle.one(UNSENT) == 0, 60)
        assert all(one.is_alive() for one in (*workers.workers, workers.tick))
    assert oracle.fates() == {known: ["message"] for known in customers.sent}
    assert oracle.problems() == []
    assert list(oracle.wrong_deliveries(sink)) == []


@contextmanager
def without_a_queue(config, tmp_path):
    """The product while no queue answers."""
    app = make_app(replace(config, redis_url=f"unix://{tmp_path}/nothing.sock"))
    web.init_app(app)
    yield app
    with app.app_context():
        db.engine.dispose()


def closed():
    """Whether even the right password is refused unseen."""
    with pytest.raises(NotAllowed) as refusal:
        sign_in.sign_in("ana", PASSWORD, address="10.0.0.1")
    return refusal.type is Throttled


def test_guesses_are_counted_while_the_queue_is_away_and_flushing_it_opens_nothing(app, config, ana, tmp_path):
    with without_a_queue(config, tmp_path) as deaf, deaf.app_context():
        for _ in range(TRIES["login"]):
            guesses.begin("ana", "10.0.0.1")
        assert closed()
        db.session.remove()
    flush()
    assert closed()


def test_contacts_are_taken_while_the_queue_is_away(app, config, tmp_path):
    make_webhook("site")
    body = message()
    with without_a_queue(config, tmp_path) as deaf, deaf.test_client() as client:
        answer = client.post("/hooks/site", data=body, headers=sign(body, now()), content_type="application/json")
    assert (answer.status_code, Oracle(config).one(WRITTEN_DOWN)) == (204, 1)


def test_nobody_is_acknowledged_twice_because_all_was_flushed(config, mailbox):
    for number in range(3):
        making.arrive(mailbox, making.eml("marat@customer.test", subject=f"Order {number}"))
        intake.file_waiting()
        flush()
    assert (Oracle(config).one(TICKETS), Oracle(config).one(ACKNOWLEDGED)) == (3, 1)
