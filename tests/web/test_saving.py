"""Lists of the queue kept under a name, for oneself or for a team."""

import re

import pytest

from helpdesk.services import desk, saving
from helpdesk.services.database import db
from helpdesk.tickets.saving import SavedView
from tests.making import make_staff, make_team


@pytest.fixture
def team(app):
    return make_team()


@pytest.fixture
def ana(team):
    return make_staff(teams=[team])


@pytest.fixture
def lead(team):
    return make_staff("supervisor", teams=[team])


@pytest.fixture(autouse=True)
def tickets(team, ana):
    customer = make_staff(None, login=None, name="Marat")
    for priority in ("urgent", "urgent", "low"):
        desk.open_ticket(
            customer=customer, team_id=team.id, subject=priority, text="Called", by=ana, priority=priority
        )  # fmt: skip


def beside(page):
    """The kept views in the column at the side, each with its count."""
    part = page.text.partition('<p class="cap">Saved</p>')[2].partition("</ul>")[0]
    return re.findall(r'<span class="clip">([^<]*)</span><span class="num">(\d+)</span>', part)


def test_a_list_with_its_filters_is_kept_under_a_name_with_its_count(as_, ana):
    client = as_(ana)
    page = client.post("/queue/saved", data={"name": "Hot", "priority": "urgent"}, follow_redirects=True)
    assert beside(page) == [("Hot", "2")]
    assert page.text.count('trow-subject clip"') == 2
    assert beside(client.get("/queue/rows")) == [("Hot", "2")]
    assert beside(as_(make_staff()).get("/queue")) == []


def test_what_a_lead_keeps_for_a_team_everybody_in_it_sees(as_, team, ana, lead):
    as_(lead).post("/queue/saved", data={"name": "Low ones", "priority": "low", "team": team.id})
    assert beside(as_(ana).get("/queue")) == [("Low ones", "1")]
    assert beside(as_(make_staff(teams=[make_team()])).get("/queue")) == []


def test_nobody_keeps_a_list_for_a_team_they_do_not_lead(as_, team, ana, lead):
    other = make_team()
    assert as_(ana).post("/queue/saved", data={"name": "x", "team": team.id}).status_code == 403
    assert as_(lead).post("/queue/saved", data={"name": "x", "team": other.id}).status_code == 404
    assert db.session.query(SavedView).count() == 0


def test_a_kept_list_is_removed_by_its_owner_or_who_leads_its_team(as_, team, ana, lead):
    own = saving.save(name="Mine", query={"view": "mine"}, team_id=None, by=ana).id
    shared = saving.save(name="Ours", query={}, team_id=team.id, by=make_staff("supervisor", teams=[team])).id
    assert as_(lead).post(f"/queue/saved/{own}/removal").status_code == 404
    assert as_(ana).post(f"/queue/saved/{shared}/removal").status_code == 404
    assert as_(ana).post(f"/queue/saved/{own}/removal").status_code == 303
    assert as_(lead).post(f"/queue/saved/{shared}/removal").status_code == 303
    assert db.session.query(SavedView).count() == 0


@pytest.mark.parametrize(
    "wanted", [{}, {"name": " "}, {"name": "x" * 81}, {"name": "a\nb"}, {"name": "x", "priority": "now"}, {"name": "x", "team": "1e0"}]
)  # fmt: skip
def test_what_no_page_sends_is_refused(as_, ana, wanted):
    assert as_(ana).post("/queue/saved", data=wanted).status_code == 422
    assert db.session.query(SavedView).count() == 0


def test_a_view_of_others_that_is_named_in_the_address_says_nothing_of_itself(as_, ana, lead):
    foreign = saving.save(name="Canary", query={}, team_id=None, by=lead).id
    assert "Canary" not in as_(ana).get(f"/queue?saved={foreign}").text


def test_who_keeps_too_many_is_told_to_remove_one(as_, ana):
    for number in range(saving.MOST):
        saving.save(name=str(number), query={}, team_id=None, by=ana)
    page = as_(ana).post("/queue/saved", data={"name": "x"}, follow_redirects=True).text
    assert "You keep 30 views already" in page
