"""Reasons by plain forms: kept in the settings, given beside the ticket."""

import re

import pytest

from helpdesk.services import desk, reasons
from helpdesk.services.store import ticket_for
from tests.making import make_policy, make_staff, make_team

pytestmark = pytest.mark.once


@pytest.fixture
def team(app):
    make_policy()
    return make_team(reason_required=True)


@pytest.fixture
def ana(team):
    return make_staff(teams=[team])


@pytest.fixture
def root(team):
    return make_staff("administrator", [team])


@pytest.fixture
def late(root):
    top = reasons.add(name="Delivery", parent_id=None, by=root)
    return reasons.add(name="Late", parent_id=top.id, by=root)


def opened(team, by):
    customer = make_staff(None, login=None, name="Marat")
    return desk.open_ticket(customer=customer, team_id=team.id, subject="Cup", text="Called", by=by).number


def test_an_administrator_makes_the_list_renames_and_retires(as_, root):
    client = as_(root)
    client.post("/admin/reasons", data={"name": "Delivery", "parent": ""})
    page = client.get("/admin/reasons").text
    under = re.search(r'<option value="(\d+)">Delivery', page)[1]
    client.post("/admin/reasons", data={"name": "Late", "parent": under})
    page = client.post("/admin/reasons", data={"name": "Late › never", "parent": under})
    assert (page.status_code, "Write it without ›." in page.text, "Late › never" in page.text) == (422, True, True)
    client.post(f"/admin/reasons/{under}", data={"name": "Deliveries"})
    assert "Retired" in client.get("/admin/reasons").text


def test_a_reason_is_chosen_beside_the_ticket_and_stands_in_its_history(as_, team, ana, late):
    client, number = as_(ana), opened(team, ana)
    assert '<option value="Delivery › Late">' in client.get(f"/tickets/{number}").text
    page = client.post(f"/tickets/{number}/reason", data={"to": "Delivery › Late"}, follow_redirects=True).text
    assert 'value="Delivery › Late" placeholder' in page
    assert "Contact reason: none → Late" in page
    assert ticket_for(ana, number).reason_id == late.id
