"""A deadline that warns is taken in hand on the ticket's page."""

import re

import pytest

from helpdesk.services import desk, firing, intake
from helpdesk.services.database import db
from helpdesk.services.instant import pretend
from helpdesk.tickets.models import Ticket
from tests.making import MINUTE, arrive, eml, make_mailbox, make_policy, make_staff, make_team


@pytest.fixture
def ticket(app):
    make_policy()
    arrive(make_mailbox(make_team()), eml())
    intake.file_waiting()
    return db.session.query(Ticket).one()


@pytest.fixture
def ana(ticket):
    return make_staff(teams=[ticket.team], name="Ana Seitova")


@pytest.fixture
def client(as_, ana):
    return as_(ana)


def url(ticket, tail=""):
    return f"/tickets/{ticket.number}{tail}"


@pytest.fixture
def warned(ticket):
    """The ticket with half of its first response gone."""
    with pretend(ticket.opened_at + 31 * MINUTE):
        firing.fire_due()
    return ticket


def test_a_deadline_that_warns_is_taken_in_hand_and_the_ticket_says_by_whom(as_, client, warned):
    page = client.get(url(warned)).text
    form = re.search(rf'action="{url(warned, "/ladder")}">(.*?)</form>', page)[1]
    assert page.count("I'm on it") == 1
    answer = client.post(url(warned, "/ladder"), data=dict(re.findall(r'name="(\w+)" value="(\w*)"', form)))
    assert (answer.status_code, answer.headers["Location"]) == (303, url(warned))
    lead = as_(make_staff("supervisor", teams=[warned.team]))
    page, russian = lead.get(url(warned)).text, lead.get(url(warned, "?lang=ru")).text
    assert "In hand: Ana Seitova" in page
    assert "In hand: First response" in page
    assert "/ladder" not in page
    assert "На контроле: Ana Seitova" in russian
    assert "Взято на контроль: Первая реакция" in russian
    assert "In hand: Ana Seitova" in lead.get(url(warned, "/deadlines?lang=en")).text


def test_what_has_not_warned_is_not_offered_to_be_taken_in_hand(client, ticket):
    assert "/ladder" not in client.get(url(ticket)).text
    answer = client.post(url(ticket, "/ladder"), data={"clock": "first_response", "started_seq": 1})
    assert answer.status_code == 409
    assert "does not warn now" in answer.text


@pytest.mark.parametrize("form", [{}, {"clock": "lunch", "started_seq": 1}, {"clock": "answer", "started_seq": "x"}])
def test_which_deadline_is_in_hand_must_be_said(client, warned, form):
    assert client.post(url(warned, "/ladder"), data=form).status_code == 422


def test_once_it_is_answered_nothing_is_in_hand(client, warned, ana):
    client.post(url(warned, "/ladder"), data={"clock": "first_response", "started_seq": 1})
    desk.reply(warned.number, text="Hello.", by=ana)
    assert "In hand: Ana" not in client.get(url(warned, "/facts")).text
