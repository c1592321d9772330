"""Two pollers read one mailbox at the same moment, one of them past its lease: each mail is there once."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select

from helpdesk.channels.ledger import Inbox
from helpdesk.services import leases, mailboxes, secrets
from helpdesk.services.database import db
from tests.dovecot import PASSWORD
from tests.making import eml, make_mailbox, make_team


def connected(account, **changes):
    sealed = secrets.seal({"imap_password": PASSWORD})
    return make_mailbox(make_team(), account.name, account.settings(**changes), secrets=sealed)


def count():
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Inbox))


def test_two_that_both_believe_to_be_alone_double_nothing(app, dovecot):
    account = dovecot.user()
    account.append(*[eml(subject=f"{number}") for number in range(250)])
    channel_id = connected(account, after_read="seen").id

    def read(_):
        with app.app_context():
            try:
                mailboxes._read(channel_id)
            finally:
                db.session.remove()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(read, range(2)))
    mailboxes.read(channel_id)
    assert count() == 250


def test_while_one_reads_the_other_leaves_it_alone_and_a_dead_one_holds_nothing_up_for_long(app, dovecot):
    account = dovecot.user()
    account.append(eml())
    channel = connected(account)
    assert leases.take(f"mailbox:{channel.id}", "somebody", mailboxes.LEASE)
    mailboxes.read(channel.id)
    assert count() == 0
    leases.release(f"mailbox:{channel.id}", "somebody")
    mailboxes.read(channel.id)
    assert count() == 1
