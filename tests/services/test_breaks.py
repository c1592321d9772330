"""Who is on a break keeps their tickets and is given nothing; the break ends when they say so, else with the shift."""

from datetime import timedelta

import pytest

from helpdesk.errors import Conflict
from helpdesk.services import breaks, desk, handing_on, roster, timeline
from helpdesk.services.instant import now, pretend
from tests.making import HOUR, MINUTE, MONDAY, make_shift, make_staff, make_team

SHIFT = MONDAY, MONDAY + 9 * HOUR


@pytest.fixture
def team(app):
    return make_team()


@pytest.fixture
def ana(team):
    ana = make_staff(teams=[team], name="Ana")
    make_shift(ana, team, *SHIFT)
    return ana


def test_who_is_on_a_break_is_on_duty_and_not_available(ana, team):
    with pretend(MONDAY + 4 * HOUR):
        breaks.begin("lunch", minutes=60, by=ana)
        assert (roster.on_duty(now()), roster.available(now(), team.id)) == ([ana], [])


def test_who_is_ready_again_is_available_at_once(ana):
    with pretend(MONDAY + 4 * HOUR):
        breaks.begin("lunch", by=ana)
    with pretend(MONDAY + 5 * HOUR):
        breaks.end(by=ana)
        breaks.end(by=ana)
        assert roster.available(now()) == [ana]


def test_a_break_that_nobody_ended_is_over_with_the_shift(ana, team):
    make_shift(ana, team, MONDAY + 9 * HOUR, MONDAY + 12 * HOUR)
    make_shift(ana, team, MONDAY + 24 * HOUR, MONDAY + 33 * HOUR)
    with pretend(MONDAY + 8 * HOUR):
        breaks.begin("rest", by=ana)
    assert roster.available(MONDAY + 10 * HOUR) == []
    assert roster.available(MONDAY + 24 * HOUR) == [ana]


def test_another_break_goes_on_from_the_one_before(ana):
    with pretend(MONDAY + 4 * HOUR):
        began = breaks.begin("rest", minutes=15, by=ana).id
    with pretend(MONDAY + 4 * HOUR + 10 * MINUTE):
        rest = breaks.begin("lunch", minutes=60, by=ana)
        assert (rest.id, rest.kind, rest.back_at) == (began, "lunch", now() + HOUR)


def test_off_shift_there_is_nothing_to_break(ana):
    with pretend(MONDAY - HOUR), pytest.raises(Conflict):
        breaks.begin("rest", by=ana)


def test_a_shift_that_ends_is_offered_to_nobody_on_a_break(ana, team):
    bea, marat = make_staff(teams=[team]), make_staff(None, name="Marat", login=None)
    make_shift(bea, team, MONDAY - 9 * HOUR, MONDAY)
    ticket = desk.open_ticket(customer=marat, team_id=team.id, subject="Cup", text="Called", by=bea)
    desk.take(ticket.number, by=bea)
    with pretend(MONDAY):
        breaks.begin("rest", by=ana)
        handing_on.end_shifts()
        assert timeline.shown(ticket.number, by=ana, at=now()).offer.to_id is None


def test_colleagues_on_a_break_come_after_those_who_are_available(ana, team):
    zoe = make_staff(teams=[team], name="Zoe")
    make_shift(zoe, team, *SHIFT)
    with pretend(MONDAY + HOUR):
        breaks.begin("rest", by=ana)
    there = timeline.colleagues(team.id, MONDAY + HOUR)
    assert [(one.name, one.resting) for one in there] == [("Zoe", False), ("Ana", True)]


def test_leads_see_who_of_their_team_is_on_a_break(ana, team):
    lead, other = make_staff("supervisor", [team]), make_staff("supervisor", [make_team()])
    with pretend(MONDAY + HOUR):
        breaks.begin("rest", by=ana)
    at = MONDAY + HOUR + timedelta(minutes=1)
    assert [[rest.person for rest in breaks.of_teams(by, at)] for by in (lead, other)] == [[ana], []]
