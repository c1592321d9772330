"""Administrators are told of a mailbox's trouble that lasts, once, and once more when it is over for good."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from helpdesk.channels.models import Channel
from helpdesk.channels.sign_in import Grant, SignInService
from helpdesk.services import alarms, mailboxes, posting, secrets
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.services.store import transaction
from helpdesk.tickets.models import Delivery, Notice
from tests.dovecot import PASSWORD
from tests.making import make, make_mailbox, make_staff, make_team

MINUTE = timedelta(minutes=1)


@pytest.fixture
def boss(app):
    return make_staff("administrator", email="boss@staff.test", locale="ru")


@pytest.fixture
def watch(boss):
    return alarms.Watch()


@pytest.fixture
def channel(app, dovecot):
    account = dovecot.user()
    made = make_mailbox(
        make_team(), account.name, account.settings(), secrets=secrets.seal({"imap_password": PASSWORD})
    )
    made.good = account.settings()
    return made


def change(channel, **values):
    db.session.execute(update(Channel).where(Channel.id == channel.id).values(**values))
    db.session.commit()


def broken(channel):
    change(channel, settings={**channel.good, "imap_port": 1})


def mended(channel):
    change(channel, settings=channel.good)


def look(watch, channel, times=1):
    for _ in range(times):
        mailboxes.read(channel.id)
        watch.look()


def told():
    db.session.rollback()
    return [notice.facts["trouble"] for notice in db.session.scalars(select(Notice).order_by(Notice.id))]


def mailed():
    db.session.rollback()
    return db.session.scalars(select(Delivery).order_by(Delivery.id)).all()


def test_one_failure_is_told_to_nobody(watch, channel):
    broken(channel)
    look(watch, channel)
    mended(channel)
    look(watch, channel)
    assert told() == []


def test_the_second_failure_in_a_row_is_told_once_in_the_page_and_by_mail(watch, channel):
    broken(channel)
    look(watch, channel, 4)
    assert told() == ["failing"]
    (letter,) = mailed()
    assert (letter.recipient, letter.kind) == ("boss@staff.test", "notice")
    assert letter.content["subject"].startswith(f"Почтовый ящик {channel.name} не читается")


@pytest.mark.parametrize(("locale", "words"), [("ru", "не удалось прочитать"), ("en", "could not be read")])
def test_what_went_wrong_is_said_in_the_language_of_whoever_is_told(watch, channel, boss, locale, words):
    with transaction():
        boss.locale = locale
    change(channel, failures=2, error="The mailbox could not be read: [Errno 111] refused")
    watch.look()
    assert words in mailed()[0].content["subject"]


def test_only_administrators_are_told(watch, channel):
    make_staff("agent")
    broken(channel)
    look(watch, channel, 2)
    assert len(told()) == 1


@pytest.mark.parametrize(
    "ill",
    [
        {"alarm": "failing"},
        {"error": "no"},
        {"settings": {}},
        {"settings": {"smtp_host": "smtp.test"}, "active": False},
    ],
)
@pytest.mark.parametrize("well", [{"smtp_host": "smtp.test"}, {"send_by": "mailgun"}])
def test_a_notice_leaves_by_a_mailbox_that_is_well(app, ill, well):
    first = make_mailbox(make_team(), "first@helpdesk.test", {"smtp_host": "smtp.test"})
    change(first, **ill)
    other = make_mailbox(make_team("Other"), "well@helpdesk.test", well)
    assert posting.way_out(None).id == other.id


def test_a_mail_about_mailboxes_leaves_by_whichever_is_well_then(watch, channel):
    change(channel, failures=2)
    watch.look()
    assert [letter.channel_id for letter in mailed()] == [None]


def test_a_mailbox_that_waits_for_a_new_sign_in_is_not_told_of_twice(watch, channel):
    at = now()
    make(
        Grant(
            channel_id=channel.id, service="other", tokens=b"", access_until=at, granted_at=at, renewed_at=at,
            refused="ended",
        )
    )  # fmt: skip
    change(channel, failures=2)
    watch.look()
    assert (told(), mailed(), posting.way_out(None).alarm) == ([], [], "failing")


def test_a_sign_in_that_will_end_is_told_once_and_again_when_the_next_one_will(app, boss):
    make(SignInService(kind="google", client_id="c", testing=True))
    box, at = make_mailbox(make_team(), "box@helpdesk.test", {"auth": "google"}), now() - timedelta(days=5)
    grant = make(Grant(channel_id=box.id, service="google", tokens=b"", access_until=at, granted_at=at, renewed_at=at))
    for _ in range(2):
        alarms.Watch().look()
    assert [letter.content["subject"].startswith(f"Ящик {box.name}: вход действует до") for letter in mailed()] == [
        True
    ]
    with transaction():
        grant.granted_at += timedelta(days=1)
    alarms.Watch().look()
    assert [notice.kind for notice in db.session.scalars(select(Notice))] == ["ending", "ending"]


def test_that_it_works_again_is_told_when_it_did_for_a_while(watch, channel):
    broken(channel)
    look(watch, channel, 2)
    mended(channel)
    look(watch, channel)
    assert told() == ["failing"]
    with pretend(now() + 3 * MINUTE):
        look(watch, channel, 2)
    assert told() == ["failing", "well"]


def test_a_mailbox_that_comes_and_goes_is_told_of_once(watch, channel):
    for step in range(6):
        with pretend(now() + step * MINUTE):
            broken(channel)
            look(watch, channel, 2)
            mended(channel)
            look(watch, channel)
    assert told() == ["failing"]


def test_a_mailbox_that_nobody_reads_is_told_of_after_a_minute(watch, channel):
    look(watch, channel)
    with pretend(now() + timedelta(seconds=65)):
        watch.look()
        watch.look()
    assert told() == ["silent"]


def test_a_downtime_of_everything_is_no_mailboxs_trouble(watch, channel):
    look(watch, channel)
    with pretend(now() + timedelta(days=1)):
        alarms.Watch().look()
    assert told() == []


def test_a_new_mailbox_is_given_time(watch, channel):
    watch.look()
    assert told() == []


def test_a_mailbox_that_is_switched_off_is_no_trouble(watch, channel):
    change(channel, failures=5, active=False)
    watch.look()
    assert told() == []


def test_of_two_watchers_one_tells(watch, channel, boss):
    change(channel, failures=2)
    first = alarms._watched()
    alarms._tell([(first[0], "failing")], [], now())
    alarms._tell([(first[0], "failing")], [], now())
    assert told() == ["failing"]


def test_troubles_of_one_moment_come_in_one_mail(watch, channel):
    other = make_mailbox(make_team(), "other@helpdesk.test", {"imap_host": "imap.test"})
    change(channel, failures=2)
    change(other, failures=2)
    watch.look()
    assert (len(told()), len(mailed())) == (2, 1)
    assert mailed()[0].content["subject"] == "Почтовые ящики, о которых есть новости: 2"
