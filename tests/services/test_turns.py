"""Filing takes the channels by turns: a burst, huge contacts and rows that were tried before hold nobody else up."""

from collections import namedtuple
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from helpdesk.channels.ledger import Inbox
from helpdesk.services import intake, turns
from helpdesk.services.database import db
from helpdesk.services.instant import now
from tests.making import MONDAY, arrive, eml, make_mailbox, make_policy, make_team

Row = namedtuple("Row", "id channel_id attempts size next_try_at")
SIZES, ROOM = (5, 2, 1), 1000


def row(number, channel_id=1, attempts=0, size=10):
    return Row(number, channel_id, attempts, size, MONDAY + timedelta(seconds=number))


def chosen(*rows):
    return turns.together(rows, SIZES, ROOM)


def test_channels_take_turns():
    burst = [row(number) for number in range(10)]
    assert chosen(*burst, row(10, channel_id=2), row(11, channel_id=3)) == [0, 1, 10, 11, 2]


def test_the_oldest_is_always_taken_however_large_and_leaves_room_for_others():
    huge = [row(number, size=10**8) for number in range(3)]
    assert chosen(*huge, row(5, channel_id=2), row(6, channel_id=2)) == [0, 5, 6]


def test_what_does_not_fit_is_not_overtaken_by_what_came_after_it_in_its_channel():
    assert chosen(row(1), row(2, size=999), row(3, size=500), row(4)) == [1, 2]


@pytest.mark.parametrize(("attempts", "count"), [(0, 5), (1, 2), (2, 1), (7, 1)])
def test_what_a_worker_died_with_shares_a_transaction_with_the_fewer_the_oftener(attempts, count):
    assert len(chosen(*[row(number, attempts=attempts) for number in range(10)])) == count


def test_what_was_tried_before_and_what_was_not_are_filed_apart():
    assert chosen(row(1), row(2, attempts=1), row(3), row(4, channel_id=2)) == [1, 4]


def test_nothing_waits():
    assert chosen() == []


@pytest.fixture
def boxes(app):
    make_policy()
    team = make_team()
    return [make_mailbox(team, f"{name}@helpdesk.test") for name in "abc"]


def burst(channel, count):
    """So many rows that wait, as if they came an hour ago."""
    at = now() - timedelta(hours=1)
    known = {"channel_id": channel.id, "source": "mail", "sha256": "x", "size": 1, "raw": eml(), "received_at": at}
    rows = [{**known, "key": f"burst {number}", "next_try_at": at} for number in range(count)]
    db.session.execute(insert(Inbox), rows)
    db.session.commit()


def filed():
    db.session.rollback()
    return set(db.session.scalars(select(Inbox.channel_id).where(Inbox.state == "filed")))


def test_five_thousand_mails_of_one_mailbox_do_not_hold_up_the_first_of_another(boxes):
    burst(boxes[0], 5000)
    arrive(boxes[1], eml())
    arrive(boxes[2], eml())
    intake._file_together(intake._claim())
    assert filed() == {box.id for box in boxes}


def test_with_more_channels_than_share_a_batch_each_has_its_chance(boxes, monkeypatch):
    monkeypatch.setattr(turns, "CHANNELS", 1)
    for box in boxes:
        arrive(box, eml())
    while intake.file_waiting():
        pass
    assert filed() == {box.id for box in boxes}


def test_what_is_not_due_yet_is_left_alone(boxes):
    arrive(boxes[0], eml())
    db.session.execute(update(Inbox).values(next_try_at=now() + timedelta(minutes=1)))
    db.session.commit()
    assert intake.file_waiting() == 0


@pytest.mark.once
def test_whoever_waits_is_found_in_an_index(boxes):
    burst(boxes[0], 10)
    asked = turns.WAITING, turns._of(1, 5, now())
    shown = [str(one.compile(db.engine, compile_kwargs={"literal_binds": True})) for one in asked]
    plans = [db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {one}").all() for one in shown]
    assert all("ix_inbox_turns" in str(plan) and "SCAN inbox" not in str(plan) for plan in plans)
