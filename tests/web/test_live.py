"""The stream of news to open pages."""

import dataclasses
import threading
import time

import pytest
from redis import Redis

from helpdesk import create_app
from helpdesk.people.roles import Role
from helpdesk.services import bell, desk, intake, sign_in
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import transaction
from helpdesk.tickets.models import Notice
from helpdesk.web import hub, live
from tests.making import arrive, eml, make_mailbox, make_staff, make_team


@pytest.fixture
def ana(app):
    return make_staff(teams=[make_team()])


@pytest.fixture
def stream(as_, ana):
    answer = as_(ana).get("/live")
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert answer.headers["X-Accel-Buffering"] == "no"
    news = iter(answer.response)
    yield news
    answer.close()


def event(piece):
    kind, data, *_ = piece.decode().split("\n")
    return kind.removeprefix("event: "), data.removeprefix("data: ")


def test_it_begins_with_the_servers_time(stream):
    kind, at = event(next(stream))
    assert kind == "beat"
    assert at.endswith("Z")


def test_what_changes_is_told_by_number_and_by_nothing_else(stream, ana):
    next(stream)
    ticket = desk.open_ticket(
        customer=make_staff(role=None, login=None, name="Marat"),
        team_id=ana.team_ids[0],
        subject="Secret",
        text="x",
        by=ana,
    )
    assert event(next(stream)) == ("ticket", str(ticket.number))
    bell.tell("board", "now")
    assert event(next(stream)) == ("board", "now")


def test_foreign_words_on_the_channel_are_not_passed_on(app, stream, monkeypatch):
    monkeypatch.setattr(live, "BEAT", 0.2)
    next(stream)
    bell.connection().publish(bell.LIVE, b"\xff\x00 evil")
    bell.connection().publish(bell.LIVE, b"ticket 1\nevent: evil")
    bell.tell("ticket", "7")
    kinds = [event(next(stream)) for _ in range(2)]
    assert ("ticket", "7") in kinds
    assert all("evil" not in kind + data for kind, data in kinds)


def test_should_the_ear_of_the_process_break_its_pages_come_again_and_hear(app, as_, ana, monkeypatch):
    def breaks():
        raise LookupError("the sweep broke")

    heard = threading.Event()
    monkeypatch.setattr(threading, "excepthook", lambda _told: heard.set())
    monkeypatch.setattr(app.extensions["hub"], "sweep", breaks)
    monkeypatch.setattr(hub, "SWEEP", 0.0)
    news = iter(as_(ana).get("/live").response)
    patience = time.monotonic() + 10
    assert all(time.monotonic() < patience for _ in news)
    assert heard.wait(5)
    monkeypatch.undo()
    again = as_(ana).get("/live")
    news = iter(again.response)
    next(news)
    bell.tell("board", "now")
    assert event(next(news)) == ("board", "now")
    again.close()


def test_it_beats_while_nothing_happens(stream, monkeypatch):
    monkeypatch.setattr(live, "BEAT", 0.05)
    assert [event(next(stream))[0] for _ in range(4)] == ["beat"] * 4


def test_it_holds_no_connection_to_the_database(stream, app):
    db.session.remove()
    next(stream)
    assert db.engine.pool.checkedout() == 0


def test_it_ends_with_the_session(stream, ana, monkeypatch):
    monkeypatch.setattr(live, "BEAT", 0.05)
    monkeypatch.setattr(live, "CHECK", 0.1)
    next(stream)
    sign_in.end_sessions(ana.id)
    patience = time.monotonic() + 5
    assert sum(1 for _ in stream) < 50
    assert time.monotonic() < patience


def test_a_change_is_told_of_to_the_team_that_a_ticket_leaves_and_to_the_one_it_comes_to(stream, ana):
    other = make_team(name="Other")
    boss = make_staff(Role.ADMINISTRATOR, login="boss", teams=[other])
    customer = make_staff(role=None, login=None, name="Marat")
    theirs = desk.open_ticket(customer=customer, team_id=other.id, subject="x", text="x", by=boss)
    mine = desk.open_ticket(customer=customer, team_id=ana.team_ids[0], subject="x", text="x", by=ana)
    desk.change_team(mine.number, to=other.id, by=ana)
    bell.tell("board", "now")
    told = [event(next(stream)) for _ in range(4)]
    assert told[1:] == [("ticket", str(mine.number)), ("ticket", str(mine.number)), ("board", "now")]
    assert theirs.number != mine.number


def test_a_mail_that_becomes_a_ticket_is_told_of_to_its_team(stream, ana):
    next(stream)
    arrive(make_mailbox(ana.memberships[0].team), eml("marat@customer.test", subject="Coupon"))
    intake.file_waiting()
    assert event(next(stream)) == ("ticket", "1")


def test_a_notice_is_told_of_to_whom_it_is_for(stream, ana):
    next(stream)
    with transaction():
        db.session.add(Notice(person_id=make_staff(login="olga").id, kind="sheet", facts={}, at=now()))
    with transaction():
        db.session.add(Notice(person_id=ana.id, kind="sheet", facts={}, at=now()))
    bell.tell("board", "now")
    assert [event(next(stream)) for _ in range(2)] == [("notice", ""), ("board", "now")]


def test_without_redis_it_beats_on_and_ends_when_redis_is_back(app, ana, config, monkeypatch):
    monkeypatch.setattr(live, "BEAT", 0.05)
    deaf = create_app(dataclasses.replace(config, redis_url="unix:///nonexistent/valkey.sock"))
    token = sign_in.redeem(sign_in.issue_link(ana).rpartition("/")[2])
    news = live._news(deaf, token)
    assert [piece.split("\n")[0] for piece in (next(news), next(news), next(news))] == ["event: beat"] * 3
    deaf.extensions["hub"].bell = Redis.from_url(config.redis_url)
    patience = time.monotonic() + 10
    assert all(time.monotonic() < patience for _ in news)
    with deaf.app_context():
        db.engine.dispose()


def test_nobody_listens_without_signing_in(app):
    assert app.test_client().get("/live").status_code == 401
