"""The tick: one acts, another takes over, and what is due is rung for whatever was lost."""

import os
import signal
import time
from dataclasses import replace

import pytest
from redis import Redis
from sqlalchemy import func, select

from helpdesk import make_app
from helpdesk.orm import Lease
from helpdesk.services import bell, due, intake, leases
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.tickets.models import Ticket
from tests import making, warm
from tests.processes import eventually
from workers.schedule import PATIENCE, tick


def leader():
    db.session.rollback()
    row = db.session.get(Lease, "tick", populate_existing=True)
    return int(row.holder.rpartition(":")[2]) if row and row.until > now() else None


@pytest.fixture
def mailbox(app):
    return making.make_mailbox(making.make_team())


def forget_rings(config):
    with Redis.from_url(config.redis_url) as client:
        client.flushall()


def test_of_two_ticks_one_acts_and_the_other_takes_over_when_it_is_killed(app, config):
    with warm.process(config, "workers.schedule") as one, warm.process(config, "workers.schedule") as other:
        first = eventually(leader)
        assert first in (one.pid, other.pid)
        os.kill(first, signal.SIGKILL)
        second = {one.pid, other.pid} - {first}
        began = time.monotonic()
        eventually(lambda: leader() in second, 6)
        assert time.monotonic() - began < 5


def test_a_tick_that_slept_does_not_act_beside_the_new_one(app, config):
    with warm.process(config, "workers.schedule") as one, warm.process(config, "workers.schedule") as other:
        first = eventually(leader)
        second = ({one.pid, other.pid} - {first}).pop()
        os.kill(first, signal.SIGSTOP)
        eventually(lambda: leader() == second, 6)
        os.kill(first, signal.SIGCONT)
        until = time.monotonic() + 2
        while time.monotonic() < until:
            assert leader() == second
            time.sleep(0.05)


def test_a_lost_ring_is_rung_again(app, config, mailbox):
    making.arrive(mailbox, making.eml())
    forget_rings(config)
    with warm.process(config, "workers.schedule"):
        eventually(lambda: bell.queue().count > 0)
    assert bell.queue().jobs[0].func_name == "workers.intake.file"


def test_what_no_worker_hears_the_tick_does_itself(app, mailbox):
    making.arrive(mailbox, making.eml())
    found = tick(app)
    job = ("workers.intake.file",)
    found.waiting[job] = time.monotonic() - PATIENCE - 1
    found.ring({job})
    found.helping[job].join()
    assert db.session.scalar(select(func.count()).select_from(Ticket)) == 1


def test_without_redis_the_tick_does_it_itself(config, app, mailbox, tmp_path):
    making.arrive(mailbox, making.eml())
    deaf = make_app(replace(config, redis_url=f"unix://{tmp_path}/nothing.sock"))
    with deaf.app_context():
        found = tick(deaf)
        found.waiting[("workers.intake.file",)] = time.monotonic() - PATIENCE - 1
        assert found.beat() <= 1
        found.helping[("workers.intake.file",)].join()
        found.seat.leave()
        db.engine.dispose()
    assert db.session.scalar(select(func.count()).select_from(Ticket)) == 1


def test_what_a_worker_is_busy_with_the_tick_leaves_alone(app):
    found = tick(app)
    job = ("workers.intake.file",)
    bell.answered(*job)
    found.waiting[job] = time.monotonic() - 100
    found.ring({job})
    assert not found.helping


def test_a_job_that_failed_is_not_rung_for_a_while(app):
    bell.calm("workers.intake.file")
    bell.wake("workers.intake.file")
    assert bell.queue().count == 0


def test_a_tick_that_begins_has_newer_zone_files_looked_for_once(app):
    beginning = tick(app)
    assert ("workers.nightly.zones",) in beginning.nightly_and_mailboxes()
    beginning.polled_at -= 10
    assert ("workers.nightly.zones",) not in beginning.nightly_and_mailboxes()


def test_nothing_is_due_in_an_empty_desk(app):
    assert due.soonest() == {}
    assert due.mailboxes() == []
    assert due.nightly() == {"history", "clocks", "roster", "handling"}


def test_a_mailbox_without_a_server_is_not_read(app, mailbox):
    connected = making.make_mailbox(mailbox.team, "imap@helpdesk.test", {"imap_host": "imap.test"})
    assert due.mailboxes() == [connected.id]


def test_a_shift_is_due_at_its_end(app):
    team = making.make_team()
    shift = making.make_shift(making.make_staff(teams=[team]), team)
    assert due.soonest() == {"workers.shifts.end": shift.ends_at}


class TestLeases:
    def test_one_has_it(self, app):
        assert leases.take("mailbox", "me", 30)
        assert leases.take("mailbox", "me", 30)
        assert not leases.take("mailbox", "you", 30)
        assert not leases.free("mailbox", 30)

    def test_given_back_it_is_free(self, app):
        leases.take("mailbox", "me", 30)
        leases.release("mailbox", "me")
        assert leases.take("mailbox", "you", 30)

    def test_only_its_holder_gives_it_back(self, app):
        leases.take("mailbox", "me", 30)
        leases.release("mailbox", "you")
        assert not leases.free("mailbox", 30)

    def test_a_clock_set_back_does_not_keep_a_dead_holder_alive(self, app):
        leases.take("mailbox", "me", 3 * 3600)
        assert leases.take("mailbox", "you", 30)

    def test_a_seat_is_not_renewed_at_every_look(self, app):
        seat = leases.Seat("tick", "me", 3.0)
        assert seat.hold()
        kept = db.session.get(Lease, "tick").until
        assert seat.hold()
        db.session.rollback()
        assert db.session.get(Lease, "tick", populate_existing=True).until == kept

    def test_a_seat_is_renewed_in_time(self, app):
        seat = leases.Seat("tick", "me", 1.2)
        until = time.monotonic() + 2
        while time.monotonic() < until:
            assert seat.hold()
            assert not leases.Seat("tick", "you", 1.2).hold()
            time.sleep(0.05)

    def test_a_seat_lost_is_known_as_lost(self, app):
        seat = leases.Seat("tick", "me", 0.8)
        assert seat.hold()
        eventually(lambda: leases.free("tick", 0.8))
        assert leases.take("tick", "you", 0.8)
        assert not seat.hold()


def test_a_deadline_is_called_out_before_what_waited_longer(app):
    bell.wake("workers.intake.file")
    bell.wake("workers.deadlines.fire")
    assert [job.func_name for job in bell.queue().jobs] == ["workers.deadlines.fire", "workers.intake.file"]


def test_filing_makes_room_when_a_deadline_presses(app, mailbox):
    for number in range(intake.BATCHES[0] + 1):
        making.arrive(mailbox, making.eml(sender=f"c{number}@customer.test"))
    bell.wake("workers.deadlines.fire")
    assert intake.file_waiting() == intake.BATCHES[0]


def test_what_falls_due_while_something_is_due_is_looked_for_at_once(app, mailbox):
    making.arrive(mailbox, making.eml())
    found = tick(app)
    assert found.beat() < 0.5
    found.seat.leave()
