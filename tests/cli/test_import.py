"""`helpdesk import`: what it says, with which code it ends, and that it may be killed."""

import json

import pytest
from sqlalchemy import func, select

from helpdesk.services.database import db
from helpdesk.tickets.models import Message, Ticket
from tests.archives import mbox, old
from tests.making import make_mailbox, make_team
from tests.oracle import Oracle
from tests.processes import eventually, helpdesk, process


@pytest.fixture
def support(app):
    return make_mailbox(make_team())


def count(kind):
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(kind))


def test_it_says_how_much_there_is_and_what_became_of_it(config, support, tmp_path):
    path = mbox(tmp_path / "old.mbox", old(1), old(2, answers=[1]), old(3, Auto_Submitted="auto-replied"))
    done = helpdesk(config, "import", "mbox", str(path), "--channel", support.address)
    said = json.loads(done.stdout)
    assert (said["mails"], said["filed"], said["tickets"], said["refused"]) == (3, 2, 1, {"automatic": 1})
    assert b"3 mails, from 2020-09-12 to 2020-09-12; 0 left out, 0 there twice." in done.stderr
    assert done.returncode == 0


def test_a_dry_run_says_the_same_and_writes_nothing(config, support, tmp_path):
    path = mbox(tmp_path / "old.mbox", old(1), old(2, answers=[1]), old(3, Auto_Submitted="auto-replied"))
    said = json.loads(helpdesk(config, "import", "mbox", str(path), "--channel", support.address, "--dry-run").stdout)
    assert (said["mails"], said["filed"], said["tickets"], said["refused"]) == (3, 2, 1, {"automatic": 1})
    assert count(Ticket) == 0


def test_what_is_not_filed_is_listed_with_its_place_and_the_reason(config, support, tmp_path):
    bomb = b"".join(b"X-%d: %s\n" % (number, b"x" * 8000) for number in range(9)) + old(2)
    path = mbox(tmp_path / "old.mbox", old(1), bomb)
    listed = tmp_path / "rejects"
    call = ("import", "mbox", str(path), "--channel", support.address, "--rejects", str(listed))
    done = helpdesk(config, *call)
    (reject,) = map(json.loads, listed.read_text().splitlines())
    assert (reject["mail"], reject["state"]) == ("old.mbox: 2", "poison")
    assert "headers larger than 64 KB" in reject["reason"]
    assert done.returncode == 1


def test_programs_get_a_line_for_each_thousand_mails(config, support, tmp_path):
    path = mbox(tmp_path / "old.mbox", *(old(1, Message_ID=f"<{n}@a.test>", text=str(n)) for n in range(1001)))
    told = helpdesk(config, "import", "mbox", str(path), "--channel", support.address, "--dry-run").stderr
    lines = [json.loads(line) for line in told.splitlines() if line.startswith(b"{")]
    assert lines[0] == {"looked_at": 1000, "of": None}
    assert (lines[1]["done"], lines[1]["of"]) == (1000, 1001)


def test_killed_in_the_middle_and_called_again_it_goes_on(config, support, tmp_path):
    mails = [old(1, Message_ID=f"<{n}@a.test>", text=f"Number {n}.") for n in range(250)]
    path = mbox(tmp_path / "old.mbox", *mails)
    call = ("import", "mbox", str(path), "--channel", support.address)
    with process(config, "helpdesk", *call) as started:
        eventually(lambda: count(Ticket))
        started.kill()
        started.wait()
    before = count(Ticket)
    said = json.loads(helpdesk(config, *call).stdout)
    assert 0 < before < 250
    assert (said["there"], said["filed"], count(Message)) == (before, 250 - before, 250)
    assert Oracle(config).problems() == []


@pytest.mark.once
def test_the_day_of_since_begins_where_the_desk_is(config, support, tmp_path):
    """In Almaty it is midnight when it is 18:00 in UTC, in 2020."""
    before, after = (old(n, date=f"Fri, 11 Sep 2020 {n}:00:00 +0000") for n in (17, 19))
    call = ("import", "mbox", str(mbox(tmp_path / "old.mbox", before, after)), "--channel", support.address)
    done = helpdesk(config, *call, "--since", "2020-09-12", HELPDESK_TIME_ZONE="Asia/Almaty")
    assert json.loads(done.stdout)["filed"] == 1


@pytest.mark.once
@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["mbox", "nothing", "--channel", "support@helpdesk.test"], 1, "There is no nothing."),
        (["maildir", ".", "--channel", "support@helpdesk.test"], 1, "no folder in it has cur or new"),
        (["eml", ".", "--channel", "nobody"], 1, "There is no mailbox called nobody"),
        (["mbox", "x"], 2, "Missing option '--channel'"),
        (["mbox", "x", "--channel", "y", "--status", "lost"], 2, "is not one of"),
    ],
)
def test_what_it_cannot_do_it_says_in_a_sentence(config, support, words, code, told):
    done = helpdesk(config, "import", *words)
    assert done.returncode == code
    assert told in done.stderr.decode()
