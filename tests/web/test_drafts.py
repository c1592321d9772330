"""Drafts over the web: saved by the page itself or by a button, shown where they were begun, listed."""

import re

import pytest

from helpdesk.services import desk, drafts, merging
from helpdesk.services.database import db
from helpdesk.tickets.drafts import Draft
from tests.making import make_mailbox, make_staff, make_team

ITSELF = {"HX-Request": "true"}


@pytest.fixture
def ana(app):
    team = make_team()
    make_mailbox(team)
    return make_staff(teams=[team], name="Ana Seitova")


def opened(ana, subject="Cup"):
    customer = make_staff(None, login=None, name="Marat", email=f"{subject}@customer.test")
    return desk.open_ticket(customer=customer, team_id=ana.team_ids[0], subject=subject, text="Called", by=ana).number


@pytest.fixture
def number(ana):
    return opened(ana)


def hidden(page):
    return dict(re.findall('name="(seen|heard|base|said)" value="([^"]*)"', page.text))


def test_a_draft_is_there_again_with_whom_it_goes_to_and_when_it_was_saved(as_, ana, number):
    client, address = as_(ana), f"/tickets/{number}"
    form = {"text": "Dear Marat", "cc": "a@x.test", "quote": "thread", **hidden(client.get(address))}
    answer = client.post(f"{address}/draft", data={**form, "mark": "w:1"}, headers=ITSELF)
    assert (answer.status_code, answer.json["mark"]) == (200, "w:1")
    page = as_(ana).get(address).text
    assert "\nDear Marat</textarea>" in page
    assert re.search('name="cc" value="a@x.test"', page)
    assert re.search('value="thread" selected', page)
    assert f"Draft saved {answer.json['at']}" in page


def test_the_button_keeps_it_without_scripts(as_, ana, number):
    client, address = as_(ana), f"/tickets/{number}"
    form = {"kind": "note", "text": "Ask the till", **hidden(client.get(f"{address}?kind=note"))}
    answer = client.post(f"{address}/draft", data=form)
    assert "\nAsk the till</textarea>" in client.get(answer.location).text


def test_another_window_is_told_what_is_there(as_, ana, number):
    client, address = as_(ana), f"/tickets/{number}"
    opened_here = hidden(client.get(address))
    drafts.keep(number, "reply", text="From home", way={}, mark="home:1", said=int(opened_here["said"]), by=ana)
    form = {"text": "From the office", **opened_here}
    told = client.post(f"{address}/draft", data=form, headers=ITSELF)
    assert told.status_code == 409
    assert (told.json["text"], told.json["mark"]) == ("From home", "home:1")
    page = client.post(f"{address}/draft", data=form)
    assert page.status_code == 409
    assert "\nFrom the office</textarea>" in page.text
    assert "choose which text stays" in page.text


def test_deleting_it_empties_the_composer(as_, ana, number):
    client, address = as_(ana), f"/tickets/{number}"
    client.post(f"{address}/draft", data={"text": "Dear", **hidden(client.get(address))})
    client.post(f"{address}/messages", data={"discard": "1", "text": "Dear"})
    assert db.session.query(Draft).count() == 0
    assert "\n</textarea>" in client.get(address).text


def test_a_colleague_sees_nothing_of_it(as_, ana, number):
    said = int(hidden(as_(ana).get(f"/tickets/{number}"))["said"])
    drafts.keep(number, "reply", text="Between us", way={}, said=said, by=ana)
    other = as_(make_staff("administrator"))
    assert "Between us" not in other.get(f"/tickets/{number}").text + other.get("/drafts").text
    assert "Between us" in as_(ana).get("/drafts").text


def test_what_was_begun_in_a_ticket_that_was_brought_into_another_can_still_be_read(as_, ana, number):
    later = opened(ana, "Refund")
    client, address = as_(ana), f"/tickets/{later}"
    form = {"text": "My long answer", **hidden(client.get(address))}
    client.post(f"{address}/draft", data=form)
    merging.merge(number, later, by=ana)
    answer = client.post(f"{address}/messages", data=form)
    assert answer.status_code == 409
    assert "My long answer</blockquote>" in answer.text
    assert "My long answer</blockquote>" in client.get(address).text


@pytest.mark.parametrize("wrong", [{"mark": "no mark"}, {"base": "'; --"}, {"text": "x" * 200_001}, {"kind": "mail"}])
def test_what_no_page_of_ours_sends_is_refused(as_, ana, number, wrong):
    form = {"text": "Dear", **wrong}
    assert as_(ana).post(f"/tickets/{number}/draft", data=form, headers=ITSELF).status_code == 422
    assert db.session.query(Draft).count() == 0
