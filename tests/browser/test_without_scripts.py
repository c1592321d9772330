"""Without scripts everything is links and forms: an agent's whole day, and the answer of a colleague."""

from secrets import token_hex

import pytest
from playwright.sync_api import expect

from helpdesk.services import desk as tickets
from helpdesk.tickets.macros import Macro
from tests.making import make, make_mailbox, make_shift, make_staff, make_team
from tests.processes import eventually

pytestmark = pytest.mark.once


@pytest.fixture
def team(desk):
    """A team with a way out, a macro and four tickets that nobody owns."""
    team = make_team()
    make_mailbox(team, f"team{team.id}@helpdesk.test", desk.sink.settings())
    make(Macro(kind="macro", name="Look into it", body="We look into it.", actions={"tags": ["cup"]}, team_id=team.id))
    boss = make_staff("administrator", [team])
    marat = make_staff(None, login=None, name="Marat", email=f"{token_hex(4)}@customer.test")
    for subject in ("Coupon", "Refund", "Order", "Parcel"):
        tickets.open_ticket(customer=marat, team_id=team.id, subject=subject, text="Called", by=boss)
    return team


@pytest.fixture
def ana(desk, team):
    return signed_in(desk, team, "Ana Seitova")


@pytest.fixture
def lead(desk, team):
    return signed_in(desk, team, "Lena Orlova", "supervisor")


@pytest.fixture
def bea(desk, team):
    return signed_in(desk, team, "Bea Kim")


def signed_in(desk, team, name, role="agent"):
    person = make_staff(role, [team], name=name)
    make_shift(person, team)
    return desk.sign_in(person, java_script_enabled=False)


def take(page):
    """Take the next ticket and say which it is."""
    page.goto("/queue")
    page.get_by_role("button", name="Take the next one").click()
    return page.locator("h1").inner_text()


def unfold(page, *parts):
    for part in parts:
        page.locator(f"{part} > summary").click()


def said(page):
    return page.locator(".flashes[role=status]")


def test_a_ticket_is_taken_noted_set_aside_changed_answered_and_solved(desk, team, ana):
    take(ana)
    ana.get_by_role("link", name="Note").click()
    ana.get_by_label("Text of the note").fill("He is at home after six.")
    ana.get_by_role("button", name="Add the note").click()
    expect(ana.locator(".msg-note").last).to_contain_text("He is at home after six.")
    unfold(ana, "#snooze")
    ana.get_by_role("button", name="for an hour").click()
    expect(ana.locator("#head")).to_contain_text("set aside until")
    ana.get_by_role("button", name="Bring it back").click()
    unfold(ana, "#urgency")
    ana.get_by_role("button", name="High").click()
    expect(ana.locator("#urgency")).to_contain_text("High")
    unfold(ana, "#change")
    ana.get_by_label("Tags").fill("refund, bank")
    ana.locator("form", has=ana.locator("#tags")).get_by_role("button").click()
    expect(ana.locator("#head")).to_contain_text("bank · refund")
    ana.get_by_role("link", name="Macros").click()
    ana.get_by_role("link", name="Look into it").click()
    ana.get_by_role("button", name="Apply").click()
    expect(ana.get_by_label("Text of the reply")).to_have_value("We look into it.")
    ana.get_by_role("button", name="Send the reply").click()
    expect(ana.locator(".msg-out")).to_contain_text("We look into it.")
    sender = f"team{team.id}@helpdesk.test"
    assert eventually(lambda: [one for one in desk.sink.mails if one.sender == sender])
    ana.get_by_label("Text of the reply").fill("It works again.")
    unfold(ana, ".send .menu")
    ana.get_by_role("button", name="Send and solve").click()
    expect(ana.locator("#head")).to_contain_text("Solved")


def test_a_ticket_is_put_back_given_back_merged_and_several_are_solved_and_opened_again(lead):
    first = take(lead)
    unfold(lead, "#skip")
    lead.get_by_label("Why?").fill("I know nothing of coupons.")
    lead.get_by_role("button", name="Put back", exact=True).click()
    expect(lead.locator("h1")).not_to_have_text(first)
    unfold(lead, "#assign")
    lead.locator("#assign select").select_option("")
    lead.locator("#assign").get_by_role("button", name="Save").click()
    expect(lead.locator("#facts")).to_contain_text("No owner")
    unfold(lead, "#more")
    lead.get_by_role("link", name="Merge… ⇧M").click()
    lead.get_by_role("link", name="Parcel").click()
    lead.get_by_role("button", name="Merge").click()
    lead.goto("/queue")
    for box in lead.locator(".trow-check input[type=checkbox]").all()[:2]:
        box.check()
    lead.get_by_role("button", name="Solve").click()
    expect(said(lead)).to_contain_text("2 tickets were changed.")
    lead.get_by_role("button", name="Undo").click()
    expect(said(lead)).to_contain_text("2 tickets are as before.")


def test_a_handover_is_refused_with_a_reason_and_another_accepted(ana, bea):
    for note in ("Call the bank.", "Call the bank again."):
        take(ana)
        unfold(ana, "#offer")
        ana.locator("#to").select_option(ana.locator("#to option", has_text="Bea Kim").get_attribute("value"))
        ana.get_by_label("Next step").fill(note)
        ana.get_by_role("button", name="Offer", exact=True).click()
        expect(said(ana)).to_contain_text("Offered to Bea Kim")
    bea.goto("/shift")
    offered = bea.locator(".hand-in").first
    offered.locator("summary").click()
    offered.get_by_label("Why?").fill("I am off at six.")
    offered.get_by_role("button", name="Refuse", exact=True).click()
    bea.get_by_role("button", name="Accept").click()
    expect(bea.locator("#h-in")).to_have_count(0)
    ana.goto("/shift")
    expect(ana.get_by_text("«I am off at six.»")).to_be_visible()
    expect(ana.locator("section", has=ana.locator("#h-done"))).to_contain_text("Accepted")
