"""Snippets go in while one types, and a macro's words never take the place of what was typed."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from helpdesk.services import desk as tickets
from helpdesk.services.database import db
from helpdesk.tickets.macros import Macro
from tests.making import make, make_staff, make_team
from tests.processes import eventually

pytestmark = pytest.mark.once


@pytest.fixture
def ana(desk):
    return make_staff(teams=[make_team()], name="Ana Seitova")


@pytest.fixture
def page(desk, ana):
    customer = make_staff(None, login=None, name="Marat")
    ticket = tickets.open_ticket(customer=customer, team_id=ana.team_ids[0], subject="Cup", text="Called", by=ana)
    make(Macro(kind="snippet", name="Bye", body="Yours, {agent.name}", team_id=ana.team_ids[0]))
    make(Macro(kind="macro", name="Depot", body="The depot has it.", team_id=ana.team_ids[0]))
    page = desk.sign_in(ana)
    page.goto(f"/tickets/{ticket.number}?kind=note")
    return page


def used():
    db.session.rollback()
    return db.session.scalar(select(Macro.used).where(Macro.kind == "snippet").order_by(Macro.id.desc()))


def test_what_is_chosen_takes_the_place_of_the_colons_and_is_counted(page):
    page.locator("#reply").type("Hello. ::")
    expect(page.locator("#snippet")).to_be_focused()
    page.locator("#snippet").select_option(label="Bye")
    expect(page.locator("#reply")).to_have_value("Hello. Yours, Ana Seitova")
    page.locator("#composer [data-send]").click()
    assert eventually(used) == 1


def test_a_macros_words_come_after_what_was_typed(page):
    page.locator(".tab").first.click()
    page.locator("#reply").type("Half an answer")
    page.locator("h1").click()
    page.keyboard.press("m")
    page.locator("[name=q]").fill("depot")
    page.keyboard.press("Enter")
    page.locator("button", has_text="Apply").click()
    expect(page.locator("#reply")).to_have_value("Half an answer\n\nThe depot has it.")


def test_a_colleague_is_chosen_after_an_at_sign_and_plain_addresses_are_left_alone(page, ana):
    make_staff(teams=[ana.memberships[0].team], name="Bob Braun", login=f"bob{ana.id}")
    page.reload()
    page.locator("#reply").type("From a@b.test, @")
    expect(page.locator("#mention")).to_be_focused()
    page.locator("#mention").select_option(label="Bob Braun")
    expect(page.locator("#reply")).to_have_value(f"From a@b.test, @bob{ana.id} ")
    expect(page.locator("#reply")).to_be_focused()
