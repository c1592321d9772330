"""Row 31: two pollers read one mailbox at the same moment, one of them past its lease: each mail is there once."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from helpdesk.services import leases, mailboxes, secrets
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from tests.dovecot import PASSWORD
from tests.making import eml, make_mailbox, make_team
from tests.oracle import Oracle


def connected(account, **changes):
    sealed = secrets.seal({"imap_password": PASSWORD})
    return make_mailbox(make_team(), account.name, account.settings(**changes), secrets=sealed)


def test_two_that_both_believe_to_be_alone_double_nothing(app, config, dovecot):
    account, sent = dovecot.user(), [str(uuid.uuid4()) for _ in range(250)]
    account.append(*[eml(text=known) for known in sent])
    channel_id = connected(account, after_read="seen").id

    def read(holder):
        with app.app_context():
            try:
                mailboxes._read(channel_id, holder)
            finally:
                db.session.remove()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(read, ["one", "other"]))
    mailboxes.read(channel_id)
    assert Oracle(config).fates() == {known: ["received"] for known in sent}
    assert len(account.flags()) == sum(b"\\Seen" in flags for flags in account.flags().values()) == 250


def test_while_one_reads_the_other_leaves_it_alone_and_a_dead_one_holds_nothing_up_for_long(app, config, dovecot):
    account, known = dovecot.user(), str(uuid.uuid4())
    account.append(eml(text=known))
    channel, oracle = connected(account), Oracle(config)
    assert leases.take(f"mailbox:{channel.id}", "somebody", mailboxes.LEASE)
    mailboxes.read(channel.id)
    assert oracle.fates() == {}
    with pretend(now() + timedelta(seconds=mailboxes.LEASE + 1)):
        mailboxes.read(channel.id)
    assert oracle.fates() == {known: ["received"]}
