"""A shift change of two people in two windows: what one offers the other sees at once, takes or refuses, and nothing is lost."""

import pytest
from playwright.sync_api import expect

from helpdesk.services import desk as verbs
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.tickets.models import Ticket
from tests.making import HOUR, MINUTE, make_policy, make_shift, make_staff, make_team


@pytest.fixture
def team(desk):
    team = make_team()
    make_policy(when={"team": [team.name]})
    return team


@pytest.fixture
def ana(team):
    """Her shift ends in twenty minutes, and she holds two tickets."""
    ana = make_staff(teams=[team], name="Ana Seitova")
    make_shift(ana, team, now() - HOUR, now() + 20 * MINUTE)
    marat = make_staff(None, name="Marat Aliev", login=None)
    for subject in ("The coupon", "The refund"):
        verbs.open_ticket(customer=marat, team_id=team.id, subject=subject, text="Help me.", by=ana)
    for ticket in db.session.query(Ticket).filter(Ticket.team_id == team.id).all():
        verbs.take(ticket.number, by=ana)
    return ana


@pytest.fixture
def bea(team):
    bea = make_staff(teams=[team], name="Bea Kim", languages=["en"])
    make_shift(bea, team)
    return bea


def row(page, subject, panel="#h-out"):
    return page.locator("section", has=page.locator(panel)).locator(".hand", has_text=subject)


def test_one_hands_over_and_the_other_takes_one_and_refuses_one(desk, ana, bea, team):
    hers, other = desk.sign_in(ana), desk.sign_in(bea)
    expect(hers.get_by_text("You hold 2 open tickets.")).to_be_visible()
    hers.get_by_role("link", name="Hand over").click()
    other.goto("/shift")
    expect(row(hers, "The coupon").locator("select option:checked")).to_have_text("Bea Kim · 0 open")
    hers.locator("#all > summary").click()
    hers.locator("#note_all").fill("Both wait for the bank.")
    hers.get_by_role("button", name="Offer all", exact=True).click()
    expect(row(hers, "The refund").get_by_text("Waiting for a yes")).to_be_visible()

    row(other, "The coupon", "#h-in").get_by_role("button", name="Accept").click()
    refusal = row(other, "The refund", "#h-in")
    refusal.locator("summary").click()
    refusal.get_by_label("Why?").fill("I know nothing of refunds.")
    refusal.get_by_role("button", name="Refuse", exact=True).click()

    expect(row(hers, "The refund").get_by_text("«I know nothing of refunds.»")).to_be_visible()
    expect(row(hers, "The coupon", "#h-done").get_by_text("Accepted")).to_be_visible()
    db.session.rollback()
    owners = {one.subject: one.owner.name for one in db.session.query(Ticket).filter(Ticket.team_id == team.id)}
    assert owners == {"The coupon": "Bea Kim", "The refund": "Ana Seitova"}
