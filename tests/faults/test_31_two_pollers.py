"""Row 31: two pollers read one mailbox at the same moment, one of them past its lease: each mail is there once."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from helpdesk.services import collecting, holders, leases, mailboxes, secrets
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from tests import warm
from tests.dovecot import PASSWORD
from tests.faults.test_14_cut_fetch import cutting
from tests.making import eml, make_mailbox, make_team
from tests.oracle import Oracle
from tests.processes import environment
from workers.process import product


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


def test_a_reader_whom_a_slow_line_brings_one_large_mail_stays_the_reader(app, dovecot):
    account, begun = dovecot.user(), now()
    account.append(eml(text="x" * 3_000_000))
    with cutting(dovecot.imap, [2_500_000]) as port:
        channel = connected(account, imap_host="127.0.0.1", imap_port=port, imap_security="none")
        name = collecting.lease(channel.id)
        with pretend(begun):
            assert leases.take(name, "one", mailboxes.LEASE)
        with pretend(begun + timedelta(seconds=mailboxes.LEASE - 1)):
            mailboxes._read(channel.id, "one")
    with pretend(begun + timedelta(seconds=mailboxes.LEASE + 1)):
        assert not leases.free(name, mailboxes.LEASE)


def test_a_reader_that_is_overtaken_within_a_large_mail_stops_there(app, config, dovecot):
    account = dovecot.user()
    account.append(eml(text="x" * 3_000_000))
    channel = connected(account)
    assert leases.take(collecting.lease(channel.id), "other", mailboxes.LEASE)
    mailboxes._read(channel.id, "one")
    assert Oracle(config).one("SELECT count(*) FROM inbox") == 0


def test_two_watchers_on_one_machine_are_two_readers(app, dovecot):
    seats = [leases.Seat("mailbox:1", holders.fresh(), mailboxes.LEASE) for _ in range(2)]
    assert [seat.hold() for seat in seats] == [True, False]


def test_the_mailbox_of_a_reader_that_died_on_this_machine_is_read_at_once(app, config, dovecot):
    account, known = dovecot.user(), str(uuid.uuid4())
    account.append(eml(text=known))
    channel_id = connected(account).id
    warm.outcome(environment(config), _takes_it_and_dies, channel_id)
    assert not leases.free(collecting.lease(channel_id), mailboxes.LEASE)
    mailboxes.read(channel_id)
    assert Oracle(config).fates() == {known: ["received"]}


def _takes_it_and_dies(channel_id):
    with product():
        assert leases.take(collecting.lease(channel_id), holders.fresh(), mailboxes.LEASE)


def test_a_reader_that_lives_here_or_is_elsewhere_is_not_taken_for_dead():
    mine = holders.fresh()
    host, _, space, _ = mine.rsplit(":", 3)
    assert not any(map(holders.ended, [mine, "one", f"other:99999999:{space}:x", f"{host}:99999999:1:x"]))
    assert holders.ended(f"{host}:99999999:{space}:x")
