"""A mail shows the pictures that came with it, not those of another; and looking at a page changes nothing."""

import pytest
from sqlalchemy import select

from helpdesk.services import intake
from helpdesk.services.database import db
from helpdesk.tickets.models import Message, Ticket
from tests.abuse.payloads import CIDS, PICTURE
from tests.channels.mail.mails import multipart
from tests.making import arrive, make_mailbox, make_policy, make_staff, make_team

pytestmark = pytest.mark.once


@pytest.fixture
def client(app, as_):
    make_policy()
    team = make_team()
    mailbox = make_mailbox(team)
    arrive(mailbox, multipart(CIDS, PICTURE, kind="related"))
    arrive(mailbox, multipart(CIDS, Message_ID="<m2@client.example>", From="evil@other.test"))
    intake.file_waiting()
    return as_(make_staff("administrator", teams=[team]))


def original(client, number):
    message = db.session.scalar(select(Message).join(Ticket).where(Ticket.number == number, Message.direction == "in"))
    return client.get(f"/tickets/{number}/messages/{message.id}/html").text


def test_a_mail_shows_its_own_picture(client):
    assert 'src="data:image/png;base64,' in original(client, 1)


def test_a_picture_of_another_mail_stays_unresolved(client):
    page = original(client, 2)
    assert "data:image" not in page
    assert 'data-cid="secret@a"' in page


def test_no_picture_asks_our_own_pages_for_anything(client):
    assert "/tickets/1/close" not in original(client, 1)


def test_what_changes_something_is_not_there_for_whoever_only_looks(app, client):
    rules = list(app.url_map.iter_rules())
    looked_at = {rule.rule for rule in rules if "GET" in rule.methods}
    acts = [rule for rule in rules if "POST" in rule.methods and rule.rule not in looked_at and rule.arguments]
    paths = {rule.build(dict.fromkeys(rule.arguments, 1), append_unknown=False)[1] for rule in acts}
    answers = {path: client.get(path).status_code for path in paths}
    assert len(answers) > 10
    assert {path: code for path, code in answers.items() if code not in (404, 405)} == {}


@pytest.mark.parametrize(("ticket", "shown"), [("own picture", 1), ("foreign picture", 0)])
def test_a_browser_shows_a_mails_own_picture_alone_and_asks_nobody_for_another(haunted, caught, ticket, shown):
    caught.visit(f"/tickets/{haunted.desk.numbers[ticket]}")
    (frame,) = caught.page.frames[1:]
    assert frame.locator("img[src]").count() == shown
    assert caught.prey == []
