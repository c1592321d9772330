"""Mail is read in a process of its own, which a mail may cost and which costs nobody else anything."""

import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from helpdesk.channels.incoming import Reason
from helpdesk.channels.mail import child
from helpdesk.channels.mail.apart import Allowance, Apart, Letter, Missing
from helpdesk.channels.mail.limits import Cause
from helpdesk.channels.mail.read import incoming, read
from tests.channels.mail.mails import OWN, make, multipart

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
BURNING = make("<b><i>a</i></b>" * 200_000, subtype="html")
STATUS = (
    "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\n"
)
PICTURE = "Content-Type: image/png\nContent-ID: <1>\nContent-Disposition: inline; filename=a.png\n\n\x00\x01"
MAILS = {
    "plain": make("Здравствуйте!\n> да\n", Cc="Ана <ana@b.example>", References="<a@b> <c@d>"),
    "files": multipart("Content-Type: text/html\n\n<img src='cid:1'>", PICTURE, kind="related"),
    "bounce": multipart(STATUS, kind="report; report-type=delivery-status", From="mailer-daemon@b.example"),
    "automatic": make(Auto_Submitted="auto-replied"),
}


@pytest.fixture
def apart():
    """Makes readers with other limits than usual, and ends them."""
    made = []

    def make_reader(**limits):
        made.append(Apart(Allowance(**limits)))
        return made[-1]

    yield make_reader
    for reader in made:
        reader.close()


@pytest.fixture(scope="module")
def patient():
    reader = Apart(Allowance())
    yield reader
    reader.close()


def outcomes(reader, *raws):
    return reader.read_all([Letter(raw, NOON) for raw in raws], OWN)


def causes(found):
    return [getattr(one, "cause", None) for one in found]


@pytest.mark.parametrize("name", MAILS)
def test_a_mail_read_apart_is_what_it_is(patient, name):
    assert outcomes(patient, MAILS[name]) == [incoming(read(MAILS[name], OWN), received=NOON)]


def test_a_refused_mail_keeps_its_reason(patient):
    (found,) = outcomes(patient, make("", Subject=None))
    assert found.reason is Reason.EMPTY


def test_an_unreadable_mail_keeps_its_cause(patient):
    assert causes(outcomes(patient, b" ")) == [Cause.EMPTY]


def test_a_mail_that_burns_is_unreadable_and_its_neighbours_are_read(apart):
    assert causes(outcomes(apart(seconds=0.05), make(), BURNING, make())) == [None, Cause.SECONDS, None]


def test_a_mail_that_takes_too_long_is_unreadable_and_its_neighbours_are_read(apart):
    assert causes(outcomes(apart(patience=0.05), make(), BURNING, make())) == [None, Cause.PATIENCE, None]


def test_a_mail_that_swells_is_unreadable_and_its_neighbours_are_read(apart):
    swelling = make("a" * 9_000_000)
    assert causes(outcomes(apart(room=20_000_000), make(), swelling, make())) == [None, Cause.MEMORY, None]


def test_a_mail_of_the_largest_size_has_room(patient):
    large = multipart("Content-Type: text/plain\n\nсмотрите", "Content-Type: a/b\n\n" + "x" * 24_000_000)
    (found,) = outcomes(patient, large)
    assert len(found.attachments[0].content) == 24_000_000


def test_large_mails_side_by_side_do_not_wait_for_each_other(patient):
    text = "а" * 500_000
    assert [len(one.text) for one in outcomes(patient, make(text), make(text), make(text))] == [500_000] * 3


def test_a_killed_reader_is_replaced_and_nothing_is_lost(apart):
    reader = apart()
    outcomes(reader, make())
    os.kill(reader.child.process.pid, signal.SIGKILL)
    assert causes(outcomes(reader, make(), make())) == [None, None]


def test_a_mail_that_lacks_the_memory_of_those_before_it_is_read_by_another_reader(apart):
    reader = apart()
    outcomes(reader, make())
    pid = reader.child.process.pid
    there = int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * resource.getpagesize()
    resource.prlimit(pid, resource.RLIMIT_AS, (there, there))
    assert causes(outcomes(reader, make("a" * 9_000_000), make())) == [None, None]


def test_a_mail_whose_reader_was_held_up_for_too_long_is_read_by_another(apart):
    reader = apart()
    outcomes(reader, make())
    pid = reader.child.process.pid
    os.kill(pid, signal.SIGSTOP)
    alarm = threading.Timer(0.2, go_on_too_late, (pid,))
    alarm.start()
    assert causes(outcomes(reader, make(), make())) == [None, None]
    alarm.join()


def test_a_mail_whose_reader_keeps_silent_is_read_by_another(apart, monkeypatch):
    monkeypatch.setattr("helpdesk.channels.mail.apart.GRACE", 0.5)
    reader = apart(patience=1)
    outcomes(reader, make())
    os.kill(reader.child.process.pid, signal.SIGSTOP)
    assert causes(outcomes(reader, make(), make())) == [None, None]


def go_on_too_late(pid):
    """Let a stopped process go on when its time is over: it hears the alarm only then."""
    os.kill(pid, signal.SIGALRM)
    os.kill(pid, signal.SIGCONT)


class Interrupted(BaseException):
    pass


def test_whoever_is_interrupted_gets_no_answer_of_another_mail_later(apart):
    def interrupt(*_):
        raise Interrupted

    reader, before = apart(), signal.signal(signal.SIGALRM, interrupt)
    outcomes(reader, make())
    signal.setitimer(signal.ITIMER_REAL, 0.02)
    with pytest.raises(Interrupted):
        outcomes(reader, BURNING)
    signal.signal(signal.SIGALRM, before)
    assert outcomes(reader, make("a"))[0].text == "a"


def test_the_time_of_a_mail_begins_when_all_of_it_is_there():
    sender, link = socket.socketpair()
    armed = []
    with sender, link:
        sender.sendall(child.HEAD.pack(b"m", 10) + b"half")
        sender.shutdown(socket.SHUT_WR)
        child.serve(link, armed.append)
    assert armed == []


def test_the_reader_is_told_no_secret_of_the_environment(apart, monkeypatch):
    monkeypatch.setenv("HELPDESK_SECRET_KEY", "canary")
    reader = apart()
    outcomes(reader, make())
    assert b"canary" not in Path(f"/proc/{reader.child.process.pid}/environ").read_bytes()


@pytest.mark.parametrize("program", ["/bin/false", "/no/such/program"])
def test_a_reader_that_cannot_be_started_is_said_to_be_missing(apart, monkeypatch, program):
    monkeypatch.setattr(sys, "executable", program)
    with pytest.raises(Missing):
        outcomes(apart(), make())


PARENT = """
from datetime import UTC, datetime
from helpdesk.channels.mail.apart import Allowance, Apart, Letter
from helpdesk.channels.mail.own import OwnAddresses
reader = Apart(Allowance())
reader.read_all([Letter(b"Subject: a\\n\\nb", datetime.now(UTC))], OwnAddresses())
print(reader.child.process.pid, flush=True)
input()
"""


def test_the_reader_ends_with_its_parent_even_when_that_is_killed():
    with subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        child = int(parent.stdout.readline())
        parent.kill()
    patience = time.monotonic() + 10
    while runs(child) and time.monotonic() < patience:
        time.sleep(0.01)
    assert not runs(child)


def runs(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
