"""Row 36: ten times the usual mail in one mailbox, another whose password is wrong, and one huge mail: the others are read and
filed as if nothing were, and no process needs more memory than it may."""

import resource
import uuid

from sqlalchemy import select

from helpdesk.channels.ledger import Inbox
from helpdesk.channels.models import Channel
from helpdesk.services import intake, mailboxes, secrets
from helpdesk.services.database import db
from tests import warm
from tests.dovecot import PASSWORD
from tests.making import eml, make_mailbox, make_policy, make_team
from tests.oracle import Oracle
from tests.processes import environment
from workers.process import product

BURST = 300
HUGE = ("x" * 76 + "\r\n") * 300_000  # 23 MB
CEILING = 500 * 1024  # KB


def connected(account, password=PASSWORD):
    sealed = secrets.seal({"imap_password": password})
    return make_mailbox(make_team(), account.name, account.settings(acknowledge=False), secrets=sealed)


def mails(count, more=""):
    known = [str(uuid.uuid4()) for _ in range(count)]
    return known, [eml(f"c-{one[:8]}@customer.test", text=f"{one}\n{more}") for one in known]


def test_a_burst_a_huge_mail_and_a_wrong_password_hold_nobody_up(app, config, dovecot):
    make_policy()
    burst, calm, shut = dovecot.user(), dovecot.user(), dovecot.user()
    (many, raws), (huge, large), (few, others) = mails(BURST), mails(1, HUGE), mails(2)
    burst.append(*large, *raws)
    calm.append(*others)
    channels = [connected(burst), connected(shut, "wrong"), connected(calm)]
    for channel in channels:
        mailboxes.read(channel.id)
    intake._file_together(intake._claim())
    filed = select(Inbox.channel_id).where(Inbox.state == "filed")
    assert set(db.session.scalars(filed)) == {channels[0].id, channels[2].id}
    assert db.session.scalars(filed.where(Inbox.channel_id == channels[2].id)).all() == [channels[2].id] * 2
    while intake.file_waiting():
        pass
    assert Oracle(config).misplaced([*many, *huge, *few]) == {}
    assert "refused the user name" in db.session.scalar(select(Channel.error).where(Channel.id == channels[1].id))


def test_reading_and_filing_a_huge_mail_stays_below_the_ceiling(app, config, dovecot):
    make_policy()
    account = dovecot.user()
    account.append(*mails(1, HUGE)[1])
    channel_id = connected(account).id
    db.session.remove()
    assert warm.outcome(environment(config), _within, channel_id) == 0
    assert db.session.scalar(select(Inbox.state)) == "filed"


def _within(channel_id):
    with product():
        mailboxes.read(channel_id)
        intake.file_waiting()
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        assert used < CEILING, f"{used // 1024} MB"
