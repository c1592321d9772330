"""One mail that cannot be read, first, in the middle and last of many, or one that ends its worker: the others are filed,
it is kept and shown."""

import pytest
from sqlalchemy import func, select, update

from helpdesk.channels.ledger import Inbox
from helpdesk.services import intake, ledger, mailboxes, secrets
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.tickets.models import Ticket
from tests.dovecot import PASSWORD
from tests.dying import killed
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team

MANY = 150


def nested():
    """A thousand multiparts within each other."""
    boundaries = [f"b{number}" for number in range(1000)]
    lines = ["From: a@customer.test", "Subject: deep", "MIME-Version: 1.0"]
    for boundary in boundaries:
        lines += [f"Content-Type: multipart/mixed; boundary={boundary}", "", f"--{boundary}"]
    return "\r\n".join([*lines, "Content-Type: text/plain", "", "x", ""]).encode()


@pytest.mark.parametrize("place", [0, MANY // 2, MANY])
def test_one_unreadable_mail_stops_no_other(app, dovecot, place):
    make_policy()
    account, team = dovecot.user(), make_team()
    mails = [eml(sender=f"c{number}@customer.test") for number in range(MANY)]
    mails.insert(place, nested())
    account.append(*mails)
    channel = make_mailbox(
        team, account.name, account.settings(acknowledge=False), secrets=secrets.seal({"imap_password": PASSWORD})
    )
    mailboxes.read(channel.id)
    intake.file_waiting()
    poison = db.session.scalars(select(Inbox).where(Inbox.state == "poison")).one()
    assert db.session.scalar(select(func.count()).select_from(Ticket)) == MANY
    assert ledger.raw_of(poison) == mails[place]
    assert poison.reason
    assert poison.attempts <= 3
    intake.retry(poison.id, by=make_staff("administrator"))
    intake.file_waiting()
    db.session.refresh(poison)
    assert poison.state == "poison"


def test_a_mail_that_ends_its_worker_three_times_is_poison_and_its_neighbours_are_filed(app, config):
    make_policy()
    channel = make_mailbox(make_team())
    for number in range(3):
        arrive(channel, eml(sender=f"c{number}@customer.test"))
    for _ in range(3):
        assert killed(config, "helpdesk.services.intake.file_waiting", "helpdesk.services.filing._keep", "before")
        the_claims_run_out()
    intake.file_waiting()
    rows = db.session.scalars(select(Inbox).order_by(Inbox.id).execution_options(populate_existing=True)).all()
    assert [row.state for row in rows] == ["poison", "filed", "filed"]


def the_claims_run_out():
    db.session.execute(update(Inbox).values(next_try_at=now()))
    db.session.commit()
