"""What is stored of a clock is held against the replay of its ticket's history: at once, and every night."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from helpdesk.orm import Progress
from helpdesk.services import clocks, desk, due, firing, health, intake
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.services.store import transaction
from helpdesk.sla.models import Clock
from helpdesk.tickets.models import Ticket
from tests.differing import differing_clocks
from tests.making import HOUR, MINUTE, MONDAY, arrive, eml, make, make_mailbox, make_policy, make_staff, make_team

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@pytest.fixture
def mailbox(app):
    make_policy()
    return make_mailbox(make_team(), settings={"acknowledge": False})


@pytest.fixture
def ana(mailbox):
    return make_staff(teams=[mailbox.team], name="Ana")


@pytest.fixture
def answered(mailbox, ana):
    """A ticket with a first response in time, and a resolution that runs until five."""
    came(mailbox)
    with pretend(MONDAY + 20 * MINUTE):
        desk.reply(1, text="Hello.", by=ana)


def came(mailbox, at=MONDAY):
    with pretend(at):
        arrive(mailbox, eml())
        intake.file_waiting()


def differing(at=30 * MINUTE):
    with pretend(MONDAY + at):
        return differing_clocks()


def change(kind="first_response", **values):
    with transaction():
        row = db.session.scalar(select(Clock).where(Clock.kind == kind).execution_options(populate_existing=True))
        for name, value in values.items():
            setattr(row, name, value)


WRONG = [
    ({"turn": 2}, "stored turn 2; history says turn 1"),
    ({"state": "missed"}, "stored state missed; history says state met"),
    ({"used_seconds": 1199}, "stored used 1199; history says used 1200"),
    ({"target_seconds": 60}, "stored target 60; history says target 3600"),
    ({"due_at": MONDAY}, f"stored due {MONDAY}; history says due {MONDAY + HOUR}"),
    ({"ended_at": None}, f"stored ended None; history says ended {MONDAY + 20 * MINUTE}"),
    ({"started_at": MONDAY - SECOND}, f"stored started {MONDAY - SECOND}; history says started {MONDAY}"),
    ({"ladder_stopped_at": MONDAY}, f"stored ladder stopped {MONDAY}; history says ladder stopped None"),
]


@pytest.mark.parametrize(("values", "told"), WRONG)
def test_what_is_wrong_of_a_clock_is_said_and_nothing_else(answered, values, told):
    assert differing() == []
    change(**values)
    assert differing() == [f"#1 first_response 1: {told}"]


def test_a_clock_that_is_not_stored_is_missed_and_one_that_should_not_be_is_named(answered):
    change(kind="resolution", started_seq=7)
    assert [line.split("; ")[1] for line in differing()] == [
        f"history says turn 1, state running, started {MONDAY}, due {MONDAY + 8 * HOUR}, ended None, target 28800, ladder stopped None",
        "history says nothing",
    ]  # fmt: skip


def test_a_ticket_that_nothing_was_promised_for_has_no_clocks(app, mailbox):
    came(mailbox)
    with transaction():
        db.session.get_one(Ticket, 1).policy_version_id = None
    assert {line.split("; ")[1] for line in differing()} == {"history says nothing"}
    assert len(differing()) == 2


def test_what_is_past_due_and_not_yet_swept_up_is_no_difference(answered):
    assert differing(9 * HOUR) == []
    with pretend(MONDAY + 9 * HOUR):
        firing.fire_due()
    assert differing(10 * HOUR) == []


@pytest.mark.parametrize("at", [None, MONDAY + 30 * HOUR])
def test_what_is_past_due_and_will_not_be_swept_up_is_one(answered, at):
    change(kind="resolution", next_fire_at=at)
    assert differing(9 * HOUR) == ["#1 resolution 1: stored state running; history says state missed"]


def test_what_a_host_swept_up_whose_clock_runs_ahead_is_no_difference(answered):
    with pretend(MONDAY + 8 * HOUR + SECOND):
        firing.fire_due()
    assert differing(8 * HOUR - SECOND) == []


def test_lateness_is_carried_on_and_leaves_out_pauses(answered, ana):
    for hours, act in ((9, desk.pend), (12, desk.resume)):
        with pretend(MONDAY + hours * HOUR):
            act(1, by=ana)
            assert differing_clocks() == []
    assert differing(13 * HOUR) == []
    change(kind="resolution", late_seconds=3660)
    assert differing(13 * HOUR) == ["#1 resolution 1: stored late 7260; history says late 7200"]


def test_what_the_release_before_laid_is_late_by_no_figure_of_its_own(answered):
    change(kind="resolution", late_since=None, late_seconds=None)
    assert differing(9 * HOUR) == []


def test_what_is_used_of_a_paused_clock_is_compared(answered, ana):
    with pretend(MONDAY + HOUR):
        desk.pend(1, by=ana)
    change(kind="resolution", used_seconds=60)
    assert differing(3 * HOUR) == ["#1 resolution 1: stored used 60; history says used 3600"]


def test_tickets_at_rest_for_more_than_a_month_are_left_to_the_check_of_all(answered, ana):
    with pretend(MONDAY + HOUR):
        desk.solve(1, by=ana)
    for days, expected in ((31, 2), (32, 0)):
        with pretend(MONDAY + days * DAY):
            assert sum(checked.clocks for checked in clocks.recent()) == expected
            assert sum(checked.clocks for checked in clocks.everything()) == 2


def tonight():
    clocks.verify_tonight()
    row = db.session.get(Progress, due.CLOCKS, populate_existing=True)
    return row.last, row.checked, row.done_at is not None


def found():
    return next(finding for finding in health.examine() if finding.part == "clocks")


def test_the_nightly_check_tells_the_doctor_and_comes_again_the_next_night(answered):
    assert found().what == "not checked yet"
    tonight()
    assert (found().state, found().what) == ("ok", "2 as their history says")
    assert due.nightly() == {"history", "roster", "handling"}
    change(state="missed")
    with pretend(now() + DAY):
        assert due.CLOCKS in due.nightly()
        tonight()
    assert found().state == "bad"
    assert found().what.startswith("1 of 2 differ from their history, the first: #1 first_response 1: stored state")


def test_a_check_that_takes_long_goes_on_at_the_next_ring(mailbox, monkeypatch):
    for _ in range(3):
        came(mailbox)
    monkeypatch.setattr(clocks, "LONGEST", -1)
    monkeypatch.setattr(clocks, "TICKETS", clocks.TICKETS.limit(1))
    assert [tonight() for _ in range(4)] == [(1, 2, False), (2, 4, False), (3, 6, False), (3, 6, True)]
    assert due.CLOCKS not in due.nightly()


def test_a_check_that_was_killed_goes_on_where_it_was(mailbox, monkeypatch):
    for _ in range(3):
        came(mailbox)
    monkeypatch.setattr(clocks, "TICKETS", clocks.TICKETS.limit(1))
    with monkeypatch.context() as dying:
        dying.setattr(clocks.time, "monotonic", iter([0.0, 1.0]).__next__)
        with pytest.raises(StopIteration):
            clocks.verify_tonight()
    assert tonight() == (2, 4, False)
    with pretend(now() + 4 * MINUTE):
        assert due.CLOCKS in due.nightly()
        assert tonight() == (3, 6, True)
    assert found().what == "6 as their history says"


def test_who_comes_second_leaves_it_to_the_first(answered):
    with pretend(now()):
        make(Progress(name=due.CLOCKS, last=0, checked=0, differing=0, first=""))
        clocks.leases.take(due.CLOCKS, "another", clocks.HELD)
        assert tonight() == (0, 0, False)
