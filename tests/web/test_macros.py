"""Macros and snippets by their pages, without scripts."""

import re

import pytest
from sqlalchemy import select

from helpdesk.services import desk
from helpdesk.services.database import db
from helpdesk.tickets.macros import Macro
from helpdesk.tickets.models import Message
from tests.making import make, make_policy, make_staff, make_team

pytestmark = pytest.mark.once


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def lead(team):
    return make_staff("supervisor", teams=[team], name="Ana Seitova")


@pytest.fixture
def ticket(team, lead):
    customer = make_staff(None, login=None, name="Marat")
    return desk.open_ticket(customer=customer, team_id=team.id, subject="Cup", text="Called", by=lead)


@pytest.fixture
def client(as_, lead, ticket):
    return as_(lead)


def form(page):
    return dict(re.findall(r'name="(seen|version)" value="(\d+)"', page.text))


def test_a_lead_keeps_a_macro_and_its_words_come_into_the_answer(client, ticket, team):
    made = {
        "kind": "macro",
        "name": "Cup",
        "team": team.id,
        "body": "Dear {customer.name}",
        "tags": "cup",
        "active": "1",
    }
    assert client.post("/admin/macros/new", data=made).status_code == 303
    found = client.get(f"/tickets/{ticket.number}/macros?q=cup")
    page = client.get(found.location)
    assert "Apply" in page.text
    answer = client.post(found.location, data=form(page), follow_redirects=True)
    assert ">\nDear Marat</textarea>" in answer.text
    assert db.session.scalar(select(Message.id).where(Message.kind == "reply")) is None


def test_a_wrong_placeholder_is_told_beside_the_words(client, team):
    page = client.post("/admin/macros/new", data={"kind": "macro", "name": "Cup", "team": team.id, "body": "{nobody}"})
    assert (page.status_code, "stands for nothing here" in page.text) == (422, True)


def test_a_snippet_comes_after_what_was_typed_and_nothing_is_sent(client, ticket):
    snippet = make(Macro(kind="snippet", name="Bye", body="Yours, {agent.name}"))
    typed = {"kind": "reply", "text": "Hello.", "snippet": snippet.id, "insert": "1"}
    page = client.post(f"/tickets/{ticket.number}/messages", data=typed)
    assert ">\nHello.\n\nYours, Ana Seitova</textarea>" in page.text
    assert db.session.scalar(select(Message.id).where(Message.kind == "reply")) is None
    assert db.session.scalar(select(Macro.used)) == 1
