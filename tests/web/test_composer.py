"""Where an answer goes, said before and after it is sent."""

import errno
import os
import re
from io import BytesIO

import pytest
from sqlalchemy import select

from helpdesk.services import desk, intake, participants, scheduling
from helpdesk.services.customers import Asker
from helpdesk.services.database import db
from helpdesk.tickets.models import Message, Ticket
from helpdesk.tickets.participants import Participant
from tests.channels.chat.channels import make_webhook
from tests.channels.chat.signing import message
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team

pytestmark = pytest.mark.once


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def ana(team):
    return make_staff(teams=[team])


def opened(ana, **asker):
    return desk.open_ticket(
        customer=Asker(name="Marat", **asker), team_id=ana.team_ids[0], subject="Coupon", text="Called", by=ana
    )


def test_a_visitor_is_called_by_name_and_never_by_our_number_of_the_channel(as_, ana, team):
    site = make_webhook(team=team)
    arrive(site, message(sender={"id": "visitor-14", "name": "Aigul"}))
    intake.file_waiting()
    page = as_(ana).get(f"/tickets/{db.session.query(Ticket).one().number}").text
    assert "To: Aigul" in page
    assert "visitor-14" in page
    assert f"{site.id}/visitor-14" not in page


def test_an_answer_by_mail_names_the_address_that_it_goes_to(as_, ana, team):
    make_mailbox(team)
    ticket = opened(ana, email="Marat@Customer.test", phone="8 916 555-01-23")
    assert "To: marat@customer.test" in as_(ana).get(f"/tickets/{ticket.number}").text


def test_all_who_took_part_are_answered_by_a_link_of_its_own(as_, ana, team):
    arrive(make_mailbox(team), eml(Cc="olga@customer.test"))
    intake.file_waiting()
    number = db.session.query(Ticket).one().number
    participants.approve(number, db.session.query(Participant).one().id, by=ana)
    client, address = as_(ana), f"/tickets/{number}"
    usual = client.get(address).text
    assert re.search('name="cc"[^>]*value=""', usual)
    link = re.search('href="([^"]+)all=1[^"]*" aria-keyshortcuts="Shift[+]R"', usual)[1]
    assert re.search('name="cc"[^>]*value="olga@customer.test"', client.get(f"{link}all=1").text)


def test_what_was_to_be_said_later_comes_back_with_whom_it_was_to_go_to(as_, ana, team):
    make_mailbox(team, settings={"answer_all": True})
    ticket, client = opened(ana, email="marat@customer.test"), as_(ana)
    address = f"/tickets/{ticket.number}"
    form = {"text": "Soon.", "later": "hour", "to": "a@x.test", "cc": "c@x.test", "bcc": "d@x.test", "quote": "thread"}
    assert client.post(f"{address}/messages", data=form).status_code == 303
    message = db.session.scalars(select(Message).where(Message.kind == "scheduled")).one()
    scheduling.cancel(ticket.number, message.id, by=ana)
    page = client.get(f"{address}?again={message.id}").text
    for name, value in [("to", "a@x.test"), ("cc", "c@x.test"), ("bcc", "d@x.test")]:
        assert re.search(f'name="{name}"[^>]*value="{value}"', page)
    assert re.search('value="thread" selected', page)


def test_the_page_shows_the_answer_that_was_said_meanwhile(as_, ana, team):
    make_mailbox(team)
    ticket, client = opened(ana, email="marat@customer.test"), as_(ana)
    address = f"/tickets/{ticket.number}"
    client.post(f"{address}/messages", data={"text": "Good news.", "later": "hour"})
    message = db.session.scalars(select(Message).where(Message.kind == "scheduled")).one()
    hidden = dict(re.findall('name="(seen|heard)" value="([0-9]+)"', client.get(address).text))
    scheduling.say_now(ticket.number, message.id, by=ana)
    answer = client.post(f"{address}/messages", data={"text": "Mine.", **hidden})
    assert answer.status_code == 409
    assert 'name="anyway"' in answer.text


def test_an_answer_that_can_go_nowhere_is_not_said_to_be_on_its_way(as_, ana, team):
    make_mailbox(team)
    ticket, client = opened(ana, phone="8 916 555-01-23"), as_(ana)
    address = f"/tickets/{ticket.number}"
    assert "no way to reach the customer is known" in client.get(address).text
    answer = client.post(f"{address}/messages", data={"text": "Soon."})
    assert answer.status_code == 409
    assert "There is no address to write to; call, or write a note." in answer.text


def test_a_file_that_the_disk_does_not_take_is_said_and_nothing_is_sent(as_, ana, team, monkeypatch):
    make_mailbox(team)
    ticket, client = opened(ana, email="marat@customer.test"), as_(ana)

    def fails(_file):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fails)
    upload = {"text": "See the file.", "files": (BytesIO(b"what was asked for"), "a.txt", "text/plain")}
    page = client.post(f"/tickets/{ticket.number}/messages", data=upload)
    assert (page.status_code, "The disk did not take a file. Nothing was changed" in page.text) == (503, True)
    assert db.session.scalars(select(Message.kind)).all() == ["note"]
