"""An address that holds SMTP commands is refused before a server is spoken to."""

import pytest
from sqlalchemy import select, update

from helpdesk.services import desk, intake, outbox
from helpdesk.services.database import db
from helpdesk.tickets.models import Delivery, Event, Ticket
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team

pytestmark = pytest.mark.once

HOSTILE = ["a@b>\r\nRCPT TO:<x@y>", "a@b\r\nDATA", "a@b>\nRCPT TO:<x@y", "a@b> SIZE=1", "a@b\rRSET", "a@b%0d%0aRCPT"]


@pytest.fixture
def delivery(app, sink):
    make_policy()
    team = make_team()
    arrive(make_mailbox(team, settings=sink.settings(acknowledge=False)), eml())
    intake.file_waiting()
    desk.reply(db.session.scalar(select(Ticket.number)), text="answer", by=make_staff(teams=[team]))
    return db.session.scalar(select(Delivery))


@pytest.mark.parametrize("hostile", HOSTILE)
def test_the_server_hears_nothing_of_it_and_the_ticket_shows_it(delivery, sink, hostile):
    db.session.execute(update(Delivery).values(recipient=hostile))
    db.session.commit()
    outbox.deliver_waiting()
    assert sink.commands == []
    assert sink.mails == []
    assert db.session.scalar(select(Delivery.state)) == "failed"
    assert db.session.scalar(select(Event.id).where(Event.kind == "delivery_failed")) is not None


def test_a_mailbox_address_that_is_none_sends_nothing(delivery, sink):
    from helpdesk.channels.models import Channel

    db.session.execute(update(Channel).values(address="desk@x>\r\nRCPT TO:<y@z>"))
    db.session.commit()
    outbox.deliver_waiting()
    assert sink.commands == []


@pytest.mark.parametrize("name", ["to", "cc", "bcc"])
def test_it_is_refused_in_every_field_of_an_answer(talk, name):
    assert {talk.post({"text": "x", name: hostile}).status_code for hostile in HOSTILE} == {422}
    assert talk.replies() == 0


def test_it_is_refused_in_a_mailboxs_rule(as_, app):
    form = {"name": "S", "address": "s@x.test", "team": str(make_team().id), "always_bcc": HOSTILE[0]}
    answer = as_(make_staff("administrator")).post("/admin/channels/new/mail", data=form)
    assert answer.status_code == 422
    assert "is not one e-mail address" in answer.text
