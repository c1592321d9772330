"""The form that forwards a message, and what the ticket shows of it."""

import dataclasses
import re

import pytest
from sqlalchemy import select

from helpdesk.channels.models import Channel
from helpdesk.services import desk, intake, outbox
from helpdesk.services.database import db
from helpdesk.tickets.models import Delivery, Message
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team

pytestmark = pytest.mark.once


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def ana(team):
    return make_staff(teams=[team], name="Ana Seitova")


@pytest.fixture
def client(as_, ana, team, sink):
    arrive(make_mailbox(team, settings=sink.settings(acknowledge=False)), eml(text="The cup is <b>broken</b>."))
    intake.file_waiting()
    return as_(ana)


def sent(page):
    """The fields that the form bears by itself."""
    return dict(re.findall(r'<input type="hidden" name="(message|seen)" value="(\d+)">', page.text))


def test_the_form_shows_what_goes_and_sends_it(client):
    page = client.get("/tickets/1/forward")
    assert "The cup is &lt;b&gt;broken&lt;/b&gt;." in page.text
    answer = client.post(
        "/tickets/1/forward", data={**sent(page), "to": "repair@partner.test", "text": "Can you mend it?"}
    )
    assert answer.status_code == 303
    shown = client.get(answer.location).text
    assert "forwarded to repair@partner.test" in shown
    assert "Can you mend it?" in shown
    assert db.session.scalars(select(Delivery.recipient)).all() == ["repair@partner.test"]


@pytest.mark.parametrize(
    ("to", "status", "words"), [("nobody", 422, "not one e-mail address"), ("", 422, "at least one")]
)
def test_a_wrong_address_is_told_at_its_field_and_nothing_typed_is_lost(client, to, status, words):
    page = client.get("/tickets/1/forward")
    answer = client.post(
        "/tickets/1/forward", data={**sent(page), "to": to, "text": "Can you mend it?", "then": "hold"}
    )
    assert answer.status_code == status
    assert re.search(rf'id="to-error">.*{words}', answer.text)
    assert "Can you mend it?</textarea>" in answer.text
    assert db.session.scalars(select(Delivery)).all() == []


def test_it_can_be_forwarded_from_the_menu_of_a_message_but_no_note_can(client, ana):
    note = desk.note(1, text="Inside.", by=ana)
    page = client.get("/tickets/1").text
    offered = re.findall(r'href="/tickets/1/forward\?message=(\d+)"', page)
    asked = db.session.scalars(select(Message.id).where(Message.kind == "received")).one()
    assert offered == [str(asked)]
    assert re.search(r'href="/tickets/1/forward" aria-keyshortcuts="F"', page)
    assert client.get(f"/tickets/1/forward?message={note.id}").status_code == 404
    assert client.post("/tickets/1/forward", data={"message": note.id, "to": "repair@partner.test"}).status_code == 404


def test_what_comes_back_is_shown_as_internal(client, ana, team, sink):
    desk.take(1, by=ana)
    client.post("/tickets/1/forward", data={**sent(client.get("/tickets/1/forward")), "to": "repair@partner.test"})
    outbox.deliver_waiting()
    box = db.session.scalars(select(Delivery.channel_id)).one()
    reply_to = str(sink.mails[0].mail["Reply-To"])
    arrive(db.session.get_one(Channel, box), eml("Repair <repair@partner.test>", to=reply_to, text="It costs 900."))
    intake.file_waiting()
    page = client.get("/tickets/1").text
    message = re.search(r'<article class="msg msg-note"[^>]*>(?:(?!</article>).)*It costs 900\.', page, re.DOTALL)[0]
    assert "Answer to what was forwarded, the customer does not see it" in message
    assert "Repair" in client.get("/notices").text


class TestHeld:
    @pytest.fixture
    def config(self, config):
        return dataclasses.replace(config, undo_seconds=10)

    def test_what_is_taken_back_comes_into_the_form_again(self, client, sink):
        page = client.get("/tickets/1/forward")
        client.post("/tickets/1/forward", data={**sent(page), "to": "repair@partner.test", "text": "Can you mend it?"})
        made = db.session.scalars(select(Message.id).where(Message.kind == "forward")).one()
        again = client.post(f"/tickets/1/messages/{made}/withdrawal")
        assert re.fullmatch(rf"/tickets/1/forward\?message=\d+&again={made}", again.location)
        form = client.get(again.location).text
        assert 'value="repair@partner.test"' in form
        assert "Can you mend it?</textarea>" in form
        assert again.location.replace("&", "&amp;") in client.get("/tickets/1").text
