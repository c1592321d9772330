"""What would come of a mailbox: counted by the true reader and the true rules, and nothing of it is kept."""

import socket
from datetime import timedelta

import pytest
from sqlalchemy import select

from helpdesk.channels.mail import imap
from helpdesk.channels.mail.newest import newest
from helpdesk.channels.mail.tls import Server
from helpdesk.channels.models import Channel
from helpdesk.errors import Conflict
from helpdesk.orm import Base
from helpdesk.services import connecting, dry_run, intake, mailboxes, secrets
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.tickets.models import Attachment, Delivery, Ticket
from tests.dovecot import PASSWORD
from tests.faults.test_15_hanging_server import ANSWERS, answering
from tests.making import HOUR, arrive, eml, make_mailbox, make_policy, make_staff, make_team
from tests.services.test_copies import scan

ALL = {"since": "all", "acknowledge": True}


@pytest.fixture
def account(dovecot):
    return dovecot.user()


@pytest.fixture
def box(app, account):
    make_policy()
    sealed = secrets.seal({"imap_password": PASSWORD})
    settings = account.settings(draft=True, smtp_host="localhost")
    return make_mailbox(make_team(), account.name, settings, secrets=sealed, active=False)


def everything():
    db.session.rollback()
    return {table.name: sorted(map(repr, db.session.execute(select(table)))) for table in Base.metadata.sorted_tables}


def put(account, *mails, age=HOUR):
    with account.client() as client:
        for mail in mails:
            client.append("INBOX", mail, msg_time=now() - age)


@pytest.fixture
def full(account):
    """A question, its follow-up, a second question that came twice, an out-of-office and something broken."""
    asked = eml(Message_ID="<first@customer.test>", subject="First")
    twice = eml("b@customer.test", subject="Second")
    put(account, asked, eml(subject="Re: First", In_Reply_To="<first@customer.test>"), twice, twice)
    put(account, eml("c@customer.test", Auto_Submitted="auto-replied"))
    return account


def test_tickets_follow_ups_and_what_becomes_none_are_counted(box, full):
    found = dry_run.would(box.id, ALL)
    assert (found.there, found.looked, found.tickets, found.follow_ups) == (5, 5, 2, 1)
    assert found.refused == {"automatic": 1, "duplicate": 1}


def test_it_is_what_reading_and_filing_then_do(box, full):
    foreseen = dry_run.would(box.id, ALL)
    connecting.connect(box.id, since="all", since_date="", acknowledge=True, by=make_staff("administrator"))
    mailboxes.read(box.id)
    intake.file_waiting()
    assert foreseen.tickets == len(db.session.scalars(select(Ticket)).all())
    assert foreseen.answers == len(db.session.scalars(select(Delivery)).all())


@pytest.mark.parametrize("together", [1, 50])
def test_mails_that_differ_only_in_their_files_are_counted_as_they_are_filed(box, account, monkeypatch, together):
    monkeypatch.setattr(dry_run, "TOGETHER", together)
    put(account, scan("%PDF-1"), scan("%PDF-2"), scan("%PDF-1", Received="by hop"))
    foreseen = dry_run.would(box.id, ALL)
    connecting.connect(box.id, since="all", since_date="", acknowledge=True, by=make_staff("administrator"))
    mailboxes.read(box.id)
    intake.file_waiting()
    assert (foreseen.tickets + foreseen.follow_ups, foreseen.refused) == (2, {"duplicate": 1})
    assert len(db.session.scalars(select(Attachment)).all()) == 2


def test_nothing_is_kept_and_nothing_touched(app, box, full):
    put(full, scan("%PDF-1"))
    before, blobs = everything(), sorted(app.config["HELPDESK"].var.rglob("blobs/*"))
    dry_run.would(box.id, ALL)
    assert everything() == before
    assert sorted(app.config["HELPDESK"].var.rglob("blobs/*")) == blobs
    assert all(b"\\Seen" not in flags for flags in full.flags().values())


def test_old_mail_gets_no_automatic_answer_and_neither_does_any_that_is_there(box, full):
    put(full, eml("d@customer.test"), age=timedelta(seconds=5))
    assert dry_run.would(box.id, ALL).answers == 0


def test_what_is_there_is_left_alone_when_only_new_mail_is_wanted(box, full):
    found = dry_run.would(box.id, {"since": "new"})
    assert (found.tickets, found.looked, found.left, found.cut) == (0, 0, 5, False)


def test_a_day_cuts_off_what_is_older(box, account):
    put(account, eml("a@customer.test"), age=timedelta(days=40))
    put(account, eml("b@customer.test"), age=timedelta(days=1))
    day = (now() - timedelta(days=20)).date().isoformat()
    found = dry_run.would(box.id, {"since": "date", "since_date": day})
    assert (found.tickets, found.looked, found.left) == (1, 1, 1)


def test_the_oldest_and_the_newest_are_named_and_only_the_newest_are_looked_at(box, account, monkeypatch):
    monkeypatch.setattr(dry_run, "MOST", 2)
    for days in (3, 2, 1):
        put(account, eml(f"d{days}@customer.test"), age=timedelta(days=days))
    found = dry_run.would(box.id, ALL)
    assert (found.there, found.looked, found.cut) == (3, 2, True)
    assert [(now() - at).days for at in (found.oldest, found.newest)] == [2, 1]


def test_a_mail_whose_ticket_is_here_already_is_a_follow_up(box, account):
    arrive(box, eml(Message_ID="<known@customer.test>"))
    intake.file_waiting()
    put(account, eml(subject="Re", In_Reply_To="<known@customer.test>"))
    found = dry_run.would(box.id, ALL)
    assert (found.tickets, found.follow_ups) == (0, 1)


def test_others_who_write_are_not_kept_waiting_for_long(box, full, monkeypatch):
    monkeypatch.setattr(dry_run, "HELD", 0.0)
    monkeypatch.setattr(dry_run, "TOGETHER", 1)
    found = dry_run.would(box.id, ALL)
    assert (found.looked, found.tickets, found.follow_ups, found.cut) == (1, 1, 0, True)


@pytest.mark.once
def test_a_mailbox_that_lets_nobody_in_is_refused_in_words(box, account):
    known = db.session.get(Channel, box.id)
    known.secrets = secrets.seal({"imap_password": "wrong"})
    db.session.commit()
    with pytest.raises(Conflict, match="did not let"):
        dry_run.foresee(box.id, since="all", since_date="", acknowledge=True, by=make_staff("administrator"))


@pytest.mark.once
@pytest.mark.once
def test_flags_that_nobody_asked_for_are_passed_over():
    listed = (
        b'* 1 FETCH (FLAGS (\\Seen))\r\n* 1 FETCH (UID 8 RFC822.SIZE 9 INTERNALDATE "01-Jan-2026 00:00:00 +0000")\r\n'
    )
    known = {**dict(ANSWERS), "FETCH": listed + b"* 2 FETCH (UID 9 FLAGS ())\r\n%s OK done\r\n"}
    with answering(known) as port, imap.session(Server("127.0.0.1", port, "none", "x", "x")) as client:
        found = newest(client, imap.select(client, "INBOX", readonly=True), 5)
    assert [mail.uid for mail in found] == [8]


def test_an_empty_mailbox_is_none_of_anything(box, account):
    found = dry_run.would(box.id, ALL)
    assert (found.there, found.tickets, found.oldest) == (0, 0, None)


@pytest.mark.once
def test_a_server_that_says_nothing_holds_nobody_up(box, account, monkeypatch):
    monkeypatch.setattr(dry_run, "LONGEST", 0.3)
    monkeypatch.setattr(dry_run, "PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        known = db.session.get(Channel, box.id)
        known.settings = {**known.settings, "imap_port": silent.getsockname()[1]}
        db.session.commit()
        with pytest.raises(Conflict):
            dry_run.would(box.id, ALL)
