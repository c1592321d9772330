"""The form that opens a ticket by hand, without a script."""

import re

import pytest

from helpdesk.people.models import ContactPoint, Person
from helpdesk.services.database import db
from helpdesk.tickets.models import Ticket
from tests.making import make, make_policy, make_staff, make_team, now

pytestmark = pytest.mark.once

FILLED = {"phone": "8 (916) 555-01-23", "name": "Марат Ахметов", "subject": "Coupon", "text": "It does not work."}


@pytest.fixture
def team(app):
    make_policy()
    return make_team(name="Coupons")


@pytest.fixture
def ana(team):
    return make_staff(teams=[team], name="Ana Seitova")


@pytest.fixture
def send(as_, ana, team):
    """Send the form as Ana, with changes."""
    client = as_(ana)
    return lambda **changes: client.post("/tickets/new", data={**FILLED, "team": team.id, **changes})


def newest():
    return db.session.query(Ticket).order_by(Ticket.id.desc()).first()


def customer(name, **points):
    person = Person(name=name, created_at=now(), locale="ru", tags=[], active=True)
    person.contacts = [
        ContactPoint(kind=kind, value=value, shown=value, created_at=now()) for kind, value in points.items()
    ]
    return make(person)


def test_the_queue_leads_to_the_form_and_the_form_to_a_ticket(as_, ana, team):
    client = as_(ana)
    address = re.search(r'href="([^"]*)" title="New ticket"', client.get("/queue").text)[1]
    form = client.get(address).text
    assert f'<option value="{team.id}">Coupons</option>' in form
    answer = client.post(address, data={**FILLED, "team": team.id, "priority": "high"}, follow_redirects=True)
    assert "Coupon" in answer.text
    assert "It does not work." in answer.text
    assert (newest().priority, newest().team_id) == ("high", team.id)


def test_somebody_new_is_made_with_phone_and_address(send):
    send(email="Marat@Customer.test")
    points = {point.kind: point.value for point in newest().customer.contacts}
    assert points == {"phone": "+79165550123", "email": "marat@customer.test"}


def test_a_known_phone_finds_its_customer_however_it_is_written(send):
    known = customer("Marat", phone="+79165550123")
    send(phone="+7 916 555 01 23", name="")
    assert newest().customer_id == known.id


def test_an_address_is_kept_for_a_customer_who_had_none(send):
    known = customer("Marat", phone="+79165550123")
    send(email="marat@customer.test")
    kinds = db.session.query(ContactPoint.kind).filter_by(person_id=known.id)
    assert {kind for (kind,) in kinds} == {"phone", "email"}


def test_answers_to_a_customer_are_never_led_to_another_address(send):
    customer("Marat", phone="+79165550123", email="marat@customer.test")
    answer = send(email="ana@elsewhere.test")
    assert answer.status_code == 422
    assert "is reached at another address" in answer.text


def test_a_colleague_gets_no_address_here(send):
    lead = make_staff("supervisor")
    answer = send(phone="", email=lead.contacts[0].value)
    assert answer.status_code == 303
    assert send(phone="+77015550000", email=lead.contacts[0].value).status_code == 422


def test_phone_and_address_of_two_people_are_refused(send):
    customer("Marat", phone="+79165550123")
    customer("Aliya", email="aliya@customer.test")
    answer = send(email="aliya@customer.test")
    assert "The phone belongs to Marat and the address to Aliya" in answer.text
    assert newest() is None


def test_a_namesake_is_asked_about_and_can_be_chosen(send):
    send(phone="", name="Марат Ахметов")
    first = newest().customer_id
    asked = send(phone="", name="ахметов марат")
    assert asked.status_code == 422
    assert f'type="radio" name="customer" value="{first}"' in asked.text
    send(phone="", name="ахметов марат", customer=first)
    assert newest().customer_id == first


def test_a_namesake_can_be_somebody_new(send):
    send(phone="", name="Марат Ахметов")
    first = newest().customer_id
    send(phone="", name="Марат Ахметов", customer=0)
    assert newest().customer_id != first


def test_namesakes_of_another_teams_tickets_are_not_shown(as_, send):
    other = make_team()
    as_(make_staff(teams=[other])).post("/tickets/new", data={**FILLED, "phone": "", "team": other.id})
    assert send(phone="", name="Марат Ахметов").status_code == 303


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"phone": "", "name": ""}, "Say who asked: a phone, a mail address or a name."),
        ({"phone": "call me"}, "Write a phone number."),
        ({"email": "marat"}, "Write a mail address."),
        ({"subject": ""}, "This is empty or too long."),
        ({"text": "  "}, "There is no text yet; write something first."),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_is_kept(send, changes, told):
    answer = send(**changes)
    assert answer.status_code == 422
    assert told in answer.text
    assert all(f'value="{value}"' in answer.text for value in ({**FILLED, **changes}["subject"],) if value)
    assert newest() is None


def test_it_cannot_be_laid_into_a_foreign_team(send):
    answer = send(team=make_team().id)
    assert answer.status_code == 404
    assert newest() is None


def test_it_speaks_russian(as_, team):
    page = as_(make_staff(teams=[team], locale="ru")).get("/tickets/new").text
    assert "<h1>Новая заявка</h1>" in page
    assert "Создать заявку" in page
