"""What was written is never lost: it is kept in the tab at once, and by the server within seconds."""

import os
import signal
import time
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from bench.visiting import wait_for
from helpdesk.services import desk as tickets
from helpdesk.services import sign_in
from tests.making import make_mailbox, make_policy, make_staff, make_team
from tests.processes import begun, children, eventually, free_port, process

pytestmark = pytest.mark.once


@pytest.fixture
def ana(desk):
    team = make_team()
    make_policy(when={"team": [team.name]})
    make_mailbox(team, f"{team.name}@helpdesk.test".replace(" ", ""))
    return make_staff(teams=[team])


@pytest.fixture
def address(ana):
    customer, team_id = make_staff(None, login=None, name="Marat"), ana.team_ids[0]
    ticket = tickets.open_ticket(customer=customer, team_id=team_id, subject="Coupon", text="Called", by=ana)
    return f"/tickets/{ticket.number}"


@pytest.fixture
def page(desk, ana, address):
    """Ana's browser on a ticket's page."""
    page = desk.sign_in(ana)
    page.goto(address)
    yield page
    desk.troubles.clear()  # a browser reports each request that fails


@pytest.mark.parametrize("failure", [{"status": 500}, {"status": 503}, {"status": 413}, None])
def test_a_reply_that_the_server_did_not_take_is_there_again(page, failure):
    address = page.url
    page.route("**/messages", lambda route: route.fulfill(**failure) if failure else route.abort())
    page.locator("#reply").fill("It works again.")
    with page.expect_event("requestfailed" if failure is None else "response"):
        page.locator("[data-send]").click()
    page.unroute_all()
    page.goto(address)
    expect(page.locator("#reply")).to_have_value("It works again.")


def test_a_reply_that_the_server_took_is_gone(page):
    address = page.url
    page.locator("#reply").fill("It works again.")
    page.locator("[data-send]").click()
    expect(page.locator(".msg-out")).to_contain_text("It works again.")
    page.goto(address.partition("#")[0])
    expect(page.locator("#reply")).to_have_value("")


def test_a_draft_is_there_after_the_browser_is_thrown_away_and_on_another_machine(desk, ana, address, page):
    page.locator("#reply").type("Dear Marat")
    expect(page.locator("#draft-state")).to_contain_text("Draft saved")
    page.context.close()
    again = desk.sign_in(ana)
    again.goto("/drafts")
    again.locator("main td a").click()
    expect(again.locator("#reply")).to_have_value("Dear Marat")


def test_a_page_that_was_written_before_the_last_save_shows_what_was_saved(address, page):
    page.locator("#reply").type("Dear Marat")
    expect(page.locator("#draft-state")).to_contain_text("Draft saved")

    def late(route):
        answer = route.fetch()
        time.sleep(2)  # meanwhile the page that is still there saves what is typed now
        route.fulfill(response=answer)

    page.locator("#reply").type(", the till")
    page.route(f"**{address}", late)
    page.reload()
    expect(page.locator("#reply")).to_have_value("Dear Marat, the till")


def test_a_draft_outlives_a_server_that_is_killed(desk, ana, address):
    port = free_port()
    with web(desk.config, port) as server:
        page = desk.visitor(base_url=f"http://127.0.0.1:{port}")
        page.goto(sign_in.issue_link(ana).removeprefix(desk.config.base_url))
        page.locator("main button[type=submit]").click()
        page.goto(address)
        page.locator("#reply").type("Dear Marat")
        expect(page.locator("#draft-state")).to_contain_text("Draft saved")
        kill(server)
        page.locator("#reply").type(", the till")
        expect(page.locator("#draft-state")).to_contain_text("Not saved: no connection")
    with web(desk.config, port):
        page.reload()
        expect(page.locator("#reply")).to_have_value("Dear Marat, the till")
        expect(page.locator("#draft-state")).to_contain_text("Draft saved")
    again = desk.sign_in(ana)
    again.goto(address)
    expect(again.locator("#reply")).to_have_value("Dear Marat, the till")
    desk.troubles.clear()


def test_what_is_typed_while_a_save_is_under_way_is_not_taken_for_saved(page):
    held = []  # the first save, answered but not heard; whatever is sent after it is lost
    page.route("**/draft", lambda route: route.abort() if held else held.append((route, route.fetch())))
    page.locator("#reply").type("Dear Marat")
    eventually(lambda: page.wait_for_timeout(50) or held)
    page.locator("#reply").press_sequentially(", the till")
    (route, answer), *_more = held
    route.fulfill(response=answer)
    expect(page.locator("#draft-state")).to_contain_text("Not saved: no connection")
    page.reload()
    expect(page.locator("#reply")).to_have_value("Dear Marat, the till")


@contextmanager
def web(config, port):
    """A server of this test's own."""
    told = {"HELPDESK_PORT": str(port), "HELPDESK_MAIL_PORT": str(free_port())}
    with process(config, "helpdesk", "web", **told) as server:
        begun(server)
        wait_for(port)  # it says that it works just before it listens
        yield server


def kill(server):
    for pid in {server.pid} | children(server.pid):
        os.kill(pid, signal.SIGKILL)


def test_of_two_windows_neither_overwrites_the_other(desk, ana, address, page):
    other = desk.sign_in(ana)
    other.goto(address)
    page.locator("#reply").type("From the office")
    expect(page.locator("#draft-state")).to_contain_text("Draft saved")
    other.locator("#reply").type("At home")
    expect(other.locator("#draft-other")).to_contain_text("From the office")
    other.get_by_role("button", name="Take the other text").click()
    expect(other.locator("#reply")).to_have_value("From the office")


def test_what_only_this_tab_knows_is_offered_beside_what_was_saved_since(desk, ana, address, page):
    page.route("**/draft", lambda route: route.abort())
    page.locator("#reply").type("In this tab")
    expect(page.locator("#draft-state")).to_contain_text("Not saved: no connection")
    other = desk.sign_in(ana)
    other.goto(address)
    other.locator("#reply").type("On another machine")
    expect(other.locator("#draft-state")).to_contain_text("Draft saved")
    page.goto(address)
    expect(page.locator("#reply")).to_have_value("On another machine")
    page.unroute_all()
    page.get_by_role("button", name="Take the other text").click()
    expect(page.locator("#reply")).to_have_value("In this tab")
    expect(page.locator("#draft-state")).to_contain_text("Draft saved")


def test_whoever_is_signed_out_is_told_that_nothing_is_saved(ana, address, page):
    sign_in.end_sessions(ana.id)
    page.locator("#reply").type("Dear Marat")
    expect(page.locator("#draft-state")).to_contain_text("you are signed out")


def test_a_draft_that_is_deleted_is_gone(address, page):
    page.locator("#reply").type("Dear Marat")
    page.get_by_role("button", name="Delete the draft").click()
    expect(page.locator("#reply")).to_have_value("")
    page.goto(address)
    expect(page.locator("#reply")).to_have_value("")
