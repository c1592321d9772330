"""Beside the answer itself: words that are quoted, a file that was forgotten, a message that goes to somebody else."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from helpdesk.services import intake
from helpdesk.services.database import db
from helpdesk.tickets.models import Ticket
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team

pytestmark = pytest.mark.once

SELECT = """(words) => {
  const walk = document.createTreeWalker(document.querySelector("#thread"), NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const at = walk.currentNode.data.indexOf(words);
    if (at >= 0) return getSelection().setBaseAndExtent(walk.currentNode, at, walk.currentNode, at + words.length);
  }
}"""


@pytest.fixture
def ana(desk):
    make_policy()
    return make_staff(teams=[make_team()])


@pytest.fixture
def page(desk, ana):
    team, address = ana.memberships[0].team, f"answer{ana.id}@helpdesk.test"
    arrive(
        make_mailbox(team, address, settings={"acknowledge": False}),
        eml(to=address, text="The cup is broken.\nAnd the plate."),
    )
    intake.file_waiting()
    page = desk.sign_in(ana)
    page.goto(f"/tickets/{db.session.scalars(select(Ticket.number).order_by(Ticket.id.desc())).first()}")
    return page


def test_selected_words_are_quoted_as_often_as_one_likes(page):
    page.evaluate(SELECT, "cup is broken")
    page.keyboard.press("r")
    page.keyboard.type("We mend it.")
    page.evaluate(SELECT, "the plate")
    page.locator("#composer .tab[aria-current]").click()
    page.keyboard.type("That, too.")
    expect(page.locator("#reply")).to_have_value("> cup is broken\nWe mend it.\n> the plate\nThat, too.")


def test_without_a_selection_nothing_is_quoted(page):
    page.keyboard.press("r")
    page.keyboard.type("We mend it.")
    expect(page.locator("#reply")).to_have_value("We mend it.")


def test_a_message_is_forwarded_by_a_key(page):
    page.keyboard.press("f")
    page.get_by_label("To whom").fill("repair@partner.test")
    page.get_by_label("Your words before it").fill("Can you mend it?")
    page.get_by_role("button", name="Forward", exact=True).click()
    expect(page.locator(".msg-note")).to_contain_text("forwarded to repair@partner.test")
