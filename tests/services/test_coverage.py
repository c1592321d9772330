"""A week tells where nobody is planned though the queue is open, and who is planned twice."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.people.models import Absence
from helpdesk.services import coverage
from helpdesk.sla.span import Span
from tests.making import HOUR, MONDAY, make, make_policy, make_shift, make_staff, make_team

WEEK = date(2026, 9, 14)
NINE_TO_SIX = {"mon": [["09:00", "18:00"]], "tue": [["09:00", "18:00"]]}
DAY = 24 * HOUR
SPANS = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9)), max_size=6)


@pytest.fixture
def team(app):
    return make_team()


@pytest.fixture
def lead(team):
    return make_staff("supervisor", [team])


def gaps(team, lead):
    found = coverage.of_week(team.id, WEEK, lead).gaps
    return [((gap.start - MONDAY) / HOUR, (gap.end - MONDAY) / HOUR) for gap in found]


def test_open_hours_without_anybody_are_gaps(team, lead):
    make_policy(weekly=NINE_TO_SIX)
    make_shift(make_staff(teams=[team]), team, MONDAY + HOUR, MONDAY + 5 * HOUR)
    assert gaps(team, lead) == [(0, 1), (5, 9), (24, 33)]


def test_whoever_is_away_covers_nothing(team, lead):
    make_policy(weekly={"mon": [["09:00", "18:00"]]})
    ana = make_staff(teams=[team])
    make_shift(ana, team, MONDAY, MONDAY + 9 * HOUR)
    make(Absence(person_id=ana.id, kind="day_off", starts_at=MONDAY + 7 * HOUR, ends_at=MONDAY + DAY))
    assert gaps(team, lead) == [(7, 9)]


def test_policies_of_other_teams_open_no_hours(team, lead):
    make_policy(weekly=NINE_TO_SIX, when={"team": ["Another"]})
    assert gaps(team, lead) == []


def test_without_a_calendar_the_week_before_says_what_is_open(team, lead):
    make_shift(make_staff(teams=[team]), team, MONDAY - 7 * DAY, MONDAY - 7 * DAY + 9 * HOUR)
    make_shift(make_staff(teams=[team]), team, MONDAY, MONDAY + 4 * HOUR)
    assert gaps(team, lead) == [(4, 9)]


def test_two_shifts_at_once_are_told_across_teams(team, lead):
    other = make_team()
    ana = make_staff(teams=[team, other])
    make_shift(ana, team, MONDAY, MONDAY + 9 * HOUR)
    make_shift(ana, other, MONDAY + 8 * HOUR, MONDAY + 12 * HOUR)
    found = coverage.of_week(team.id, WEEK, lead).doubles
    assert found == [(ana, Span(MONDAY + 8 * HOUR, MONDAY + 9 * HOUR))]


@given(SPANS, SPANS)
def test_what_is_left_is_every_hour_that_is_open_and_not_covered(opened, covered):
    def spans(some):
        return [Span(MONDAY + start * HOUR, MONDAY + (start + length) * HOUR) for start, length in some]

    def hours(some):
        return {hour for hour in range(60) if any(one.start <= MONDAY + hour * HOUR < one.end for one in some)}

    left = coverage.uncovered(spans(opened), spans(covered))
    assert hours(left) == hours(spans(opened)) - hours(spans(covered))
    assert all(one.end <= after.start for one, after in pairwise(left))
