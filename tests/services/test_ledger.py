"""The ledger keeps every contact once, whole, and rings for it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from helpdesk.channels.ledger import Inbox
from helpdesk.channels.models import Channel
from helpdesk.people.models import Team
from helpdesk.services import bell, ledger, secrets
from helpdesk.services.database import db
from helpdesk.services.store import transaction


@pytest.fixture
def channel(app):
    with transaction():
        team = Team(name="Support")
        channel = Channel(kind="mail", name="support", address="support@helpdesk.test", team=team)
        db.session.add(channel)
    return channel


def write(channel, key, raw=b"Subject: hi\r\n\r\nhello\r\n"):
    with transaction():
        return ledger.accept(channel_id=channel.id, source="imap", key=key, raw=raw)


def rows():
    return db.session.scalar(select(func.count()).select_from(Inbox))


def test_the_same_key_is_kept_once(channel):
    assert write(channel, "7:1") is True
    assert write(channel, "7:1", b"another mail") is False
    assert rows() == 1


def test_the_same_key_of_two_channels_is_two_contacts(channel):
    with transaction():
        other = Channel(kind="mail", name="sales", address="sales@helpdesk.test", team_id=channel.team_id)
        db.session.add(other)
    assert write(channel, "7:1")
    assert write(other, "7:1")


def test_twenty_writers_of_one_key_leave_one_row(app, channel):
    def one(_):
        with app.app_context():
            try:
                return write(channel, "same")
            finally:
                db.session.remove()

    with ThreadPoolExecutor(20) as pool:
        assert sorted(pool.map(one, range(20))) == [False] * 19 + [True]
    assert rows() == 1


@pytest.mark.parametrize("size", [0, 10, ledger.INLINE, ledger.INLINE + 1, 300_000])
def test_raw_comes_back_byte_for_byte(channel, size):
    raw = bytes(range(256)) * (size // 256) + b"\0" * (size % 256)
    write(channel, "big", raw)
    row = db.session.scalar(select(Inbox))
    assert ledger.raw_of(row) == raw
    assert (row.raw is None) == (size > ledger.INLINE)


def test_a_batch_says_how_many_are_new(channel):
    write(channel, "7:3")
    batch = [
        ledger.prepare(channel_id=channel.id, source="imap", key=f"7:{uid}", raw=b"mail %d" % uid) for uid in range(100)
    ]
    with transaction():
        assert ledger.accept_all(batch) == 99


def test_what_is_written_is_rung_for_once_committed(channel):
    write(channel, "7:1")
    assert [job.func_name for job in bell.queue().jobs] == ["workers.intake.file"]


def test_what_is_rolled_back_is_not_rung_for(channel):
    with pytest.raises(RuntimeError), transaction():  # noqa: PT012
        ledger.accept(channel_id=channel.id, source="imap", key="7:1", raw=b"mail")
        raise RuntimeError
    assert bell.queue().count == 0
    assert rows() == 0


def test_secrets_come_back_and_are_not_readable_as_kept(app):
    sealed = secrets.seal({"imap_password": "correct horse"})
    assert b"horse" not in sealed
    assert secrets.open_(sealed) == {"imap_password": "correct horse"}
    assert secrets.open_(None) == {}
