"""Row 28: the mail was sent and its copy could not be put into the mailbox: it is not sent again, and the ticket says so."""

import socket
import ssl
import threading
from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest
from sqlalchemy import select

from helpdesk.services import desk, intake, outbox, secrets, sent_folder
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.services.sending import Manner
from helpdesk.tickets.models import Delivery, Ticket
from tests import certificate
from tests.dovecot import PASSWORD
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team
from tests.wire import wire

pytestmark = pytest.mark.once


@pytest.fixture
def account(app, dovecot):
    return dovecot.user()


def answered(account, sink, answers=1, **changes):
    make_policy()
    team = make_team()
    known = {
        **account.settings(acknowledge=False, since="all"),
        **sink.settings(),
        "ca": str(account.server.ca),
        **changes,
    }
    box = make_mailbox(team, settings=known, secrets=secrets.seal({"imap_password": PASSWORD}))
    arrive(box, eml())
    intake.file_waiting()
    number = db.session.scalar(select(Ticket.number))
    ana = make_staff(teams=[team])
    for _ in range(answers):
        desk.reply(number, text="answer", by=ana, manner=Manner(cc="c@x.test"))
    for hours in range(3):
        with pretend(now() + timedelta(hours=hours)):
            outbox.deliver_waiting()
    db.session.rollback()
    return db.session.scalars(select(Delivery).order_by(Delivery.id)).all()


def test_one_copy_of_what_went_to_several_lies_in_the_folder(account, sink):
    answered(account, sink, sent_folder="Sent")
    with account.client() as client:
        client.select_folder("Sent", readonly=True)
        (uid,) = client.search()
        kept = client.fetch([uid], ["BODY[]", "FLAGS"])[uid]
    assert kept[b"BODY[]"].strip() == sink.mails[0].raw.strip()
    assert b"\\Seen" in kept[b"FLAGS"]


def test_the_copies_of_a_round_go_by_one_connection(account, sink):
    with wire(account.server.imaps) as line:
        answered(account, sink, answers=3, sent_folder="Sent", imap_port=line.port)
        pairs = line.pairs
    with account.client() as client:
        assert (client.folder_status("Sent")[b"MESSAGES"], pairs) == (3, 1)


def test_a_mailbox_that_keeps_us_waiting_is_hung_up_on(account, sink, tmp_path, monkeypatch):
    monkeypatch.setattr(sent_folder, "LONGEST", 0.5)
    made, key = certificate.make(tmp_path)
    with trickling(made, key) as port:
        rows = answered(account, sink, sent_folder="Sent", imap_port=port, ca=str(made))
    assert rows[0].content["no_copy"]


@contextmanager
def trickling(made, key):
    """The port of a server that never ends its first line."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made, key)
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as door:
        thread = threading.Thread(target=_trickle, args=(door, context, over))
        thread.start()
        yield door.getsockname()[1]
        over.set()
        with suppress(OSError):
            door.shutdown(socket.SHUT_RDWR)
        thread.join()


def _trickle(door, context, over):
    with suppress(OSError), context.wrap_socket(door.accept()[0], server_side=True) as link:
        while not over.wait(0.05):
            link.sendall(b"*")


@pytest.mark.parametrize("broken", [{"sent_folder": "INBOX/../x\x00"}, {"sent_folder": "Sent", "imap_port": 1}])
def test_a_copy_that_fails_sends_nothing_again(account, sink, broken):
    rows = answered(account, sink, **broken)
    assert [row.state for row in rows] == ["sent", "sent"]
    assert len(sink.mails) == 2
    assert rows[0].content["no_copy"]
