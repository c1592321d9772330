"""`helpdesk up` with everything real: it starts, keeps alive, refuses a second one, and leaves nothing behind."""

import os
import re
import secrets
import signal
import smtplib
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest
from sqlalchemy import func, select

from helpdesk import make_app
from helpdesk.cli import everything
from helpdesk.services.database import db
from helpdesk.tickets.models import Ticket
from tests import making
from tests.conftest import settings
from tests.processes import alive, children, environment, eventually, free_port, helpdesk

pytestmark = pytest.mark.once
PARTS = {"valkey", "web", "tick", "mail", "worker 1", "worker 2"}


class Desk:
    """One `helpdesk up` and what it says."""

    def __init__(self, config, var, *words):
        self.var, self.port, self.mail_port = var, free_port(), free_port()
        self.env = environment(config, HELPDESK_VAR=str(var), HELPDESK_PORT=str(self.port))
        self.env |= {"HELPDESK_MAIL_PORT": str(self.mail_port)}
        del self.env["HELPDESK_REDIS_URL"]
        self.log = open(var / "log", "w+")  # noqa: SIM115
        command = [sys.executable, "-m", "helpdesk", "up", *words]
        self.process = subprocess.Popen(command, env=self.env, stdout=self.log, stderr=subprocess.STDOUT)

    @property
    def said(self):
        self.log.seek(0)
        return self.log.read()

    @property
    def ready(self):
        return set(re.findall(r"^(\w+(?: \d)?) +ready", self.said, re.MULTILINE))

    def answers(self):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=5).close()
        except urllib.error.HTTPError as error:
            error.close()
            return True
        except OSError:
            return False
        return True

    def pid(self, words):
        """The process of one part, by its command line."""
        for pid in children(self.process.pid, deep=False):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as line:
                    if words.encode() in line.read().replace(b"\0", b" "):
                        return pid
            except OSError:
                continue
        return None

    def command(self, *words, stdin=b""):
        return subprocess.run(
            [sys.executable, "-m", "helpdesk", *words], env=self.env, input=stdin, capture_output=True, timeout=60,
            check=False,
        )  # fmt: skip


@pytest.fixture
def var(folder):
    place = folder / secrets.token_hex(3)
    place.mkdir()
    return place


@contextmanager
def desk(config, var, *words):
    running = Desk(config, var, *words)
    try:
        eventually(lambda: running.ready >= PARTS or running.process.poll() is not None, 90)
        yield running
    finally:
        running.process.kill()
        running.process.wait()
        running.log.close()


@pytest.fixture(scope="module")
def shared(folder, fresh_database):
    """One that runs for all who only look at it or hurt its children, with its own database."""
    var = folder / secrets.token_hex(3)
    var.mkdir()
    with fresh_database() as database, desk(settings(var, database, ""), var) as running:
        yield running


@pytest.fixture
def its_database(shared):
    """The shared one's database, from here."""
    product = make_app(settings(shared.var, shared.env["HELPDESK_DATABASE_URL"], "unix:///nothing"))
    with product.app_context():
        yield
        db.session.remove()
        db.engine.dispose()
    product.extensions["bell"].close()


def tickets():
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Ticket))


def test_the_greeting_shows_no_address_that_may_hold_a_password(app, config, monkeypatch):
    for name, value in environment(config).items():
        monkeypatch.setenv(name, value)
    said = everything.prepare(config)
    assert config.database_url not in said
    assert config.redis_url not in said
    assert "HELPDESK_DATABASE_URL and HELPDESK_REDIS_URL set as here" in said


def test_from_the_first_start_to_the_second(app, config, var):
    with desk(config, var) as running:
        assert running.answers()
        link = re.search(r"http://\S+/sign-in/link/\S+", running.said)
        assert link is not None
        assert running.command("mail", "deliver", stdin=making.eml()).returncode == 0
        eventually(lambda: tickets() == 1)
        with smtplib.LMTP("127.0.0.1", running.mail_port, timeout=10) as door:
            door.sendmail("anna@customer.test", ["support@helpdesk.test"], making.eml())
        eventually(lambda: tickets() == 2)
        doctor = running.command("doctor")
        assert doctor.returncode == 0, doctor.stdout
        family = children(running.process.pid)
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(20) == 0
        assert not any(alive(pid) for pid in family)
    with desk(config, var) as running:
        assert tickets() == 2
        assert running.command("user", "list").stdout.count(b"\n") == 1


def test_a_killed_supervisor_leaves_no_child(app, config, var):
    with desk(config, var) as running:
        family = eventually(lambda: len(found := children(running.process.pid)) >= len(PARTS) + 1 and found)
        running.process.kill()
        eventually(lambda: not any(alive(pid) for pid in family), 5)


def test_the_web_server_s_own_child_is_back_and_answers(shared):
    (worker,) = children(shared.pid("helpdesk web"))
    os.kill(worker, signal.SIGKILL)
    eventually(lambda: not alive(worker), 1)
    eventually(shared.answers, 30)


def test_a_second_one_in_the_same_folder_is_refused_with_a_sentence(shared):
    second = shared.command("up")
    assert second.returncode == 1
    assert b"already running" in second.stderr
    assert b"Traceback" not in second.stderr
    assert shared.answers()


def test_a_port_in_use_is_named(config, shared, tmp_path):
    second = helpdesk(config, "up", HELPDESK_PORT=str(shared.port), HELPDESK_MAIL_PORT=str(shared.mail_port))
    assert second.returncode == 1
    assert f"Port {shared.port}".encode() in second.stderr


def test_a_killed_child_is_back_within_a_second(shared, its_database):
    for words in ("valkey-server", "workers.run", "workers.schedule", "workers.listen", "helpdesk web"):
        killed = shared.pid(words)
        os.kill(killed, signal.SIGKILL)
        eventually(lambda: shared.pid(words) not in (None, killed), 1.0)  # noqa: B023
    assert shared.said.count("ended (signal 9); starting again") == 5
    eventually(shared.answers, 30)
    making.arrive(making.make_mailbox(making.make_team()), making.eml())
    eventually(lambda: tickets() == 1)


@pytest.mark.parametrize("host", ["203.0.113.1", "no-such-host.invalid"])
def test_an_address_that_is_not_ours_is_named_as_such(config, var, host):
    done = helpdesk(config, "up", HELPDESK_VAR=str(var), HELPDESK_HOST=host)
    assert done.returncode == 1
    assert b"set HELPDESK_HOST" in done.stderr
