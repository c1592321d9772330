"""A mail that the server lists and does not hand out: the others are read, it is asked for three times, then it is shown."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from helpdesk.channels.ledger import Inbox
from helpdesk.channels.models import Channel
from helpdesk.errors import Conflict
from helpdesk.services import intake, ledger, mailboxes, secrets
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from tests.faults.test_15_hanging_server import ANSWERS, answering
from tests.making import eml, make_mailbox, make_staff, make_team

NO, NIL, EMPTY, NOTHING = b"NO [SERVERBUG] Internal error", b"BODY[] NIL", b"BODY[] {0}\r\n", b""
MAILS = {uid: eml(text=f"mail {uid}") for uid in (5, 6, 8)}
HOUR = timedelta(hours=1)


class Folder:
    """Mails by UID as a server answers for them; one that is only how it is withheld is not handed out."""

    def __init__(self, mails):
        self.mails = dict(mails)

    def select(self, _line):
        return b"* %d EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 9] x\r\n%%s OK done\r\n" % len(self.mails)

    def listed(self, line):
        item = b'* 1 FETCH (UID %d RFC822.SIZE 99 INTERNALDATE "01-Jan-2026 00:00:00 +0000")\r\n'
        return b"".join(item % uid for uid in self._meant(line)) + b"%s OK done\r\n"

    def handed_out(self, line):
        meant = [self.mails[uid] for uid in self._meant(line)]
        if NO in meant:
            return b"%s " + NO + b"\r\n"
        answer = b"".join(map(self._body, self._meant(line), meant)) + b"%s OK done\r\n"
        return answer.replace(b"BODY[]", b"BODY[]<0>") if b"<0." in line else answer

    def _body(self, uid, found):
        shown = found if found in (NIL, EMPTY) else b"BODY[] {%d}\r\n" % len(found) + found
        return b"* 1 FETCH (UID %d " % uid + shown + b")\r\n" if found else b""

    def _meant(self, line):
        """The UIDs there of a command's set, such as 5,6 or 7:*."""
        wanted = line.split()[3].decode()
        first = re.fullmatch(r"(\d+):\*", wanted)
        found = {int(one) for one in wanted.split(",")} if not first else range(int(first[1]), 100)
        return [uid for uid in sorted(self.mails) if uid in found]


@pytest.fixture
def box():
    return Folder(MAILS)


@pytest.fixture
def channel(app, box):
    known = {**dict(ANSWERS), "SELECT": box.select, "UID": box.listed, "BODY": box.handed_out}
    with answering({**known, "LOGOUT": b"%s OK\r\n"}, connections=9) as port:
        settings = {"imap_host": "127.0.0.1", "imap_port": port, "imap_security": "none", "imap_user": "x"}
        yield make_mailbox(make_team(), "x@helpdesk.test", settings, secrets=secrets.seal({"imap_password": "x"}))


def looked_at(channel, times=1):
    for hours in range(times):
        with pretend(now() + hours * HOUR):
            mailboxes.read(channel.id)


def rows():
    db.session.rollback()
    return {row.key: row for row in db.session.scalars(select(Inbox).order_by(Inbox.id))}


def trouble(channel):
    db.session.rollback()
    return db.session.get_one(Channel, channel.id).error


@pytest.mark.parametrize("manner", [NO, NIL, EMPTY, NOTHING])
def test_the_others_are_read_and_it_is_a_row_after_three_tries(channel, box, manner):
    box.mails[6] = manner
    looked_at(channel, 2)
    assert {key: ledger.raw_of(row) for key, row in rows().items()} == {"7:5": MAILS[5], "7:8": MAILS[8]}
    looked_at(channel, 4)
    assert (rows()["7:6"].state, rows()["7:6"].facts["withheld"]) == ("poison", 6)
    assert "UID 6 in INBOX" in rows()["7:6"].reason
    assert (trouble(channel), channel.state["differs"], len(rows())) == ("", 0, 3)


def test_one_that_is_handed_out_later_is_read_like_any_other(channel, box):
    box.mails[8] = NO
    looked_at(channel)
    box.mails[8] = MAILS[8]
    looked_at(channel, 2)
    assert [ledger.raw_of(row) for row in rows().values()] == [*MAILS.values()]


def test_one_that_is_gone_meanwhile_is_waited_for_no_more(channel, box):
    box.mails[6] = NO
    looked_at(channel)
    del box.mails[6]
    looked_at(channel, 2)
    assert (channel.state["withheld"], channel.state["differs"], len(rows())) == ([], 0, 2)


def test_while_the_server_hands_out_nothing_no_mail_is_given_up(channel, box):
    box.mails |= dict.fromkeys(MAILS, NO)
    looked_at(channel, 4)
    assert rows() == {}
    assert "such as that with UID 5" in trouble(channel)
    box.mails |= MAILS
    looked_at(channel)
    assert len(rows()) == 3


def test_whoever_tries_it_again_is_told_what_helps(channel, box):
    box.mails[6] = NO
    looked_at(channel, 4)
    with pytest.raises(Conflict, match="move it to another folder"):
        intake.retry(rows()["7:6"].id, by=make_staff("administrator"))
