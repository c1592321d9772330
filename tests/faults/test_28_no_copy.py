"""Row 28: the mail was sent and its copy could not be put into the mailbox: it is not sent again, and the ticket says so."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from helpdesk.services import desk, intake, outbox, secrets
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.services.sending import Manner
from helpdesk.tickets.models import Delivery, Ticket
from tests.dovecot import PASSWORD
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team

pytestmark = pytest.mark.once


@pytest.fixture
def account(dovecot):
    return dovecot.user()


def answered(account, sink, **changes):
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
    desk.reply(number, text="answer", by=make_staff(teams=[team]), manner=Manner(cc="c@x.test"))
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


@pytest.mark.parametrize("broken", [{"sent_folder": "INBOX/../x\x00"}, {"sent_folder": "Sent", "imap_port": 1}])
def test_a_copy_that_fails_sends_nothing_again(account, sink, broken):
    rows = answered(account, sink, **broken)
    assert [row.state for row in rows] == ["sent", "sent"]
    assert len(sink.mails) == 2
    assert rows[0].content["no_copy"]
