"""Row 12: another program has locked the database: who can wait waits, who waits too long is told so, nothing is half done.

On SQLite it is the file; on PostgreSQL every table, against whoever changes it.
"""

import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError

from helpdesk.services import desk, intake, listening
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.tickets.models import Message
from tests.channels.chat.channels import make_webhook
from tests.channels.chat.signing import message, sign
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team
from tests.oracle import Oracle
from tests.web.conftest import app, as_  # noqa: F401

HOLD = """import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE counter SET value = value")
print("ready", flush=True)
sys.stdin.read()
connection.execute("ROLLBACK")"""
HOLD_TABLES = """import psycopg, sys
connection = psycopg.connect(sys.argv[1])
every = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
names = sys.argv[2:] or [name for (name,) in every]
connection.execute(f"LOCK TABLE {', '.join(names)} IN SHARE ROW EXCLUSIVE MODE")
print("ready", flush=True)
sys.stdin.read()
connection.rollback()"""


@contextmanager
def locked(config, only=""):
    """While another process is in the midst of a change (on PostgreSQL of one table *only*); what is yielded ends it."""
    lite, url = config.database_url.startswith("sqlite"), config.database_url
    how = (HOLD, url.removeprefix("sqlite:///")) if lite else (HOLD_TABLES, url.replace("+psycopg", ""))
    command = [sys.executable, "-c", *how, *filter(None, [only])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"ready\n"
        yield other.stdin.close
        other.stdin.close()
        assert other.wait(10) == 0


@pytest.fixture
def impatient(app):  # noqa: F811
    """A fifth of a second instead of half a minute."""

    lite = db.session.get_bind().dialect.name == "sqlite"

    def hurry(connection, _record, _proxy):
        connection.execute("PRAGMA busy_timeout = 200" if lite else "SET lock_timeout = '200ms'")

    db.session.rollback()
    event.listen(db.engine, "checkout", hurry)
    yield
    event.remove(db.engine, "checkout", hurry)


@pytest.fixture
def ana(app):  # noqa: F811
    make_policy()
    return make_staff(teams=[make_team()])


@pytest.fixture
def mailbox(ana):
    return make_mailbox(ana.memberships[0].team)


@pytest.fixture
def ticket(ana, mailbox):
    arrive(mailbox, eml())
    intake.file_waiting()
    return 1


def said(text):
    db.session.rollback()
    return db.session.scalars(select(Message.kind).where(Message.text == text)).all()


def test_whoever_writes_waits_for_it_and_whoever_reads_does_not(config, as_, ana, ticket):  # noqa: F811
    client = as_(ana)
    with locked(config) as end:
        assert client.get(f"/tickets/{ticket}").status_code == 200
        threading.Timer(0.5, end).start()
        begun = now()
        assert client.post(f"/tickets/{ticket}/messages", data={"kind": "note", "text": "Look"}).status_code == 303
        assert (now() - begun).total_seconds() > 0.4
    assert said("Look") == ["note"]


def test_longer_than_anybody_waits_it_is_told_and_can_be_done_afterwards(config, as_, ana, ticket, impatient):  # noqa: F811
    client, before = as_(ana), everything(config)
    form = {"text": "Here is your coupon.", "then": "solve"}
    with locked(config):
        answer = client.post(f"/tickets/{ticket}/messages", data=form)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
        assert "Nothing was changed" in answer.text
        assert client.get("/queue").status_code == 200
    assert everything(config) == before
    assert client.post(f"/tickets/{ticket}/messages", data=form).status_code == 303
    assert said("Here is your coupon.") == ["reply"]
    assert Oracle(config).problems() == []


def everything(config):
    oracle = Oracle(config)
    return [oracle.rows(f"SELECT * FROM {table}") for table in ("ticket", "message", "event", "delivery", "clock")]


def test_what_comes_in_meanwhile_is_not_said_yes_to_and_comes_again(app, config, ana, mailbox, impatient):  # noqa: F811
    make_webhook("site", team=ana.memberships[0].team)
    body, raw = message(), eml()
    with locked(config):
        refused = post(app, body)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "30")
        with pytest.raises(OperationalError):  # to which the door says 451
            listening.store(raw, "marat@customer.test", [mailbox.address])
    assert Oracle(config).one("SELECT count(*) FROM inbox") == 0
    listening.store(raw, "marat@customer.test", [mailbox.address])
    assert post(app, body).status_code == 204
    intake.file_waiting()
    assert Oracle(config).one("SELECT count(*) FROM ticket") == 2


def post(app, body):  # noqa: F811
    return app.test_client().post("/hooks/site", data=body, headers=sign(body, now()), content_type="application/json")


def test_a_job_that_met_it_is_done_by_the_next_ring(config, ana, mailbox, impatient):
    for _ in range(3):
        arrive(mailbox, eml())
    with locked(config), pytest.raises(OperationalError):
        intake.file_waiting()
    db.session.rollback()
    intake.file_waiting()
    assert Oracle(config).rows("SELECT state, attempts FROM inbox") == [("filed", 1)] * 3
    assert Oracle(config).problems() == []


def test_a_lock_that_stays_is_not_the_fault_of_what_came_in(config, ana, mailbox, impatient):
    for _ in range(2):
        arrive(mailbox, eml())
    with locked(config, only="ticket"):
        for minute in range(5):
            with pretend(now() + timedelta(minutes=minute)), pytest.raises(OperationalError):
                intake.file_waiting()
            db.session.rollback()
    assert Oracle(config).rows("SELECT state, attempts FROM inbox") == [("received", 0)] * 2
    with pretend(now() + timedelta(minutes=9)):
        intake.file_waiting()
    assert Oracle(config).rows("SELECT state, attempts FROM inbox") == [("filed", 1)] * 2


def test_the_writers_behind_the_one_who_gave_up_are_let_in(config, ana, ticket, impatient):
    with locked(config), pytest.raises(OperationalError):
        desk.note(ticket, text="First", by=ana)
    desk.note(ticket, text="Second", by=ana)
    assert (said("First"), said("Second")) == ([], ["note"])
