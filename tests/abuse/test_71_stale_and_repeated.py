"""Two agents with one stale page: one is done, the other is told by whom, and both are traceable. One event again and again: one ticket.

That no interleaving takes a stale form is in tests/services/test_versions.py; that one event is stored once, row 46's.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select
from structlog.testing import capture_logs

from helpdesk.channels.models import Channel
from helpdesk.services import desk, intake
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.tickets.models import Event, Message, Ticket
from tests.channels.chat.channels import make_bot, make_webhook
from tests.channels.chat.signing import message, sign
from tests.making import make_staff, make_team

MANY = 50


@pytest.fixture
def team(app):
    return make_team()


@pytest.fixture
def ana(team):
    return make_staff(teams=[team], name="Ana Abel", login="ana")


@pytest.fixture
def bob(team):
    return make_staff(teams=[team], name="Bob Braun", login="bob")


@pytest.fixture
def ticket(team, ana):
    customer = make_staff(None, login=None, name="Marat")
    return desk.open_ticket(customer=customer, team_id=team.id, subject="Cup", text="Called", by=ana)


def history():
    db.session.rollback()
    rows = select(Event.kind, Event.actor_id).where(Event.seq > 1).order_by(Event.seq)
    return [tuple(row) for row in db.session.execute(rows)]


def test_of_two_with_one_stale_page_the_second_is_told_what_the_first_did_and_both_are_traceable(as_, ticket, ana, bob):
    version, (hers, his) = ticket.version, [as_(one) for one in (ana, bob)]
    with capture_logs() as lines:
        assert hers.post("/tickets/1/priority", data={"to": "urgent", "version": version}).status_code == 303
        refused = his.post("/tickets/1/priority", data={"to": "low", "version": version})
    assert refused.status_code == 409
    assert "Ana Abel" in refused.text
    assert "Priority: Normal → Urgent" in refused.text
    assert history() == [("priority_changed", ana.id)]
    told = [line for line in lines if line["event"] == "ticket.stale"]
    assert [(one["ticket"], one["by"], one["shown"], one["version"]) for one in told] == [
        (1, "bob", version, version + 1)
    ]
    assert his.post("/tickets/1/priority", data={"to": "low", "version": version + 1}).status_code == 303
    assert history() == [("priority_changed", ana.id), ("priority_changed", bob.id)]


def test_the_same_in_a_list_of_several(as_, ticket, ana, bob):
    version, (hers, his) = ticket.version, [as_(one) for one in (ana, bob)]
    form = {"tickets": "1", "version_1": str(version)}
    with capture_logs() as lines:
        for browser, priority in ((hers, "urgent"), (his, "low")):
            assert browser.post("/selection/priority", data={**form, "priority": priority}).status_code == 303
    assert "changed by somebody else" in his.get("/queue").text
    assert [(line["ticket"], line["by"]) for line in lines if line["event"] == "ticket.stale"] == [(1, "bob")]
    assert history() == [("priority_changed", ana.id)]


def test_one_event_fifty_times_at_once_is_one_ticket(app, team):
    make_webhook("site", team=team)
    body = message("Where is my coupon?")

    def send(_):
        with app.app_context():
            status = post(app, "/hooks/site", body)
            intake.file_waiting()
            return status

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(send, range(MANY))) == {204}
    intake.file_waiting()
    assert db.session.scalar(select(func.count(Ticket.id))) == 1
    assert db.session.scalar(select(func.count(Message.id)).where(Message.kind == "received")) == 1


def post(app, url, body):
    return (
        app.test_client().post(url, data=body, headers=sign(body, now()), content_type="application/json").status_code
    )


def test_its_id_with_another_body_is_refused_and_seen_on_the_channel(app, team):
    channel = make_webhook("site", team=team)
    assert [post(app, "/hooks/site", message(text)) for text in ("one", "two", "one")] == [204, 422, 204]
    intake.file_waiting()
    assert list(db.session.scalars(select(Message.text))) == ["one"]
    assert "another body" in db.session.scalar(select(Channel.error).where(Channel.id == channel.id))


def test_telegram_which_would_send_it_for_ever_is_told_yes(app, team):
    make_bot("bot")
    secret = {"X-Telegram-Bot-Api-Secret-Token": "s3cret"}
    bodies = [b'{"update_id": 5, "one": {}}', b'{"update_id": 5, "two": {}}']
    client = app.test_client()
    answers = [client.post("/hooks/bot", data=body, headers=secret, content_type="application/json") for body in bodies]
    assert [answer.status_code for answer in answers] == [204, 204]
