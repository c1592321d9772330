"""The stream of news: a foreign or odd ticket in its address tells nothing, and odd frames on its channel end nothing."""

import threading
from contextlib import contextmanager

import pytest

from helpdesk.people.roles import Role
from helpdesk.services import bell, desk, presence
from helpdesk.web import live
from tests.making import make_staff, make_team
from tests.web.test_live import event

pytestmark = pytest.mark.once

HERE = [
    "{theirs}",
    "%",
    "*",
    "{mine}%",
    "{mine} or 1=1",
    "all%00",
    "ALL",
    "-1",
    "0{mine}",
    "٣",
    "[]",
    "{{}}",
    "x" * 9000,
]
FRAMES = [
    b"", b"\xff\xfe", b"null", b"{}", b'{"event": "ticket"}', b"[" * 20_000, b"evil 1", b"ticket", b"ticket x",
    b"ticket 1 ,", b"ticket 1 3,", b"ticket 1 %", "ticket ٣ ٣".encode(), b"ticket 1 " + b"9" * 5000,
    b"ticket 1\nevent: evil", b"notice ,", b"notice %", b"notice *", b"board", b"board \n", b"board now now",
    b"board " + b"x" * 100_000, b"presence 1 x []", b"presence 1 1 []]", b"presence 1 1 [1]", b"presence 1 1 [[]]",
    b'presence 1 1 [{"id": 1}]', b'presence 1 1 [["1", "r", "Eve"]]', b'presence 1 1 [[1, "r", "Eve", 1]]',
    b'presence 1 1 [[1, "r", null]]', b"presence 1 1 [NaN]", b"presence 1 1 [" + b"9" * 5000 + b"]",
    b"presence 1 1 [" + b"[" * 20_000 + b"]" * 20_000 + b"]",
]  # fmt: skip


@pytest.fixture
def teams(app):
    return make_team(), make_team()


@pytest.fixture
def ana(teams):
    return make_staff(teams=teams[:1])


@pytest.fixture
def eve(teams):
    return make_staff(teams=teams[1:])


@pytest.fixture
def numbers(ana, eve):
    customer = make_staff(None, login=None, name="Marat")
    about = {"customer": customer, "subject": "Cup", "text": "Called"}
    mine, theirs = (desk.open_ticket(team_id=one.team_ids[0], by=one, **about).number for one in (ana, eve))
    return {"mine": mine, "theirs": theirs}


@contextmanager
def listening(client, **query):
    answer = client.get("/live", query_string=query)
    news = iter(answer.response)
    assert event(next(news))[0] == "beat"
    yield news
    answer.close()


def until_the_board(news):
    """What is told until "board now", but for the time."""
    bell.tell("board", "now")
    told = []
    while (heard := event(next(news))) != ("board", "now"):
        told += [heard] if heard[0] != "beat" else []
    return told


@pytest.mark.parametrize("here", HERE, ids=lambda here: ascii(here)[:20])
def test_who_asks_for_a_foreign_or_an_odd_ticket_is_told_nothing_of_any(as_, ana, eve, numbers, here):
    with listening(as_(ana), here=here.format(**numbers)) as news:
        presence.speak(numbers["mine"], "a1", "writing", by=ana)
        presence.speak(numbers["theirs"], "e1", "writing", by=eve)
        assert until_the_board(news) == []


def test_nor_is_anything_of_a_foreign_ticket_told_to_who_asks_for_all(as_, ana, eve, numbers):
    with listening(as_(ana), here="all") as news:
        presence.speak(numbers["theirs"], "e1", "writing", by=eve)
        desk.take(numbers["theirs"], by=eve)
        assert until_the_board(news) == []


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_said_to_it(as_, ana, method):
    assert as_(ana).open("/live", method=method, json={"command": "subscribe"}).status_code == 405


def test_odd_frames_are_told_to_nobody_and_every_stream_goes_on(app, as_, ana, teams, monkeypatch):
    broken = []
    monkeypatch.setattr(threading, "excepthook", broken.append)
    monkeypatch.setattr(live, "BEAT", 0.5)
    root = make_staff(Role.ADMINISTRATOR, teams=teams[:1])
    with listening(as_(ana), here="all") as one, listening(as_(root), here="1") as other:
        ear = app.extensions["hub"]._thread
        for frame in FRAMES:
            bell.connection().publish(bell.LIVE, frame)
        told = [until_the_board(news) for news in (one, other)]
        assert told == [[], []]
        assert (app.extensions["hub"]._thread, broken) == (ear, [])
