"""Row 32: nobody looks for more than a day, over breaches, pauses and a holiday: each missed breach is called out once."""

import pytest

from helpdesk.services import desk, intake
from helpdesk.services.instant import pretend
from tests import making
from tests.differing import differing_clocks
from tests.faults.promises import due, look
from tests.making import HOUR, MINUTE
from tests.oracle import Oracle
from tests.sla.hours import DAYS, at
from workers.schedule import tick

FIRST, LAST = HOUR, 4 * HOUR
TARGETS = {"first_response": FIRST.seconds, "answer": None, "update": None, "resolution": LAST.seconds}
TOKYO = {"tz": "Asia/Tokyo", "weekly": {day: [["00:00", "24:00"]] for day in DAYS}, "holidays": ["2026-01-06"]}
GONE, BACK = at("Mon 14:00"), at("Tue 18:00")
PAUSE = (at("Mon 14:45"), at("Tue 16:00"))


@pytest.fixture
def ana(app):
    making.make_policy(TARGETS, calendar=TOKYO)
    return making.make_staff("administrator")


@pytest.fixture
def comes(ana):
    mailbox = making.make_mailbox(making.make_team(), settings={"acknowledge": False})

    def come(when):
        """A new ticket."""
        with pretend(at(when)):
            making.arrive(mailbox, making.eml())
            intake.file_waiting()

    return come


def does(when, act, number, **more):
    with pretend(when):
        act(number, **more)


def the_day(comes, ana):
    """Ticket 1 is solved in time, 2 waits for its customer, 3 is left alone, 4 answered late, 5 paused for a while."""
    for when in ("Mon 12:50", "Mon 13:00", "Mon 13:30", "Mon 13:40", "Mon 14:30"):
        comes(when)
        if when == "Mon 12:50":
            does(at("Mon 13:10"), desk.reply, 1, text="Done.", by=ana, then="solve")
        if when == "Mon 13:00":
            does(at("Mon 13:30"), desk.reply, 2, text="Which one?", by=ana, then="pend")
    does(PAUSE[0], desk.pend, 5, by=ana)
    does(at("Tue 15:30"), desk.reply, 4, text="Sorry.", by=ana)
    does(at("Tue 15:40"), desk.solve, 4, by=ana)
    does(PAUSE[1], desk.resume, 5, by=ana)


def missed():
    """What of that was missed: ticket, promise, and when it was due by counting minutes."""
    return [
        (3, "first_response", due(TOKYO, at("Mon 13:30"), FIRST)),
        (4, "first_response", due(TOKYO, at("Mon 13:40"), FIRST)),
        (5, "first_response", due(TOKYO, at("Mon 14:30"), FIRST)),
        (3, "resolution", due(TOKYO, at("Mon 13:30"), LAST)),
        (5, "resolution", due(TOKYO, at("Mon 14:30"), LAST, PAUSE)),
    ]


def test_what_was_missed_while_nobody_looked_is_called_out_once_with_when_it_was_due_and_when_found(
    app, config, comes, ana
):
    oracle, found, all_missed = Oracle(config), tick(app), missed()
    look(found, GONE)
    the_day(comes, ana)
    while_away = [one for one in all_missed if GONE < one[2] < BACK]
    for beat in range(3):
        look(found, BACK + beat * MINUTE)
    assert [(ticket, kind, when) for ticket, kind, _, when, _ in oracle.breaches()] == while_away
    assert {seen for *_, seen in oracle.breaches()} == {BACK}
    for beat in range(3):
        look(found, BACK + (6 + beat) * HOUR)
    assert [(ticket, kind, when) for ticket, kind, _, when, _ in oracle.breaches()] == all_missed
    assert oracle.problems() == []
    with pretend(BACK + 9 * HOUR):
        assert differing_clocks() == []


def test_the_day_has_breaches_before_and_after_the_holiday_and_one_that_comes_later():
    assert [f"{when:%a %H:%M}" for *_, when in missed()] == [
        "Mon 14:30", "Mon 14:40", "Tue 15:30", "Tue 17:30", "Tue 19:45",
    ]  # fmt: skip
