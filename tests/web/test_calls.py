"""The page that imports logs of calls, as a browser meets it."""

import io
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from helpdesk.channels.ledger import Inbox
from helpdesk.channels.models import Channel
from helpdesk.services import sign_in
from helpdesk.services.database import db
from tests.channels.call_logs import MAPPING, RUSSIAN, cdr, missed
from tests.making import make, make_staff, make_team

pytestmark = pytest.mark.once

PASSWORD = "correct horse battery"
OLD = {"start": "2026-01-14 10:00:00", "answer": "2026-01-14 10:00:12", "end": "2026-01-14 10:02:12"}


class Browser(FlaskClient):
    """A browser of its own: nothing of one request is left over in the next."""

    def open(self, *args, **more):
        with self.application.app_context():
            return super().open(*args, **more)


@pytest.fixture
def team(app):
    return make_team()


@pytest.fixture
def log(team):
    return make(Channel(kind="calls", name="pbx", team_id=team.id, settings={}, state={}))


@pytest.fixture
def browser(app):
    app.config["WTF_CSRF_ENABLED"] = False
    app.test_client_class = Browser

    def signed_in(role, *teams):
        person = make_staff(role, teams)
        sign_in.set_password(person, PASSWORD)
        client = app.test_client()
        client.post("/sign-in", data={"login": person.login, "password": PASSWORD})
        return client

    return signed_in


def look(client, log, content, **fields):
    if isinstance(content, str):
        content = content.encode()
    return client.post(f"/calls/{log.id}/previews", data={"file": (io.BytesIO(content), "master.csv"), **fields})


def confirm(client, log, page):
    chosen = re.search(r'name="chosen" value="([^"]+)"', page.text)[1]
    return client.post(f"/calls/{log.id}/imports", data={"chosen": chosen})


def kept():
    db.session.rollback()
    return db.session.scalar(select(func.count(Inbox.id)))


def test_a_lead_chooses_a_log_looks_at_it_and_keeps_its_calls(browser, team, log):
    client = browser("supervisor", team)
    assert client.get("/calls").headers["Location"] == f"/calls/{log.id}"
    assert client.get(f"/calls/{log.id}").status_code == 200
    page = look(client, log, cdr(**OLD) + cdr(uniqueid="2.2", start="soon"))
    assert (page.status_code, kept()) == (200, 0)
    assert "+77011234567" in page.text
    assert "soon" in page.text
    done = confirm(client, log, page)
    assert (done.status_code, kept()) == (302, 1)
    assert "1 new call" in client.get(done.headers["Location"]).text


def test_confirming_twice_keeps_each_call_once(browser, team, log):
    client = browser("supervisor", team)
    page = look(client, log, cdr(**OLD))
    assert [confirm(client, log, page).status_code for _ in range(2)] == [302, 302]
    assert kept() == 1


def test_a_log_with_columns_of_its_own_is_described_in_the_form_and_remembered(browser, team, log):
    client = browser("supervisor", team)
    fields = {f"column_{name}": column for name, column in MAPPING["columns"].items()}
    old = RUSSIAN.replace("2026", "2025").replace("Принят", "Дозвон").encode("cp1251")
    page = look(client, log, old, **fields, format=MAPPING["format"], zone=MAPPING["zone"], words="Дозвон = answered")
    assert confirm(client, log, page).status_code == 302
    assert kept() == 3
    assert 'value="Номер звонка"' in client.get(f"/calls/{log.id}").text


@pytest.mark.parametrize(
    ("content", "fields", "words"),
    [
        (b"\x00\x01", {}, "CSV"),
        (b"", {}, "empty"),
        (cdr(), {"zone": "Mars/North"}, "Mars/North"),
        (cdr(), {"internal": "many"}, "internal"),
        (cdr(), {"words": "Дозвон"}, "Дозвон"),
        (cdr(), {"column_started": "Дата"}, "from"),
    ],
)
def test_what_cannot_be_read_comes_back_with_a_sentence_and_the_fields_as_they_were(
    browser, team, log, content, fields, words
):
    page = look(browser("supervisor", team), log, content, **fields)
    assert page.status_code == 422
    assert words in page.text
    assert all(value in page.text for value in fields.values())


def test_no_file_is_said_so(browser, team, log):
    page = browser("supervisor", team).post(f"/calls/{log.id}/previews", data={})
    assert (page.status_code, "Choose a file." in page.text) == (422, True)


def test_what_stands_in_the_log_is_shown_as_text(browser, team, log):
    evil = "<script>alert(1)</script>"
    page = look(browser("supervisor", team), log, missed(name=evil, start=OLD["start"], end="") + cdr(start=evil))
    assert evil not in page.text
    assert page.text.count("&lt;script&gt;") == 2


def test_what_was_chosen_by_one_is_not_confirmed_by_another_nor_elsewhere(browser, team, log):
    one, two = browser("supervisor", team), browser("supervisor", team)
    other = make(Channel(kind="calls", name="other", team_id=team.id, settings={}, state={}))
    page = look(one, log, cdr(**OLD))
    assert confirm(two, log, page).status_code == 404
    assert confirm(one, other, page).status_code == 404
    assert one.post(f"/calls/{log.id}/imports", data={"chosen": "x.y.z"}).status_code == 409
    assert kept() == 0


def test_agents_and_leads_of_other_teams_find_nothing(browser, team, log):
    assert browser("agent", team).get(f"/calls/{log.id}").status_code == 403
    stranger = browser("supervisor", make_team())
    assert stranger.get(f"/calls/{log.id}").status_code == 404
    assert look(stranger, log, cdr(**OLD)).status_code == 404
    assert "no phone log" in stranger.get("/calls").text
