"""Mailboxes take turns and keep their limits; whoever keeps us waiting holds up nobody else."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from helpdesk.services import desk, intake, outbox
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.tickets.models import Delivery, Ticket
from tests import sink as sinks
from tests.making import MINUTE, arrive, eml, make_mailbox, make_policy, make_staff, make_team
from tests.processes import eventually


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def ana(team):
    return make_staff(teams=[team])


def box(team, sink, name="support", **settings):
    known = sink.settings(acknowledge=False, **settings)
    return make_mailbox(team, f"{name}@helpdesk.test", settings=known)


def answers(mailbox, ana, count):
    """So many customers of this mailbox, each answered."""
    name = mailbox.address.partition("@")[0]
    for number in range(count):
        arrive(mailbox, eml(f"{name}{number}@customer.test", to=mailbox.address))
    intake.file_waiting()
    for number in db.session.scalars(select(Ticket.number).where(Ticket.owner_id.is_(None)).order_by(Ticket.id)).all():
        desk.reply(number, text="answer", by=ana)


def deliver(after=timedelta(), start=None):
    with pretend((start or now()) + after):
        return outbox.deliver_waiting()


def senders(sink):
    return [got.sender.partition("@")[0] for got in sink.mails]


def reasons():
    db.session.rollback()
    return set(db.session.scalars(select(Delivery.result).where(Delivery.state == "waiting")))


def test_mailboxes_take_turns(team, ana, sink):
    answers(box(team, sink, "many"), ana, 6)
    answers(box(team, sink, "few"), ana, 2)
    deliver()
    assert senders(sink)[:4] == ["many", "few", "many", "few"]


def test_answers_go_before_acknowledgements(team, ana, sink):
    mailbox = make_mailbox(team, settings=sink.settings())
    arrive(mailbox, eml("first@customer.test"))
    intake.file_waiting()
    deliver()
    arrive(mailbox, eml("second@customer.test"))
    intake.file_waiting()
    desk.reply(1, text="answer", by=ana)
    deliver()
    assert [got.recipient.partition("@")[0] for got in sink.mails] == ["first", "first", "second"]


def test_no_more_leave_in_a_minute_than_the_mailbox_may_send(team, ana, sink):
    answers(box(team, sink, per_minute=4), ana, 10)
    start = now()
    deliver(start=start)
    assert len(sink.mails) == 4
    assert reasons() == {"The mailbox sends 4 a minute at most; this waits for its turn."}
    deliver(after=timedelta(seconds=59), start=start)
    assert len(sink.mails) == 4
    for seconds in (61, 122, 183):
        deliver(after=timedelta(seconds=seconds), start=start)
    assert len(sink.mails) == 10
    assert [got.recipient for got in sink.mails] == [f"support{number}@customer.test" for number in range(10)]


def test_in_no_minute_of_any_hour_more_leave_than_may(team, ana, sink):
    answers(box(team, sink, per_minute=4), ana, 17)
    start = now()
    for seconds in range(0, 600, 7):
        deliver(after=timedelta(seconds=seconds), start=start)
    db.session.rollback()
    sent = sorted(db.session.scalars(select(Delivery.done_at)))
    assert all(later - earlier >= MINUTE for earlier, later in zip(sent, sent[4:], strict=False))
    assert len(sink.mails) == 17


def test_a_days_limit_is_kept_and_the_mail_waits_visibly(team, ana, sink):
    answers(box(team, sink, per_day=3), ana, 5)
    start = now()
    for hours in range(24):
        deliver(after=timedelta(hours=hours), start=start)
    assert len(sink.mails) == 3
    assert reasons() == {"The mailbox sends 3 a day at most; this waits for its turn."}
    for hours in (25, 26):
        deliver(after=timedelta(hours=hours), start=start)
    assert len(sink.mails) == 5


def test_one_mailboxs_limit_is_no_others(team, ana, sink):
    answers(box(team, sink, "slow", per_minute=1), ana, 3)
    answers(box(team, sink, "free"), ana, 3)
    deliver()
    assert Counter(senders(sink)) == {"slow": 1, "free": 3}


def test_a_server_that_keeps_us_waiting_holds_up_nobody_elses_mail(app, team, ana, sink):
    with sinks.running() as hanging:
        hanging.answers[:] = ["wait"] * 3
        answers(box(team, hanging, "stuck"), ana, 3)
        answers(box(team, sink, "free"), ana, 5)

        def work(_):
            with app.app_context():
                try:
                    return outbox.deliver_waiting()
                finally:
                    db.session.remove()

        with ThreadPoolExecutor(2) as pool:
            done = pool.map(work, range(2))
            eventually(lambda: len(sink.mails) == 5, 20)
            assert hanging.mails == []
            hanging.gate.set()
            assert sum(done) == 8


def test_a_killed_worker_stops_its_mailbox_for_no_moment(team, ana, sink):
    answers(box(team, sink), ana, 2)
    dead = outbox._claim()
    with pretend(now()):
        row = db.session.get(Delivery, dead.delivery_id)
        row.claimed_by = row.claimed_by.replace(row.claimed_by.split(":")[1], "4194305")
        db.session.commit()
    assert deliver() == 1


def test_while_a_worker_sends_in_a_lane_no_other_does(team, ana, sink):
    answers(box(team, sink), ana, 2)
    outbox._claim()
    assert deliver() == 0
    assert db.session.scalar(select(func.count(Delivery.id)).where(Delivery.state == "waiting")) == 1
