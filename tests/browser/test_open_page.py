"""A page that stays open: news come to it, and nothing moves under the hand that types."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from helpdesk.people.models import Team
from helpdesk.services import desk as tickets
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import ticket_for, transaction
from helpdesk.tickets import actions
from tests.making import make_mailbox, make_policy, make_staff, make_team

pytestmark = pytest.mark.once

SECOND = timedelta(seconds=1)
TARGETS = {"first_response": None, "answer": None, "update": None, "resolution": 3600}


@pytest.fixture
def ana(desk):
    team = make_team()
    make_policy(TARGETS, when={"team": [team.name]})
    return make_staff(teams=[team])


def opened(by, text="Called"):
    """A ticket that somebody opened, and promised to have solved within an hour."""
    customer = make_staff(None, login=None, name="Marat")
    return tickets.open_ticket(customer=customer, team_id=by.team_ids[0], subject="Coupon", text=text, by=by)


def customer_writes(number, by):
    with transaction():
        ticket = ticket_for(by, number, lock=True)
        said = actions.Said("Any news?", "mail")
        db.session.add(actions.receive(ticket, said, by=ticket.customer, at=now()))


def test_what_is_being_written_stays_while_the_customer_writes_and_is_not_sent_past_them(desk, ana):
    page, number = desk.sign_in(ana), opened(ana).number
    page.goto(f"/tickets/{number}")
    page.locator("#reply").fill("Soon")
    customer_writes(number, ana)
    expect(page.locator(".msg-in")).to_contain_text("Any news?")
    expect(page.locator("#reply")).to_be_focused()
    page.keyboard.type(" it works.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alertdialog")).to_contain_text("Any news?")
    expect(page.locator("#reply")).to_have_value("Soon it works.")


def test_what_the_customer_writes_stops_nobody_who_has_read_it_and_went_on_writing(desk, ana):
    make_mailbox(db.session.get(Team, ana.team_ids[0]), f"seen{ana.id}@helpdesk.test")
    page, number = desk.sign_in(ana), opened(ana, "Called\n" * 60).number
    page.goto(f"/tickets/{number}")
    page.locator("#reply").fill("Soon")
    customer_writes(number, ana)
    expect(page.locator(".msg-in")).to_be_attached()
    page.locator("#reply").type(" it")
    expect(page.locator(".msg-in")).not_to_have_attribute("data-read", "")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(page.locator(".msg-in")).to_have_attribute("data-read", "")
    page.locator("#reply").type(" works.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".msg-out")).to_contain_text("Soon it works.")


def test_what_stands_beside_the_talk_changes_too_unless_somebody_is_choosing_there(desk, ana):
    page, number = desk.sign_in(ana), opened(ana).number
    page.goto(f"/tickets/{number}")
    tickets.change_priority(number, to="urgent", by=ana)
    expect(page.locator("#facts .pairs").last).to_contain_text("Urgent")
    page.locator("#change summary").click()
    page.locator("#priority").select_option("low")
    tickets.change_tags(number, to=["refund"], by=ana)
    expect(page.locator("#head")).to_contain_text("refund")
    expect(page.locator("#priority")).to_have_value("low")


def test_an_open_list_and_the_views_beside_it_follow_by_one_request(desk, ana):
    opened(ana)
    page, asked = desk.sign_in(ana), []
    with page.expect_response("**/queue/rows?view=team"):
        page.goto("/queue?view=team")
    page.on("request", lambda request: asked.append(request.url.rpartition("/queue/")[2]))
    opened(ana)
    expect(page.locator(".trow")).to_have_count(2)
    expect(page.locator(".views a[aria-current]")).to_contain_text("2")
    assert asked == ["rows?view=team"]


def test_a_page_that_lost_its_server_turns_red_at_the_second_of_the_deadline(desk, ana):
    due_at = opened(ana).due_at
    page = desk.sign_in(ana)
    page.clock.install()
    page.reload()
    page.context.set_offline(True)
    page.clock.pause_at(due_at - SECOND)
    page.clock.run_for(500)
    expect(page.locator(".trow")).not_to_contain_class("is-past")
    page.clock.resume()
    expect(page.locator(".trow")).to_contain_class("is-past")
    desk.troubles.clear()  # a browser reports each request that it can't make
