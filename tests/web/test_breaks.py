"""Going on a break from any page, and being ready again."""

import pytest

from helpdesk.services import breaks, desk
from tests.making import make_policy, make_shift, make_staff, make_team


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def ana(team):
    ana = make_staff(teams=[team], name="Ana")
    make_shift(ana, team)
    return ana


def test_a_break_is_on_every_page_until_one_is_ready(as_, ana):
    client = as_(ana)
    answer = client.post("/breaks", data={"kind": "lunch", "back": "/shift"})
    assert answer.location == "/shift"
    assert "On a break" in client.get("/lookup").text
    client.post("/breaks/end")
    assert "On a break" not in client.get("/lookup").text


def test_a_break_of_no_known_kind_is_refused_with_a_sentence(as_, ana):
    answer = as_(ana).post("/breaks", data={"kind": "nap"})
    assert (answer.status_code, "Choose which break it is." in answer.text) == (422, True)


def test_what_falls_due_before_one_is_back_is_said(as_, ana, team):
    marat = make_staff(None, name="Marat", login=None)
    ticket = desk.open_ticket(customer=marat, team_id=team.id, subject="Cup", text="Called", by=ana)
    desk.take(ticket.number, by=ana)
    client = as_(ana)
    client.post("/breaks", data={"kind": "meeting", "minutes": "5"})
    assert "before you return" not in client.get("/queue").text
    client.post("/breaks", data={"kind": "meeting", "minutes": "720"})
    assert "1 of yours falls due before you return" in client.get("/queue").text


def test_somebody_off_shift_is_offered_no_break(as_, team):
    assert "Take a break" not in as_(make_staff(teams=[team])).get("/queue").text


def test_a_receiver_on_a_break_is_shown_as_one(as_, ana, team):
    bea, marat = make_staff(teams=[team], name="Bea"), make_staff(None, name="Marat", login=None)
    ticket = desk.open_ticket(customer=marat, team_id=team.id, subject="Cup", text="Called", by=bea)
    desk.take(ticket.number, by=bea)
    breaks.begin("rest", by=ana)
    assert "Ana · 0 open · on a break" in as_(bea).get(f"/tickets/{ticket.number}").text


def test_the_board_says_how_many_are_on_a_break(as_, ana, team):
    breaks.begin("rest", minutes=15, by=ana)
    assert "1 on a break" in as_(make_staff("supervisor", [team])).get("/board").text


def test_an_owner_on_a_break_is_shown_as_away_in_the_queue(as_, ana, team):
    marat = make_staff(None, name="Marat", login=None)
    ticket = desk.open_ticket(customer=marat, team_id=team.id, subject="Cup", text="Called", by=ana)
    desk.take(ticket.number, by=ana)
    breaks.begin("rest", by=ana)
    assert "Owner: Ana</span>" not in (page := as_(make_staff(teams=[team])).get("/queue").text)
    assert "Owner: Ana, on a break" in page


def test_a_lead_ends_a_break_that_was_forgotten(as_, ana, team):
    breaks.begin("rest", by=ana)
    lead = as_(make_staff("supervisor", [team]))
    assert "On a break now" in lead.get("/admin/shifts").text
    lead.post(f"/breaks/of/{ana.id}/end")
    assert "On a break now" not in lead.get("/admin/shifts").text
