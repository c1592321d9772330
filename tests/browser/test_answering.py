"""Beside the answer itself: words that are quoted, a file that was forgotten, a message that goes to somebody else."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from helpdesk.services import desk as tickets
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
    team = make_team()
    make_policy(when={"team": [team.name]})
    return make_staff(teams=[team])


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


def test_what_only_staff_see_is_quoted_in_a_note_alone(page, ana):
    tickets.note(int(page.url.rpartition("/")[2]), text="He is a liar.", by=ana)
    page.reload()
    page.evaluate(SELECT, "a liar")
    page.keyboard.press("r")
    page.keyboard.type("We mend it.")
    expect(page.locator("#reply")).to_have_value("We mend it.")
    page.goto(f"{page.url}?kind=note")
    page.evaluate(SELECT, "a liar")
    page.keyboard.press("n")
    expect(page.locator("#reply")).to_have_value("> a liar\n")


def test_a_forgotten_file_is_attached_and_the_answer_leaves(page):
    page.locator("#reply").fill("The form is attached.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#reply-error")).to_contain_text("none is attached")
    page.locator("#composer input[type=file]").set_input_files(
        {"name": "form.txt", "mimeType": "text/plain", "buffer": b"form"}
    )
    page.locator("#composer .send .btn-primary").first.click()
    expect(page.locator(".msg-out")).to_contain_text("form.txt")


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
