"""Row 20: one mail that cannot be read, or one that ends its worker, first, in the middle and last of many: the others are
filed, it is kept and shown."""

import uuid

import pytest
from sqlalchemy import select, update

from helpdesk.channels.ledger import Inbox
from helpdesk.services import intake, ledger, mailboxes, secrets
from helpdesk.services.database import db
from helpdesk.services.instant import now
from tests.dovecot import PASSWORD
from tests.dying import killed
from tests.faults.odd import ODD
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team
from tests.oracle import Oracle

MANY, SOME = 150, 40


def nested(known):
    """A thousand multiparts within each other."""
    boundaries = [f"b{number}" for number in range(1000)]
    lines = ["From: a@customer.test", f"Subject: {known}", "MIME-Version: 1.0"]
    for boundary in boundaries:
        lines += [f"Content-Type: multipart/mixed; boundary={boundary}", "", f"--{boundary}"]
    return "\r\n".join([*lines, "Content-Type: text/plain", "", "x", ""]).encode()


def mails(count):
    """So many harmless ones, by their UUIDs."""
    known = [str(uuid.uuid4()) for _ in range(count)]
    return {one: eml(f"c-{one}@customer.test", text=one) for one in known}


def poisoned():
    return db.session.scalars(select(Inbox).where(Inbox.state == "poison")).one()


@pytest.mark.parametrize("place", [0, MANY // 2, MANY])
def test_one_unreadable_mail_stops_no_other(app, config, dovecot, place):
    make_policy()
    account, good, bad = dovecot.user(), mails(MANY), str(uuid.uuid4())
    account.append(*list(good.values())[:place], nested(bad), *list(good.values())[place:])
    known = account.settings(acknowledge=False)
    channel = make_mailbox(make_team(), account.name, known, secrets=secrets.seal({"imap_password": PASSWORD}))
    mailboxes.read(channel.id)
    intake.file_waiting()
    assert Oracle(config).fates() == {**{one: ["message"] for one in good}, bad: ["poison"]}
    assert ledger.raw_of(poisoned()) == nested(bad)
    assert poisoned().reason
    assert poisoned().attempts <= 3


@pytest.mark.parametrize("odd", ODD)
def test_odd_mails_first_in_the_middle_and_last_stop_no_other_and_each_is_seen(app, config, dovecot, odd):
    make_policy()
    account, good, bad = dovecot.user(), mails(12), [str(uuid.uuid4()) for _ in range(3)]
    raws = list(good.values())
    account.append(odd(bad[0]), *raws[:6], odd(bad[1]), *raws[6:], odd(bad[2]))
    known = account.settings(acknowledge=False)
    channel = make_mailbox(make_team(), account.name, known, secrets=secrets.seal({"imap_password": PASSWORD}))
    mailboxes.read(channel.id)
    while intake.file_waiting():
        pass
    fates = Oracle(config).fates()
    assert {one: fates.get(one) for one in good} == {one: ["message"] for one in good}
    rows = [row for row in db.session.scalars(select(Inbox)) if ledger.raw_of(row)[:200].count(b"odd@customer.test")]
    assert [row.state in ("filed", "refused", "poison") and row.attempts <= 3 for row in rows] == [True] * 3


def test_tried_again_by_a_person_it_is_poison_again(app, config):
    make_policy()
    channel, bad = make_mailbox(make_team()), str(uuid.uuid4())
    arrive(channel, nested(bad))
    intake.file_waiting()
    intake.retry(poisoned().id, by=make_staff("administrator"))
    assert Oracle(config).fates() == {bad: ["received"]}
    intake.file_waiting()
    assert Oracle(config).fates() == {bad: ["poison"]}


@pytest.mark.parametrize("place", [0, SOME // 2, SOME])
def test_a_mail_that_ends_its_worker_three_times_is_poison_and_its_neighbours_are_filed(app, config, place):
    make_policy()
    channel, good, bad = make_mailbox(make_team()), mails(SOME), str(uuid.uuid4())
    for raw in [*list(good.values())[:place], eml(text=f"{bad} deadly"), *list(good.values())[place:]]:
        arrive(channel, raw)
    deaths = 0
    while killed(
        config,
        "helpdesk.services.intake.file_waiting",
        "helpdesk.services.readers.Reader._judged",
        "before",
        word=b"deadly",
    ):
        deaths += 1
        the_claims_run_out()
    assert deaths == 3
    assert Oracle(config).fates() == {**{one: ["message"] for one in good}, bad: ["poison"]}
    assert Oracle(config).problems() == []


def the_claims_run_out():
    db.session.execute(update(Inbox).where(Inbox.state == "received").values(next_try_at=now()))
    db.session.commit()
