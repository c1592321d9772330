"""Keys work by what is printed on the cap, whatever the layout, and are dead where somebody types."""

import pytest
from playwright.sync_api import expect

from helpdesk.services import desk as tickets
from tests.making import make_staff, make_team

pytestmark = pytest.mark.once

PRESS = """(element, key) => element.dispatchEvent(
  new KeyboardEvent("keydown", { ...key, bubbles: true, cancelable: true, composed: true }))"""
TAKE, REPLY, SEARCH = ({"key": "е", "code": "KeyT"}, {"key": "к", "code": "KeyR"}, {"key": ".", "code": "Slash"})
ASIDE, FIRST = {"key": "р", "code": "KeyH"}, {"key": "&", "code": "Digit1"}  # the digit as AZERTY has it


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


def press(page, key, on="body"):
    """Press a key of the Russian layout; True when the page took it."""
    return not page.locator(on).evaluate(PRESS, key)


def test_the_key_of_t_takes_the_next_ticket_on_the_russian_layout(page, ticket):
    assert press(page, TAKE)
    page.wait_for_url(f"**/tickets/{ticket.number}")
    expect(page.locator("#facts")).to_contain_text(ticket.team.name)


def test_in_a_field_a_key_is_only_a_letter(page):
    assert not press(page, TAKE, on=".search input")


def test_with_ctrl_a_key_is_the_browsers(page):
    assert not press(page, {**TAKE, "ctrlKey": True})


def test_the_key_of_r_goes_to_the_reply(page, ticket):
    page.goto(f"/tickets/{ticket.number}")
    assert press(page, REPLY)
    expect(page.locator("#reply")).to_be_focused()


def test_the_key_of_the_slash_goes_to_the_search(page):
    assert press(page, SEARCH)
    expect(page.locator(".search input")).to_be_focused()


def test_the_key_of_h_and_a_digit_set_a_ticket_aside(page, ticket):
    page.goto(f"/tickets/{ticket.number}")
    assert not press(page, FIRST)
    assert press(page, ASIDE)
    assert press(page, FIRST)
    expect(page.locator("#head")).to_contain_text("set aside until")
