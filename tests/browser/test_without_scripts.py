"""Without scripts the main path is links and forms."""

import pytest
from playwright.sync_api import expect

from helpdesk.services import desk as tickets
from tests.making import make_mailbox, make_staff, make_team
from tests.processes import eventually

pytestmark = pytest.mark.once


@pytest.fixture
def ana(desk):
    """An agent whose team has a way out and one ticket."""
    team = make_team()
    make_mailbox(team, f"team{team.id}@helpdesk.test", desk.sink.settings())
    ana, customer = (
        make_staff(teams=[team]),
        make_staff(None, login=None, name="Marat", email=f"marat{team.id}@customer.test"),
    )
    tickets.open_ticket(customer=customer, team_id=team.id, subject="Coupon", text="Called", by=ana)
    return ana


def test_an_agent_signs_in_takes_a_ticket_and_answers_it(desk, ana):
    page = desk.sign_in(ana, java_script_enabled=False)
    page.get_by_role("button", name="Take the next one").click()
    page.get_by_label("Text of the reply").fill("Your coupon works again.")
    page.get_by_role("button", name="Send the reply").click()
    expect(page.locator(".msg-out")).to_contain_text("Your coupon works again.")
    sender = f"team{ana.team_ids[0]}@helpdesk.test"
    (sent,) = eventually(lambda: [one for one in desk.sink.mails if one.sender == sender])
    assert sent.mail["Subject"] == "Re: Coupon"
