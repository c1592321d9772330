"""What is taken and lies still goes back to its team; whoever does something keeps it."""

import pytest
from sqlalchemy import select

from helpdesk.services import desk, due, idling, intake, reading, taking
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.services.store import ticket_for
from helpdesk.tickets.models import Event
from tests.making import MINUTE, arrive, eml, make_mailbox, make_policy, make_staff, make_team


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def ana(team):
    return make_staff(teams=[team])


@pytest.fixture
def box(team):
    box = make_mailbox(team)
    arrive(box, eml())
    intake.file_waiting()
    return box


def after(minutes):
    """What is given back so many minutes later."""
    with pretend(now() + minutes * MINUTE):
        return idling.give_back()


def test_what_lies_still_goes_back_at_its_minute_and_its_owner_is_told(box, ana):
    taking.take_next(by=ana)
    assert due.soonest()["workers.taking.give_back"] > now() + 14 * MINUTE
    assert (after(14), after(16), after(17)) == (0, 1, 0)
    last = db.session.scalars(select(Event).order_by(Event.id.desc())).first()
    assert (last.kind, last.facts["why"], last.facts["minutes"]) == ("assigned", "idle", 15)
    assert ticket_for(ana, 1).owner is None
    assert [notice.kind for notice in reading.unread(ana)] == ["given_back"]


@pytest.mark.parametrize("act", ["note", "reply", "pend", "change_priority"])
def test_who_does_something_keeps_it(box, ana, act):
    said = {"note": {"text": "x"}, "reply": {"text": "x"}, "change_priority": {"to": "high"}}
    desk.take(1, by=ana)
    getattr(desk, act)(1, by=ana, **said.get(act, {}))
    assert after(60) == 0
    assert ticket_for(ana, 1).owner == ana


def test_what_others_say_or_do_does_not_keep_it(box, team, ana):
    desk.take(1, by=ana)
    desk.note(1, text="Any news?", by=make_staff(teams=[team]))
    assert after(16) == 1


def test_what_was_assigned_or_solved_by_others_stays(box, team, ana):
    lead = make_staff("supervisor", teams=[team])
    desk.assign(1, to=ana.id, by=lead)
    assert after(60) == 0
    desk.assign(1, to=None, by=lead)
    desk.take(1, by=ana)
    desk.solve(1, by=lead)
    assert after(60) == 0
    assert ticket_for(ana, 1).owner == ana


def test_a_team_that_says_never_gets_nothing_back(box, team, ana):
    root = make_staff("administrator")
    taking.rule(team.id, skill_tags=[], most_open=None, idle_minutes=0, by=root)
    desk.take(1, by=ana)
    assert after(600) == 0
