"""A form from elsewhere does nothing: every route that changes something wants this very session's token."""

import json
from urllib.parse import urlsplit

import pytest

from helpdesk.services import sign_in
from tests.abuse.test_60_routes_by_role import TABLE
from tests.abuse.world import Given, World
from tests.making import make_staff, make_team
from tests.web.conftest import Client

pytestmark = pytest.mark.once

CHANGES = [endpoint for method, endpoint in TABLE if method == "POST" and endpoint != "hooks.receive"]
LOOKS = [endpoint for method, endpoint in TABLE if method == "GET" and endpoint != "live.stream"]
FILES = (
    "calls.preview",
    "calls.import_",
    "roster_files.preview",
    "roster_files.import_",
    "admin_rules.days",
)  # forms of files, which can be read once
EVIL = {"Origin": "https://evil.test", "Referer": "https://evil.test/", "Sec-Fetch-Site": "cross-site"}
FORGED = {
    "no token": lambda form, _: {"data": form},
    "a token of nobody's": lambda form, _: {"data": {**form, "csrf_token": "x"}},
    "a token of another session": lambda form, other: {"data": {**form, "csrf_token": other}},
    "JSON as text": lambda form, _: {"data": json.dumps(form, default=str), "content_type": "text/plain"},
    "JSON": lambda form, _: {"data": json.dumps(form, default=str), "content_type": "application/json"},
}


@pytest.fixture
def world(app, as_):
    """Everybody is signed in; from now on forms need their token."""
    made = World(app, as_)
    app.config["WTF_CSRF_ENABLED"] = True
    return made


def token(client, page="/lookup"):
    """What this browser's session has in its forms."""
    return client.get(page).text.partition('name="csrf_token" value="')[2].partition('"')[0]


def honest(world, endpoint):
    """Where the administrator's form goes to and what stands in it, but for the token."""
    given = Given(world, endpoint)
    rule = next(world.app.url_map.iter_rules(endpoint))
    url = world.app.url_map.bind("localhost").build(endpoint, {name: given[name] for name in rule.arguments})
    return url, {} if endpoint in FILES else given.body("POST")["data"]


def test_no_forged_form_is_taken_and_nothing_is_changed_by_it(world):
    root, others = world.clients["root"], token(world.clients["agent"])
    taken = []
    for endpoint in CHANGES:
        url, form = honest(world, endpoint)
        before = world.everything()
        for name, forge in FORGED.items():
            status = root.post(url, headers=EVIL, **forge(form, others)).status_code
            taken += [] if status in (400, 403) else [f"{endpoint} with {name}: {status}"]
        taken += [] if world.everything() == before else [f"{endpoint} changed something"]
    assert taken == []


def test_the_same_forms_are_taken_with_the_token_of_their_session(world):
    root = world.clients["root"]
    for endpoint in ("acts.close", "admin.add_person", "intake.retry"):
        url, form = honest(world, endpoint)
        assert root.post(url, data={**form, "csrf_token": token(root)}).status_code == 303
        assert root.post(url, data=form, headers={"X-CSRFToken": token(root)}).status_code in (303, 422)


def test_looking_changes_nothing_however_it_is_asked(world):
    root = world.clients["root"]
    for endpoint in LOOKS:
        given = Given(world, endpoint)
        rule = next(world.app.url_map.iter_rules(endpoint))
        url = world.app.url_map.bind("localhost").build(endpoint, {name: given[name] for name in rule.arguments})
        before = world.everything()
        for method in ("POST", "DELETE"):
            root.get(url, query_string={"_method": method}, headers={"X-HTTP-Method-Override": method}).close()
        assert world.everything() == before, endpoint


def test_nobody_is_signed_in_by_a_foreign_form(app):
    app.config["WTF_CSRF_ENABLED"] = True
    app.test_client_class = Client
    person, victim = make_staff(teams=[make_team()], login="mallory"), app.test_client()
    sign_in.set_password(person, "a long password of theirs")
    link = urlsplit(sign_in.issue_link(person)).path
    form = {
        "login": "mallory",
        "password": "a long password of theirs",
        "csrf_token": token(app.test_client(), "/sign-in"),
    }
    assert victim.post("/sign-in", data=form, headers=EVIL).status_code == 400
    assert victim.post(link, data=form, headers=EVIL).status_code == 400
    assert victim.get("/queue/rows", headers={"HX-Request": "true"}).status_code == 401
    assert victim.post(link, data={"csrf_token": token(victim, link)}).status_code == 302
