"""What becomes of a ticket that is answered, and where its owner goes from there."""

import dataclasses
import re

import pytest
from sqlalchemy import select

from helpdesk.people.models import Person
from helpdesk.services import desk, taking
from helpdesk.services.customers import Asker
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import transaction
from helpdesk.tickets import actions
from helpdesk.tickets.actions import Said
from helpdesk.tickets.models import Delivery, Ticket
from tests.making import make_mailbox, make_policy, make_staff, make_team

pytestmark = pytest.mark.once


@pytest.fixture
def config(config):
    return dataclasses.replace(config, undo_seconds=10)


@pytest.fixture
def team(app):
    make_policy()
    team = make_team()
    make_mailbox(team)
    return team


@pytest.fixture
def ana(team):
    return make_staff(teams=[team])


@pytest.fixture
def client(as_, ana):
    return as_(ana)


@pytest.fixture
def ticket(ana):
    return opened(ana, "Coupon")


def opened(ana, subject):
    asker = Asker(name="Marat", email="marat@customer.test")
    return desk.open_ticket(customer=asker, team_id=ana.team_ids[0], subject=subject, text="Called", by=ana)


def say(client, ticket, then, **more):
    return client.post(f"/tickets/{ticket.number}/messages", data={"text": "Done.", "then": then, **more})


def offered(client, ticket):
    """The ways to send, the one that a click chooses first."""
    return re.findall(r'name="then" value="(\w*)"', client.get(f"/tickets/{ticket.number}").text)


def test_a_reply_that_solves_leads_to_the_next_ticket_and_can_be_taken_back_there(client, ana, ticket):
    following = opened(ana, "Refund")
    answer = say(client, ticket, "next")
    assert answer.headers["Location"] == f"/tickets/{following.number}"
    page = client.get(f"/tickets/{following.number}").text
    assert f"#{ticket.number} is solved. The reply leaves in 10 s." in page
    client.post(re.search(r'action="(/tickets/\d+/messages/\d+/withdrawal)"', page)[1])
    db.session.rollback()
    states = db.session.scalars(select(Delivery.state).where(Delivery.message_id.is_not(None))).all()
    assert ("withdrawn" in states, db.session.get(Ticket, ticket.id).open) == (True, True)


def test_with_nothing_left_to_take_it_leads_back_to_the_list(client, ticket):
    assert say(client, ticket, "next").headers["Location"] == "/queue"


def test_whoever_may_hold_no_more_is_told_so_and_the_reply_goes_all_the_same(client, ana, ticket, team):
    lead = make_staff("administrator", [team])
    taking.rule(team.id, skill_tags=(), most_open=0, by=lead)
    opened(ana, "Refund")
    assert say(client, ticket, "next").headers["Location"] == "/queue"
    assert "more than 0 are not given out" in client.get("/queue").text
    assert not db.session.get(Ticket, ticket.id, populate_existing=True).open


def test_the_way_that_was_chosen_last_is_the_first_offered(client, ticket):
    assert offered(client, ticket)[0] == ""
    say(client, ticket, "pend")
    assert offered(client, ticket)[0] == "pend"


def test_a_way_that_has_a_key_of_its_own_is_not_remembered_when_the_key_was_pressed(client, ana, ticket):
    say(client, ticket, "next", keyed="1")
    assert db.session.get(Person, ana.id, populate_existing=True).usual_way == ""


def test_what_was_to_become_of_the_ticket_is_still_meant_when_news_are_sent_past(client, ticket):
    with transaction():
        db.session.add(actions.receive(ticket, Said("Any news?", "mail"), by=ticket.customer, at=now()))
    refused = say(client, ticket, "solve", seen="0", heard="0")
    assert refused.status_code == 409
    assert re.search(r'name="then" value="solve">Send as it is', refused.text)
