"""Two people at one ticket see each other, in the list and in the ticket, while their tabs are open."""

import pytest
from playwright.sync_api import expect

from helpdesk.services import desk as tickets
from tests.making import make_staff, make_team

pytestmark = pytest.mark.once


def test_who_reads_and_who_writes_is_seen_until_the_tab_is_closed(desk):
    team = make_team()
    ana, bob = make_staff(teams=[team], name="Ana Seitova"), make_staff(teams=[team], name="Bob Braun")
    customer = make_staff(None, login=None, name="Marat")
    ticket = tickets.open_ticket(customer=customer, team_id=team.id, subject="Coupon", text="Called", by=ana)
    queue, page, beside = desk.sign_in(bob), desk.sign_in(ana), desk.sign_in(bob)
    page.goto(f"/tickets/{ticket.number}")
    expect(queue.locator(".trow-who")).to_have_text("Ana is reading")
    beside.goto(f"/tickets/{ticket.number}")
    expect(beside.locator(".head-who")).to_have_text("Ana is reading")
    expect(page.locator(".head-who")).to_have_text("Bob is reading")
    page.locator("#reply").type("Dear")
    expect(queue.locator(".trow-who .who-edit")).to_have_text("Ana is writing")
    expect(beside.locator(".head-who .who-edit")).to_have_attribute("title", "Ana Seitova is writing")
    page.goto("/lookup")
    expect(queue.locator(".trow-who")).to_have_text("")
    expect(beside.locator(".head-who")).to_have_text("")
