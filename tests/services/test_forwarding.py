"""Whose number calls go on to though they are away, and whose to set instead."""

import pytest

from helpdesk.errors import NotFound
from helpdesk.services import forwarding, roster
from helpdesk.services.instant import now
from tests.making import HOUR, make_staff, make_team

DAY = 24 * HOUR


@pytest.fixture
def team(app):
    return make_team()


@pytest.fixture
def lead(team):
    return make_staff("supervisor", [team])


@pytest.fixture
def ana(team):
    return make_staff(teams=[team], name="Ana", forward_number="201")


@pytest.fixture
def bea(team):
    return make_staff(teams=[team], name="Bea", forward_number="202")


def away(person, substitute, by, begins=-HOUR):
    return roster.add_absence(
        person_id=person.id, kind="vacation", starts_at=now() + begins, ends_at=now() + 3 * DAY, by=by,
        substitute_id=substitute.id if substitute else None,
    )  # fmt: skip


def listed(by):
    return [(one.person.name, one.now_to.name, one.to and one.to.name) for one in forwarding.to_change(by, now())]


def test_a_number_of_somebody_away_is_listed_until_the_substitutes_is_set(ana, bea, lead):
    away(ana, bea, lead)
    assert listed(lead) == [("Ana", "Ana", "Bea")]
    forwarding.set_to(ana.id, to_id=bea.id, by=lead)
    assert listed(lead) == []


def test_whoever_is_back_is_listed_until_their_own_number_is_set_again(ana, bea, lead):
    absence = away(ana, bea, lead)
    forwarding.set_to(ana.id, to_id=bea.id, by=lead)
    roster.remove_absence(absence.id, by=lead)
    assert listed(lead) == [("Ana", "Bea", "Ana")]
    forwarding.set_to(ana.id, to_id=ana.id, by=lead)
    assert listed(lead) == []


def test_a_substitute_who_falls_ill_is_replaced(ana, bea, lead, team):
    cleo = make_staff(teams=[team], name="Cleo", forward_number="203")
    away(ana, bea, lead)
    forwarding.set_to(ana.id, to_id=bea.id, by=lead)
    away(bea, cleo, lead)
    assert listed(lead) == [("Ana", "Bea", "Cleo"), ("Bea", "Bea", "Cleo")]


def test_without_a_substitute_it_is_said_that_there_is_none(ana, lead):
    away(ana, None, lead)
    assert listed(lead) == [("Ana", "Ana", None)]


def test_an_absence_that_begins_within_a_day_is_listed_and_a_later_one_is_not(ana, bea, lead):
    away(ana, bea, lead, begins=20 * HOUR)
    away(bea, ana, lead, begins=30 * HOUR)
    assert listed(lead) == [("Ana", "Ana", "Bea")]


def test_a_lead_sees_and_sets_their_own_team_only(ana, bea, lead):
    foreign = make_staff("supervisor", [make_team()])
    away(ana, bea, lead)
    assert listed(foreign) == []
    with pytest.raises(NotFound):
        forwarding.set_to(ana.id, to_id=bea.id, by=foreign)
