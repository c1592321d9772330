"""Links between tickets are seen from both sides, by whoever sees both."""

import pytest

from helpdesk.errors import Conflict, NotFound
from helpdesk.services import desk, history, linking
from helpdesk.services.database import db
from tests.making import make_policy, make_staff, make_team
from tests.oracle import Oracle


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def ana(team):
    return make_staff(teams=[team])


def opened(team, by):
    customer = make_staff(None, login=None, name="Marat")
    return desk.open_ticket(customer=customer, team_id=team.id, subject="Cup", text="Called", by=by)


def told(ticket, by):
    db.session.rollback()
    return [(one.ticket.number, one.how) for one in linking.links(ticket, by=by)]


def test_both_say_what_they_have_to_do_with_each_other_until_it_is_taken_back(team, ana, config):
    part, whole = opened(team, ana), opened(team, ana)
    linking.link(part.number, whole.number, "child", by=ana)
    assert (told(part, ana), told(whole, ana)) == ([(whole.number, "child")], [(part.number, "child_of")])
    linking.unlink(whole.number, part.number, by=ana)
    assert (told(part, ana), told(whole, ana)) == ([], [])
    assert (Oracle(config).problems(), history.verify_all()) == ([], [])


@pytest.mark.once
def test_a_foreign_ticket_is_not_found_and_not_even_its_subject_is_told(team, ana):
    other = make_team()
    eve, both = make_staff(teams=[other]), make_staff(teams=[team, other])
    mine, foreign = opened(team, ana), opened(other, eve)
    with pytest.raises(NotFound):
        linking.link(mine.number, foreign.number, "related", by=ana)
    linking.link(mine.number, foreign.number, "related", by=both)
    assert (told(mine, ana), len(told(mine, both))) == ([], 1)


@pytest.mark.once
def test_what_is_linked_already_or_to_itself_is_refused(team, ana):
    one, other = opened(team, ana), opened(team, ana)
    linking.link(one.number, other.number, "related", by=ana)
    with pytest.raises(Conflict, match="linked already"):
        linking.link(other.number, one.number, "duplicate", by=ana)
    with pytest.raises(Conflict, match="one ticket"):
        linking.link(one.number, one.number, "related", by=ana)
