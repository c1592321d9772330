"""What each role sees, and what happens at a door that is not theirs."""

import pytest
from playwright.sync_api import expect

from helpdesk.services import desk as tickets
from tests.making import make_staff, make_team

pytestmark = pytest.mark.once

AGENT = ["Tickets", "Shift", "Look-up"]
SUPERVISOR = ["Tickets", "Shift", "Board", "Look-up", "Intake", "Calls"]
PLACES = [("agent", AGENT), ("supervisor", SUPERVISOR), ("administrator", [*SUPERVISOR, "Settings"])]
NOT_AN_AGENTS = ["/board", "/intake", "/calls", "/admin", "/admin/shifts"]


@pytest.fixture
def team(desk):
    return make_team()


@pytest.fixture
def ana(team):
    return make_staff(teams=[team], name="Ana Seitova")


@pytest.mark.parametrize(("role", "places"), PLACES)
def test_the_rail_names_the_places_of_a_role(desk, team, role, places):
    page = desk.sign_in(make_staff(role, [team]))
    rail = page.get_by_role("navigation", name="Sections").locator(
        ':scope > a:has(span):not([data-theme-toggle], .brand, .rail-hangs, [href^="/help"])'
    )
    expect(rail).to_have_text(places)


def test_an_agent_at_a_leads_door_is_told_so(desk, ana):
    page = desk.sign_in(ana)
    for address in NOT_AN_AGENTS:
        assert page.goto(address).status == 403
        expect(page.locator("main")).to_contain_text("Your role does not allow this")


def test_only_a_lead_is_offered_to_make_others_owners(desk, team, ana):
    number = opened(team, ana).number
    page = desk.sign_in(ana)
    page.goto(f"/tickets/{number}")
    expect(page.locator("#assign")).to_have_count(0)
    page = desk.sign_in(make_staff("supervisor", [team]))
    page.goto(f"/tickets/{number}")
    names = page.locator("#assign option").all_text_contents()
    assert [name.split(" · ")[0] for name in names][:2] == ["No owner", "Ana Seitova"]


def test_another_teams_ticket_is_nowhere_to_be_found(desk, ana):
    other = make_staff(teams=[make_team()])
    number = opened(other.memberships[0].team, other).number
    page = desk.sign_in(ana)
    expect(page.get_by_text("Nothing")).to_be_visible()
    assert page.goto(f"/tickets/{number}").status == 404


def opened(team, by):
    return tickets.open_ticket(
        customer=make_staff(None, login=None, name="Marat"), team_id=team.id, subject="Coupon", text="Called", by=by
    )
