"""Keys work by what is printed on the cap, whatever the layout, and are dead where somebody types."""

import pytest
from playwright.sync_api import expect

from helpdesk.services import administration
from helpdesk.services import desk as tickets
from helpdesk.services.database import db
from helpdesk.tickets.models import Ticket
from tests.browser.layouts import LAYOUTS, event
from tests.making import make_mailbox, make_shift, make_staff, make_team

pytestmark = pytest.mark.once

PRESS = """(element, key) => element.dispatchEvent(
  new KeyboardEvent("keydown", { ...key, bubbles: true, cancelable: true, composed: true }))"""
WATCH = """() => {
  window.pressed = "";
  const keys = (element) => `${element.getAttribute("aria-keyshortcuts")} ${element.dataset.keys}`;
  document.addEventListener("click", (event) => {
    window.pressed = keys(event.target.closest("[aria-keyshortcuts], [data-keys]"));
    event.preventDefault();
  }, { capture: true });
  document.addEventListener("focusin", (event) => { window.pressed ||= keys(event.target); });
}"""
QUEUE = ("T", "/", "G I", "G B", "G C", "B")
SELECTED = ("I", "A", "S", "P", "L", "E")
TICKET = ("U", "Escape", "I", "A", "S", "H", "M", "T", "E", "P", "L", "N", "Shift+M", "/", "G I")


@pytest.fixture
def ana(desk):
    team = make_team()
    lead = make_staff("supervisor", [team])
    make_shift(lead, team)
    return lead


@pytest.fixture
def ticket(ana):
    customer = make_staff(None, login=None, name="Marat", email=f"marat{ana.id}@customer.test")
    asked = {"customer": customer, "team_id": ana.team_ids[0], "by": ana}
    tickets.open_ticket(subject="Refund", text="Called", **asked)
    return tickets.open_ticket(subject="Coupon", text="Called", **asked)


@pytest.fixture
def page(desk, ana, ticket):
    return desk.sign_in(ana)


def press(page, line, layout="ЙЦУКЕН", on="body"):
    """Press keys one after another; True when the page took the last of them."""
    return [not page.locator(on).evaluate(PRESS, event(layout, stroke)) for stroke in line.split()][-1]


def pressed(page, layout, lines):
    """What each of these keys presses, looked at without letting it happen."""
    page.evaluate(WATCH)
    for line in lines:
        page.evaluate("window.pressed = ''; document.activeElement.blur()")
        press(page, line, layout)
        yield line, page.evaluate("window.pressed")


def wrong(found):
    return [(line, keys) for line, keys in found if f" {line} " not in f" {keys} "]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_key_of_the_queue_presses_its_own_on_every_layout(page, layout):
    assert wrong(pressed(page, layout, QUEUE)) == []
    press(page, "* A", layout)
    assert wrong(pressed(page, layout, SELECTED)) == []


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_key_of_a_ticket_presses_its_own_on_every_layout(page, ticket, layout):
    page.goto(f"/tickets/{ticket.number}")
    assert wrong(pressed(page, layout, TICKET)) == []
    press(page, "R", layout)
    expect(page.locator("#reply")).to_be_focused()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_rows_are_walked_chosen_and_opened_by_keys_on_every_layout(page, ticket, layout):
    subjects = page.locator(".trow-subject")
    press(page, "J", layout)
    press(page, "ArrowDown", layout)
    expect(subjects.nth(1)).to_be_focused()
    press(page, "Shift+X", layout)
    press(page, "K", layout)
    expect(subjects.nth(0)).to_be_focused()
    press(page, "Shift+X", layout)
    expect(page.locator("[data-picked]")).to_have_text("Selected: 2")
    box = page.get_by_label(f"Select #{ticket.number}")
    box.focus()
    assert not box.evaluate(PRESS, event(layout, "Enter"))
    page.wait_for_url(f"**/tickets/{ticket.number}")


def test_the_key_of_t_takes_the_next_ticket(page, ticket):
    assert press(page, "T")
    page.wait_for_url("**/tickets/*")
    expect(page.locator("#facts")).to_contain_text(ticket.team.name)


def test_in_a_field_a_key_is_only_a_letter_until_escape_leaves_it(page):
    page.locator(".search input").focus()
    assert not press(page, "T", on=".search input")
    press(page, "Escape", on=".search input")
    expect(page.locator(".search input")).not_to_be_focused()


def test_with_ctrl_a_key_is_the_browsers(page):
    assert not press(page, "Control+T")


def test_the_first_of_two_keys_says_what_may_follow_and_is_forgotten_after_a_while(page):
    press(page, "G")
    expect(page.locator("#hint")).to_contain_text("I · Ш Tickets")
    expect(page.locator("#hint")).to_be_empty()
    assert not press(page, "I")


def test_another_key_after_the_first_of_two_does_nothing(page):
    press(page, "G T")
    expect(page.locator("#hint")).to_be_empty()
    assert page.url.endswith("/queue")


def test_a_key_opens_the_form_to_hand_over_and_leads_into_it(page, ticket):
    page.goto(f"/tickets/{ticket.number}")
    press(page, "A")
    expect(page.locator("#to")).to_be_focused()


def test_a_menu_is_opened_by_its_key_chosen_from_by_a_digit_and_closed_by_escape(page, ticket):
    page.goto(f"/tickets/{ticket.number}")
    assert not press(page, "1", "AZERTY")
    press(page, "S", "AZERTY")
    press(page, "Escape", "AZERTY")
    expect(page.locator("#status")).not_to_have_attribute("open", "")
    press(page, "H 1", "AZERTY")
    expect(page.locator("#head")).to_contain_text("set aside until")


def test_the_key_of_e_solves_a_ticket_though_its_button_lies_in_a_menu(page, ticket):
    page.goto(f"/tickets/{ticket.number}")
    press(page, "E")
    expect(page.locator("#head")).to_contain_text("Solved")


def test_brackets_lead_through_the_list_one_came_from_and_back_leads_to_the_row_one_is_at(page, ticket):
    first, second = [link.get_attribute("href") for link in page.locator(".trow-subject").all()]
    page.locator(".trow-subject").first.click()
    page.wait_for_url(f"**{first}")
    press(page, "]")
    page.wait_for_url(f"**{second}")
    expect(page.get_by_role("link", name="Next ticket")).to_be_hidden()
    press(page, "Escape")
    page.wait_for_url("**/queue")
    expect(page.locator(".trow-subject").nth(1)).to_be_focused()


def test_one_two_and_three_points_copy_number_subject_and_link(page, ticket):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"/tickets/{ticket.number}")
    for copied in (f"#{ticket.number}", f"#{ticket.number} Coupon", page.url):
        page.keyboard.press(".")
        expect(page.locator("#hint")).to_have_text(f"Copied: {copied}")
        assert page.evaluate("navigator.clipboard.readText()") == copied


def test_whoever_switched_keys_off_types_letters_into_nothing_and_still_sends_with_ctrl(page, ana, ticket):
    administration.switch_keys(on=False, by=ana)
    page.reload()
    assert [press(page, key) for key in ("T", "?", "/", "J", "X", "* A", "G I")] == [False] * 7
    assert press(page, "ArrowDown")
    page.goto(f"/tickets/{ticket.number}?kind=note")
    page.locator("#reply").fill("Called back.")
    assert press(page, "Control+Enter", on="#reply")
    expect(page.locator(".msg-note").last).to_contain_text("Called back.")


def test_ctrl_shift_enter_answers_solves_and_takes_the_next_and_stays_no_habit(desk, page, ticket):
    make_mailbox(ticket.team, f"keys{ticket.id}@helpdesk.test", desk.sink.settings())
    page.goto(f"/tickets/{ticket.number}")
    page.locator("#reply").fill("It works again.")
    assert press(page, "Control+Shift+Enter", on="#reply")
    page.wait_for_url(lambda url: not url.endswith(f"/tickets/{ticket.number}"))
    expect(page.locator("h1")).to_have_text("Refund")
    expect(page.locator("[data-send]")).to_have_text("Send the reply")
    assert db.session.get(Ticket, ticket.id, populate_existing=True).status == "solved"
