"""What works on a page is listed by ?, and found by its name with Ctrl K, in both languages."""

import pytest
from playwright.sync_api import expect

from helpdesk.services import desk as tickets
from tests.browser.axe import violations
from tests.browser.test_keys import press
from tests.making import make_staff, make_team

pytestmark = pytest.mark.once


@pytest.fixture
def ana(desk):
    return make_staff(teams=[make_team()])


@pytest.fixture
def ticket(ana):
    customer = make_staff(None, login=None, name="Marat")
    return tickets.open_ticket(customer=customer, team_id=ana.team_ids[0], subject="Coupon", text="Called", by=ana)


@pytest.fixture
def page(desk, ana, ticket):
    return desk.sign_in(ana)


WORDS = {
    "en": {"next": "Take the next one", "row": "Next row", "solve": "Solve", "typed": "solve", "reply": "Reply"},
    "ru": {
        "next": "Взять следующее",
        "row": "Следующая строка",
        "solve": "Решить",
        "typed": "решить",
        "reply": "Ответ",
    },
}


@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_question_mark_lists_what_works_on_this_page_and_nothing_else(page, ticket, language):
    words = WORDS[language]
    page.goto(f"/queue?lang={language}")
    press(page, "?")
    keys = page.locator("#keys")
    expect(keys.locator("dl > div", has=page.get_by_text(words["next"], exact=True)).locator("dt")).to_have_text(
        "T · Е"
    )
    expect(keys.get_by_text(words["row"], exact=True)).to_be_visible()
    expect(keys.get_by_text(words["reply"], exact=True)).to_have_count(0)
    assert violations(page, "light") == []
    page.keyboard.press("Escape")
    page.goto(f"/tickets/{ticket.number}")
    press(page, "?")
    expect(keys.locator("dl > div", has=page.get_by_text(words["reply"], exact=True)).locator("dt")).to_have_text(
        "R · К"
    )
    expect(keys.get_by_text(words["row"], exact=True)).to_be_hidden()


@pytest.mark.parametrize("language", ["ru", "en"])
def test_what_is_typed_finds_an_action_and_enter_does_it(page, ticket, language):
    page.goto(f"/tickets/{ticket.number}?lang={language}")
    palette(page).fill(WORDS[language]["typed"])
    expect(page.locator("#commands [aria-selected=true]")).to_contain_text(WORDS[language]["solve"])
    assert violations(page, "light") == []
    page.keyboard.press("Enter")
    expect(page.locator("#head .sla-met")).to_be_visible()


def palette(page):
    press(page, "Control+K", on="#reply")
    return page.locator("#palette").get_by_role("combobox")


def test_what_is_typed_in_the_other_alphabet_is_found_as_well(page, ticket):
    page.goto(f"/tickets/{ticket.number}")
    palette(page).fill("ыщдму")  # solve, typed while the keyboard is switched to Russian
    expect(page.locator("#commands [aria-selected=true]")).to_contain_text("Solve")


def test_arrows_go_through_what_was_found_and_the_field_says_where_they_are(page, ticket):
    page.goto(f"/tickets/{ticket.number}")
    field = palette(page)
    field.fill("tickets")
    page.keyboard.press("ArrowUp")
    last = page.locator("#commands li").last
    expect(last).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", last.get_attribute("id"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/lookup?q=tickets")


def test_a_ticket_is_opened_by_its_number(page, ticket):
    page.goto("/shift")
    page.keyboard.press("Control+k")
    page.locator("#palette").get_by_role("combobox").fill(f"#{ticket.number}")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/tickets/{ticket.number}")


def test_escape_leaves_the_palette_where_one_was(page, ticket):
    page.goto(f"/tickets/{ticket.number}")
    page.locator("#reply").focus()
    page.keyboard.press("Control+k")
    page.keyboard.press("Escape")
    expect(page.locator("#reply")).to_be_focused()
