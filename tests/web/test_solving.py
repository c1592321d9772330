"""Whoever solves a ticket with open parts says what becomes of them by plain buttons."""

import re

import pytest

from helpdesk.services import desk, intake, linking
from helpdesk.services.store import ticket_for
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team

pytestmark = pytest.mark.once


@pytest.fixture
def ana(app):
    make_policy()
    team = make_team()
    ana, box = make_staff(teams=[team]), make_mailbox(team)
    for name in ("marat", "olga"):
        arrive(box, eml(sender=f"{name}@customer.test"))
    intake.file_waiting()
    linking.link(2, 1, "child", by=ana)
    return ana


def status(number, by):
    return ticket_for(by, number).status


def test_the_page_asks_with_the_parts_and_their_states_and_does_as_told(as_, ana):
    client = as_(ana)
    page = client.post("/tickets/1/solution", data={"version": ticket_for(ana, 1).version})
    form = re.search(r'<form class="asks.*?</form>', page.text, re.DOTALL)[0]
    assert (page.status_code, 'href="/tickets/2"' in form, ">New<" in form) == (409, True, True)
    client.post(
        "/tickets/1/solution", data={**dict(re.findall(r'name="(version)" value="(\d+)"', form)), "parts": "leave"}
    )
    assert (status(1, ana), status(2, ana)) == ("solved", "new")


def test_a_ticket_shows_its_parts_with_their_states_and_a_part_its_whole(as_, ana):
    client = as_(ana)
    assert "Parts: 1 of 1 open" in client.get("/tickets/1").text
    assert "is part of</span>" in client.get("/tickets/2").text


def test_an_answer_waits_for_the_choice_with_its_words(as_, ana):
    client = as_(ana)
    page = client.post("/tickets/1/messages", data={"text": "It is mended.", "then": "solve"}).text
    assert "It is mended.</textarea>" in page
    assert 'name="parts" value="solve" form="composer"' in page
    client.post("/tickets/1/messages", data={"text": "It is mended.", "parts": "solve"})
    assert (status(1, ana), status(2, ana)) == ("solved", "solved")


def test_the_list_says_which_parts_stay_open(as_, ana):
    wanted = {"tickets": "1", "version_1": ticket_for(ana, 1).version, "status": "solved"}
    assert "#1 has 1 open part." in as_(ana).post("/selection/status", data=wanted, follow_redirects=True).text
    assert desk.solve(2, by=ana).status == "solved"
