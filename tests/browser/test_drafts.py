"""What was written is never lost: a draft stays in the browser until the server has taken it."""

import pytest
from playwright.sync_api import expect

from helpdesk.services import desk as tickets
from tests.making import make_mailbox, make_policy, make_staff, make_team

pytestmark = pytest.mark.once


@pytest.fixture
def page(desk):
    """Ana's browser on a ticket's page."""
    team = make_team()
    make_policy(when={"team": [team.name]})
    make_mailbox(team, f"{team.name}@helpdesk.test".replace(" ", ""))
    ana, customer = make_staff(teams=[team]), make_staff(None, login=None, name="Marat")
    ticket = tickets.open_ticket(customer=customer, team_id=team.id, subject="Coupon", text="Called", by=ana)
    page = desk.sign_in(ana)
    page.goto(f"/tickets/{ticket.number}")
    yield page
    desk.troubles.clear()  # a browser reports each request that fails


@pytest.mark.parametrize("failure", [{"status": 500}, {"status": 503}, {"status": 413}, None])
def test_a_reply_that_the_server_did_not_take_is_there_again(page, failure):
    address = page.url
    page.route("**/messages", lambda route: route.fulfill(**failure) if failure else route.abort())
    page.locator("#reply").fill("It works again.")
    with page.expect_event("requestfailed" if failure is None else "response"):
        page.locator("[data-send]").click()
    page.unroute_all()
    page.goto(address)
    expect(page.locator("#reply")).to_have_value("It works again.")


def test_a_reply_that_the_server_took_is_gone(page):
    address = page.url
    page.locator("#reply").fill("It works again.")
    page.locator("[data-send]").click()
    expect(page.locator(".msg-out")).to_contain_text("It works again.")
    page.goto(address.partition("#")[0])
    expect(page.locator("#reply")).to_have_value("")
