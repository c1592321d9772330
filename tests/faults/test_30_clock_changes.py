"""Row 30: a ticket that spans a change of the clocks, paused and resumed in the repeated hour, is due where counting says."""

from datetime import datetime, timedelta

import pytest

from helpdesk.services import desk, intake
from helpdesk.services.instant import pretend
from tests import making
from tests.differing import differing_clocks
from tests.faults.promises import due, look
from tests.making import HOUR, MINUTE
from tests.oracle import Oracle, instant
from tests.sla.hours import DAYS
from workers.schedule import tick

BY_NIGHT_TOO = [["00:30", "02:15"], ["02:45", "04:00"], ["09:00", "18:00"], ["22:00", "00:15"]]
FIRST, LAST = 6 * HOUR, 16 * HOUR
TARGETS = {"first_response": FIRST.seconds, "answer": None, "update": None, "resolution": LAST.seconds}
CHANGES = [
    ("Europe/Berlin", "2025-03-30T01:00Z"),
    ("Europe/Berlin", "2025-10-26T01:00Z"),
    ("America/New_York", "2025-03-09T07:00Z"),
    ("America/New_York", "2025-11-02T06:00Z"),
    ("Australia/Lord_Howe", "2025-04-05T15:00Z"),
    ("Australia/Lord_Howe", "2025-10-04T15:30Z"),
    ("Africa/Cairo", "2025-04-24T22:00Z"),
    ("Africa/Cairo", "2025-10-30T21:00Z"),
]
DUE = "SELECT kind, due_at FROM clock WHERE due_at IS NOT NULL"


@pytest.fixture
def definition(app, zone):
    return {"tz": zone, "weekly": dict.fromkeys(DAYS, BY_NIGHT_TOO)}


@pytest.fixture
def change(definition, moment):
    """The instant at which the clocks are moved; a ticket came five hours before."""
    at = datetime.fromisoformat(moment)
    making.make_policy(TARGETS, calendar=definition)
    team = making.make_team()
    with pretend(at - 5 * HOUR):
        making.arrive(making.make_mailbox(team, settings={"acknowledge": False}), making.eml())
        intake.file_waiting()
    return at


def pauses(change):
    """Stopped and going again twice around the change: in the autumn both passes of the repeated hour have a part."""
    return [(change - 25 * MINUTE, change + 5 * MINUTE), (change + 11 * MINUTE, change + 24 * MINUTE)]


def lives_through(change, ana):
    for (begin, end), stop in zip(pauses(change), (desk.pend, desk.hold), strict=True):
        for at, act in ((begin, stop), (end, desk.resume)):
            with pretend(at):
                act(1, by=ana)


@pytest.mark.parametrize(("zone", "moment"), CHANGES)
def test_over_a_change_of_the_clocks_each_promise_is_due_and_called_out_where_counting_says(
    app, config, change, definition
):
    oracle, found = Oracle(config), tick(app)
    lives_through(change, making.make_staff("administrator"))
    first = due(definition, change - 5 * HOUR, FIRST)
    last = due(definition, change - 5 * HOUR, LAST, *pauses(change))
    assert {kind: instant(at) for kind, at in oracle.rows(DUE)} == {"first_response": first, "resolution": last}
    for at in (first, first + MINUTE, last, last + MINUTE, last + 2 * MINUTE):
        look(found, at)
    assert [(kind, at, seen) for _, kind, _, at, seen in oracle.breaches()] == [
        ("first_response", first, first + MINUTE),
        ("resolution", last, last + MINUTE),
    ]
    assert oracle.problems() == []
    with pretend(last + timedelta(hours=1)):
        assert differing_clocks() == []
