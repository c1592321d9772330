"""Choosing rows of the queue by keys and by the pointer, acting on them at once, and undoing it."""

import pytest
from playwright.sync_api import expect

from helpdesk.services import desk as tickets
from tests.making import make_staff, make_team

pytestmark = pytest.mark.once


@pytest.fixture
def ana(desk):
    return make_staff(teams=[make_team()])


@pytest.fixture
def page(desk, ana):
    customer = make_staff(None, login=None, name="Marat")
    for subject in ("one", "two", "three", "four"):
        tickets.open_ticket(customer=customer, team_id=ana.team_ids[0], subject=subject, text="Called", by=ana)
    return desk.sign_in(ana)


def chosen(page):
    return [box.is_checked() for box in page.locator(".trow-check input[type=checkbox]").all()]


def test_rows_are_chosen_by_keys_taken_at_once_and_given_back(page):
    expect(page.locator(".bulk")).to_be_hidden()
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("[data-picked]")).to_have_text("Selected: 1")
    for key in ("j", "j", "Shift+X"):
        page.keyboard.press(key)
    assert chosen(page) == [True, True, True, False]
    page.keyboard.press("i")
    expect(page.locator(".flashes[role=status]")).to_contain_text("3 tickets were changed.")
    expect(page.locator(".trow", has_text="No owner")).to_have_count(1)
    page.keyboard.press("z")
    expect(page.locator(".flashes[role=status]")).to_contain_text("3 tickets are as before.")
    expect(page.locator(".trow", has_text="No owner")).to_have_count(4)


def test_all_are_chosen_by_star_a_and_none_by_escape_on_a_russian_keyboard_too(page):
    page.keyboard.press("*")
    page.locator("body").dispatch_event("keydown", {"key": "ф", "code": "KeyA"})
    assert chosen(page) == [True] * 4
    page.keyboard.press("Escape")
    assert chosen(page) == [False] * 4
    expect(page.locator(".bulk")).to_be_hidden()


def test_a_click_with_shift_chooses_up_to_there_and_what_is_chosen_stays_when_news_come(page, ana):
    boxes = page.locator(".trow-check input[type=checkbox]")
    boxes.nth(0).click()
    boxes.nth(2).click(modifiers=["Shift"])
    number = int(page.locator(".trow").nth(1).get_attribute("data-ticket"))
    tickets.change_tags(number, to=["refund"], by=ana)
    expect(page.locator(".trow").nth(1)).to_contain_text("refund")
    assert chosen(page) == [True, True, True, False]
    page.get_by_text("Priority P").click()
    page.get_by_role("button", name="High 2").click()
    expect(page.locator(".flashes[role=status]")).to_contain_text("3 tickets were changed.")


@pytest.mark.parametrize("back", [lambda page: page.keyboard.press("u"), lambda page: page.go_back()])
def test_the_way_back_from_a_ticket_leads_to_its_row_in_the_same_list(page, back):
    page.goto("/queue?view=unassigned&priority=normal")
    link = page.locator(".trow-subject").nth(2)
    link.click()
    page.wait_for_url("**/tickets/*")
    back(page)
    page.wait_for_url("**/queue?view=unassigned&priority=normal")
    expect(page.locator(".trow-subject").nth(2)).to_be_focused()
