"""Who stands in for whom while they are away."""

import pytest

from helpdesk.errors import Conflict, NotAllowed
from helpdesk.services import roster
from tests.making import HOUR, MONDAY, make_staff, make_team


@pytest.fixture
def team(app):
    return make_team()


@pytest.fixture
def people(team):
    return [make_staff(teams=[team], name=name) for name in ("Ana", "Bea", "Cleo")]


@pytest.fixture
def lead(team):
    return make_staff("supervisor", [team])


def away(person, substitute=None, *, by, begins=MONDAY):
    return roster.add_absence(
        person_id=person.id, kind="sick", starts_at=begins, ends_at=begins + 24 * HOUR, by=by,
        substitute_id=substitute.id if substitute else None,
    )  # fmt: skip


def test_the_substitute_stands_in_while_one_is_away(people, lead):
    ana, bea, _cleo = people
    away(ana, bea, by=lead)
    found = [roster.substitute_of(ana, MONDAY + hours * HOUR) for hours in (-1, 0, 23, 24)]
    assert found == [None, bea, bea, None]


def test_a_substitute_who_is_away_has_one_too(people, lead):
    ana, bea, cleo = people
    away(ana, bea, by=lead)
    away(bea, cleo, by=lead)
    assert roster.substitute_of(ana, MONDAY) == cleo


def test_substitutes_of_each_other_who_are_both_away_are_nobody(people, lead):
    ana, bea, _cleo = people
    away(ana, bea, by=lead)
    away(bea, ana, by=lead)
    assert roster.substitute_of(ana, MONDAY) is None


def test_one_names_ones_own_substitute_and_nobody_elses(people, lead):
    ana, bea, cleo = people
    absence = away(ana, by=lead)
    roster.name_substitute(absence.id, substitute_id=bea.id, by=ana)
    assert roster.substitute_of(ana, MONDAY) == bea
    with pytest.raises(NotAllowed):
        roster.name_substitute(absence.id, substitute_id=cleo.id, by=cleo)


def test_a_substitute_is_a_colleague_and_not_ones_self(people, lead):
    ana, stranger = people[0], make_staff(teams=[make_team()])
    for substitute in (ana, stranger):
        with pytest.raises(Conflict):
            away(ana, substitute, by=lead)
