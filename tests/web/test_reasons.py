"""Reasons by plain forms: kept in the settings, given beside the ticket."""

import re

import pytest
from sqlalchemy import func, select

from helpdesk.services import intake, reasons
from helpdesk.services.database import db
from helpdesk.services.store import ticket_for
from helpdesk.tickets.macros import Macro
from helpdesk.tickets.models import Ticket
from tests.making import arrive, eml, make, make_mailbox, make_policy, make_staff, make_team

pytestmark = pytest.mark.once


@pytest.fixture
def team(app):
    make_policy()
    return make_team(reason_required=True)


@pytest.fixture
def ana(team):
    return make_staff(teams=[team])


@pytest.fixture
def root(team):
    return make_staff("administrator", [team])


@pytest.fixture
def late(root):
    top = reasons.add(name="Delivery", parent_id=None, by=root)
    return reasons.add(name="Late", parent_id=top.id, by=root)


@pytest.fixture
def opened(team):
    """Opens a ticket by mail."""
    box = make_mailbox(team)

    def opened():
        arrive(box, eml())
        intake.file_waiting()
        db.session.rollback()
        return db.session.scalar(select(func.max(Ticket.number)))

    return opened


def test_an_administrator_makes_the_list_renames_and_retires(as_, root):
    client = as_(root)
    client.post("/admin/reasons", data={"name": "Delivery", "parent": ""})
    page = client.get("/admin/reasons").text
    under = re.search(r'<option value="(\d+)">Delivery', page)[1]
    client.post("/admin/reasons", data={"name": "Late", "parent": under})
    page = client.post("/admin/reasons", data={"name": "Late › never", "parent": under})
    assert (page.status_code, "Write it without ›." in page.text, "Late › never" in page.text) == (422, True, True)
    client.post(f"/admin/reasons/{under}", data={"name": "Deliveries"})
    assert "Retired" in client.get("/admin/reasons").text


def test_a_reason_is_chosen_beside_the_ticket_and_stands_in_its_history(as_, opened, ana, late):
    client, number = as_(ana), opened()
    assert '<option value="Delivery › Late">' in client.get(f"/tickets/{number}").text
    page = client.post(f"/tickets/{number}/reason", data={"to": "Delivery › Late"}, follow_redirects=True).text
    assert 'value="Delivery › Late" placeholder' in page
    assert "Contact reason: none → Late" in page
    assert ticket_for(ana, number).reason_id == late.id


def sent(page, action):
    """What the form to this address would send."""
    form = re.search(rf'<form[^>]*class="asks[^>]*action="{action}".*?</form>', page, re.DOTALL)[0]
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))


def test_whoever_solves_without_a_reason_chooses_it_in_place(as_, opened, ana, late):
    client, number = as_(ana), opened()
    address = f"/tickets/{number}/solution"
    page = client.post(address, data={"version": ticket_for(ana, number).version})
    assert (page.status_code, "choose one." in page.text) == (409, True)
    client.post(address, data={**sent(page.text, address), "reason": "Delivery › Late"})
    assert (ticket_for(ana, number).status, ticket_for(ana, number).reason_id) == ("solved", late.id)


def test_so_does_whoever_answers_and_loses_no_word(as_, opened, ana, late):
    client, number = as_(ana), opened()
    address = f"/tickets/{number}/messages"
    page = client.post(address, data={"text": "See there.", "then": "solve"})
    assert (page.status_code, "See there.</textarea>" in page.text) == (409, True)
    assert re.search(r'name="reason" list="reasons"[^>]* form="composer"', page.text)
    client.post(address, data={"text": "See there.", "then": "solve", "reason": "late"})
    assert ticket_for(ana, number).status == "solved"


def test_so_does_whoever_applies_a_macro(as_, opened, ana, late):
    client, number = as_(ana), opened()
    macro = make(Macro(kind="macro", name="Done", body="Done.", actions={"status": "solve"}, replies=True))
    address = f"/tickets/{number}/macros/{macro.id}"
    page = client.post(address, data={"version": ticket_for(ana, number).version})
    client.post(address, data={**sent(page.text, address), "reason": "Late"})
    assert ticket_for(ana, number).status == "solved"


def test_of_several_what_lacks_a_reason_is_asked_for_on_a_page(as_, opened, ana, late):
    client, numbers = as_(ana), [opened() for _ in range(2)]
    reasons.change(numbers[0], to="Late", by=ana)
    versions = {f"version_{number}": ticket_for(ana, number).version for number in numbers}
    page = client.post("/selection/status", data={"tickets": numbers, "status": "solved", **versions})
    assert (page.status_code, "1 ticket was changed." in page.text) == (409, True)
    (lacking,) = re.findall(r'name="tickets" value="(\d+)"', page.text)
    client.post(
        "/selection/status", data={"tickets": lacking, "status": "solved", "reason": "Delivery › Late", **versions}
    )
    assert [ticket_for(ana, number).status for number in numbers] == ["solved", "solved"]


def listed(page):
    return [int(number) for number in re.findall(r'data-ticket="(\d+)"', page.text)]


def test_the_queue_shows_reasons_and_lists_one_alone_or_a_whole_level_or_none(as_, opened, ana, late):
    client, (first, second) = as_(ana), [opened(), opened()]
    reasons.change(first, to="Late", by=ana)
    client.post("/profile/columns", data={"columns": ["reason"]})
    page = client.get("/queue").text
    assert ("no-reason" in page, '<span class="col-reason"> · Late</span>' in page) == (False, True)
    assert listed(client.get(f"/queue?reason={late.id}")) == [first]
    assert listed(client.get(f"/queue?reason={late.parent_id}")) == [first]
    assert listed(client.get("/queue?reason=none")) == [second]
    assert f'href="/queue?view=mine&amp;reason={late.parent_id}"' in client.get("/queue/reasons?view=mine").text
    kept = client.post("/queue/saved", data={"name": "Late ones", "reason": str(late.id)}, follow_redirects=True)
    assert (listed(kept), "Contact reason" in kept.text) == ([first], True)


def test_a_macro_gives_a_reason_as_its_preview_said(as_, opened, root, ana, late):
    made = {"kind": "macro", "name": "Late one", "reason": late.id, "status": "solve", "active": "1"}
    as_(root).post("/admin/macros/new", data=made)
    client, number, macro = as_(ana), opened(), db.session.scalar(select(Macro.id))
    assert '<b class="strong">Delivery › Late</b>' in client.get(f"/tickets/{number}/macros/{macro}").text
    client.post(f"/tickets/{number}/macros/{macro}")
    assert (ticket_for(ana, number).status, ticket_for(ana, number).reason_id) == ("solved", late.id)


def test_the_look_up_shows_reasons_and_filters_by_them(as_, opened, ana, late):
    client, (first, _second) = as_(ana), [opened(), opened()]
    reasons.change(first, to="Late", by=ana)
    page = client.get("/lookup?q=coupon&reason=Late").text
    assert (page.count('<time class="push small faint num"'), "<span>Late</span>" in page) == (1, True)
