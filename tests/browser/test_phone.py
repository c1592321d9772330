"""On a phone: what is opened lies within the screen, and a form is saved at its end."""

import pytest

from helpdesk.services import desk as tickets
from tests.making import make_mailbox, make_policy, make_staff, make_team

pytestmark = pytest.mark.once

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def team(desk):
    return make_team()


@pytest.fixture
def mailbox(team):
    return make_mailbox(team, f"{team.name}@helpdesk.test".replace(" ", ""))


@pytest.fixture
def person(desk, team, mailbox):
    make_policy(when={"team": [team.name]})
    return make_staff("administrator", [team])


@pytest.fixture
def page(desk, person):
    return desk.sign_in(person, viewport=PHONE)


@pytest.mark.parametrize("menu", ["#later", ".send .menu", "#more"])
def test_what_a_button_of_a_ticket_opens_lies_within_the_screen(page, team, person, menu):
    customer = make_staff(None, login=None, name="Marat")
    ticket = tickets.open_ticket(customer=customer, team_id=team.id, subject="Cup", text="Called", by=person)
    page.goto(f"/tickets/{ticket.number}")
    page.locator(f"{menu} summary").click()
    box = page.locator(f"{menu} .menu-pop").bounding_box()
    assert 0 <= box["x"] <= box["x"] + box["width"] <= PHONE["width"]
    assert 0 <= box["y"] <= box["y"] + box["height"] <= PHONE["height"]


def test_a_mailbox_is_saved_below_the_last_of_its_settings(page, mailbox):
    page.goto(f"/admin/channels/{mailbox.id}")
    last = page.locator("#copies").bounding_box()
    assert page.get_by_role("button", name="Save").bounding_box()["y"] > last["y"]
