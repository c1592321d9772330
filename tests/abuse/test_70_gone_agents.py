"""Whoever is switched off is out everywhere at once, an open stream within a minute; whoever changed teams sees nothing of the old one.

What they write by mail afterwards is row 22's; what they left to be said later is held (tests/services/test_scheduling.py).
"""

import time
from urllib.parse import urlsplit

import pytest

from helpdesk.people.roles import Role
from helpdesk.services import administration, bell, desk, drafts, following, handover, sign_in
from helpdesk.web import live
from tests.making import make_shift, make_staff, make_team
from tests.web.test_live import event

pytestmark = pytest.mark.once
CANARY, SCALE = "canary4711", 100
VIEWS = ("team", "mine", "followed", "snoozed", "unassigned", "all", "solved")
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def team(app):
    return make_team()


@pytest.fixture
def ana(team):
    return make_staff(teams=[team], login="ana")


@pytest.fixture
def bob(team):
    return make_staff(teams=[team])


@pytest.fixture
def root(team):
    return make_staff("administrator", [team])


def switched_off(person, root, _other):
    administration.switch_person(person.id, active=False, by=root)


def moved(person, root, other, role="agent"):
    about = {"name": person.name, "login": person.login, "locale": "en", "time_zone": "", "email": "ana@staff.test"}
    administration.change_person(person.id, role=role, teams=[other.id], by=root, **about)


def test_who_is_switched_off_is_out_by_cookie_link_and_password(app, as_, ana, root):
    client, link = as_(ana), urlsplit(sign_in.issue_link(ana)).path
    sign_in.set_password(ana, "correct horse battery", stay="")
    again = as_(ana)
    switched_off(ana, root, None)
    for browser in (client, again):
        assert browser.get("/queue/rows", headers=FRAGMENT).status_code == 401
        assert browser.post("/queue/next").status_code == 401
    assert app.test_client().post(link).status_code == 403
    assert (
        app.test_client().post("/sign-in", data={"login": "ana", "password": "correct horse battery"}).status_code
        == 403
    )


@pytest.fixture
def hurried(monkeypatch):
    """A minute of a stream is less than a second."""
    assert live.CHECK + live.BEAT < 60
    monkeypatch.setattr(live, "BEAT", live.BEAT / SCALE)
    monkeypatch.setattr(live, "CHECK", live.CHECK / SCALE)
    return 60 / SCALE


def test_an_open_stream_of_who_is_switched_off_ends_within_a_minute(as_, ana, root, hurried):
    answer = as_(ana).get("/live")
    news = iter(answer.response)
    next(news)
    switched_off(ana, root, None)
    end = time.monotonic() + hurried
    assert sum(1 for _ in news) < SCALE
    assert time.monotonic() < end


def test_an_open_stream_of_who_changed_teams_tells_no_more_of_the_old_one_within_a_minute(as_, ana, bob, root, hurried):
    number = opened(ana, "Cup").number
    answer = as_(ana).get("/live", query_string={"here": "all"})
    news = iter(answer.response)
    next(news)
    moved(ana, root, make_team())
    end = time.monotonic() + hurried
    while time.monotonic() < end:
        next(news)
    bell.tell("ticket", f"{number} {bob.team_ids[0]}")
    bell.tell("board", "now")
    told = [event(next(news)) for _ in range(2)]
    assert ("ticket", str(number)) not in told
    answer.close()


def opened(by, subject):
    customer = make_staff(None, login=None, name="Marat")
    return desk.open_ticket(customer=customer, team_id=by.team_ids[0], subject=subject, text="Called", by=by)


@pytest.fixture
def belongings(ana, bob, team):
    """What the agent holds, was offered, follows, was told of, and writes, in tickets whose subject is the canary."""
    make_shift(ana, team)
    held, offered, followed = (opened(bob, CANARY) for _ in range(3))
    desk.take(held.number, by=ana)
    desk.take(offered.number, by=bob)
    handover.offer(offered.number, to=ana.id, note=CANARY, by=bob)
    following.follow(followed.number, by=ana)
    drafts.keep(held.number, "reply", text="Dear customer", way={}, by=ana)
    desk.note(followed.number, text=f"{CANARY} @ana", by=bob)
    return [held.number, offered.number, followed.number]


PAGES = [*(f"/queue?view={view}" for view in VIEWS), "/queue/rows", "/notices", "/shift", "/shift/sheet", "/drafts",
         "/lookup?q=Marat", "/shifts", "/tickets/new"]  # fmt: skip


def test_who_changed_teams_sees_nothing_of_the_old_one_at_once(as_, ana, root, belongings):
    client = as_(ana)
    before = [page for page in PAGES if CANARY in client.get(page).text]
    assert {"/queue?view=mine", "/shift", "/lookup?q=Marat"} <= set(before)
    moved(ana, root, make_team())
    assert [page for page in PAGES if CANARY in client.get(page).text] == []
    for number in belongings:
        assert client.get(f"/tickets/{number}").status_code == 404
        assert client.post(f"/tickets/{number}/messages", data={"text": "Still me"}).status_code == 404
        assert client.post(f"/tickets/{number}/presence", data={"tab": "a", "state": "writing"}).status_code == 404


def test_who_leads_no_more_is_out_of_what_leads_do_at_once(as_, team, root):
    lead = make_staff(Role.SUPERVISOR, [team])
    client = as_(lead)
    assert client.get("/board").status_code == 200
    moved(lead, root, team)
    assert client.get("/board").status_code == 403
    assert client.get("/intake").status_code == 403
