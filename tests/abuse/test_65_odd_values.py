"""Values of the wrong kind, too large, twice or by another way: refused, whoever sends them, and nothing is changed."""

import re

import pytest

from helpdesk.services import desk
from tests.abuse.test_60_routes_by_role import TABLE
from tests.abuse.test_64_forbidden_fields import FORMS
from tests.abuse.world import Given, World

pytestmark = pytest.mark.once

MARK = 7770777
ODD_IDS = ("1e0", "-1", str(2**63))
ODD_NUMBERS = ("1e0", "-1", str(2**63))
METHODS = ("PUT", "DELETE")
PART = {"HX-Request": "true"}  # a short page


@pytest.fixture
def world(app, as_):
    return World(app, as_)


def address(app, rule):
    """Where a route is, with MARK for each number and a word for the rest."""
    known = {
        name: MARK if type(kind).__name__ == "RowNumber" else "2031-01-06" for name, kind in rule._converters.items()
    }
    return app.url_map.bind("localhost").build(
        rule.endpoint, known, method=next(iter(rule.methods - {"HEAD", "OPTIONS"}))
    )


def test_an_odd_id_in_an_address_is_no_page_and_nothing_is_changed(app, world):
    before, root, wrong = world.everything(), world.clients["root"], []
    for rule in app.url_map.iter_rules():
        url = address(app, rule)
        for place in range(url.count(str(MARK))):
            parts = url.split(str(MARK))
            for odd in ODD_IDS:
                sent = "1".join(parts[: place + 1]) + odd + "1".join(parts[place + 1 :])
                for method in rule.methods & {"GET", "POST"}:
                    status = root.open(sent, method=method, headers=PART).status_code
                    wrong += [] if 400 <= status < 500 else [f"{method} {sent[:80]}: {status}"]
    assert wrong == [], wrong
    assert world.everything() == before


def test_no_other_method_does_anything_however_it_is_asked_for(app, world):
    before, root, wrong = world.everything(), world.clients["root"], []
    for rule in app.url_map.iter_rules():
        url = address(app, rule).replace(str(MARK), "1")
        for method in METHODS:
            status = root.open(url, method=method, headers=PART).status_code
            wrong += [] if status == 405 else [f"{method} {url}: {status}"]
    assert wrong == [], wrong
    assert world.everything() == before


def test_a_method_in_a_form_or_a_header_changes_neither_what_is_done_nor_who_may(world):
    url = f"/tickets/{Given(world, 'acts.close')['number']}/closing"
    before, clients = world.everything(), world.clients
    for name in ("_method", "method"):
        assert clients["agent"].post(url, data={name: "GET"}).status_code == 422
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        assert clients["agent"].get(url, headers={name: "POST"}).status_code == 405
        assert clients["foreign"].post(url, headers={name: "GET"}).status_code == 404
    assert world.everything() == before


WAYS = [
    "/queue//", "//evil.test/queue", "/tickets//{number}", "/./queue", "/../queue", "/queue/../admin/people", "/.", "/..",
    "/tickets/{number}/../../admin/people", "/admin/people/", "/ADMIN/people", "/admin\\people", "/admin/people\0", "/admin/people;",
]  # fmt: skip


def test_by_another_way_there_is_no_page_or_the_same_guard(world):
    """Paths as a server hands them on, with %2e and %2f decoded. What stands before the first slash says nothing."""
    number = Given(world, "acts.close")["number"]
    answers = {(way, who): came(world, who, way.format(number=number)) for way in WAYS for who in ASKED}
    assert [(way, status) for way, status in answers.items() if status != 404] == []
    for who in ASKED:
        assert came(world, who, "///admin/people") == came(world, who, "/admin/people")


ASKED = ("agent", "root", "anonymous")


def came(world, who, path):
    return world.clients[who].get("/x", environ_overrides={"PATH_INFO": path}, headers=PART).status_code


def test_odd_numbers_in_forms_are_refused_and_nothing_is_changed(world):
    wrong = []
    for endpoint, who in FORMS:
        given = Given(world, endpoint)
        form = given.body("POST")["data"]
        numbers = [name for name, value in form.items() if re.fullmatch(r"[0-9]+", value)]
        if not numbers or endpoint == "my_shifts.number":  # which is a telephone's
            continue
        url, before = where(world, endpoint, given), world.everything()
        for name in numbers:
            for odd in ODD_NUMBERS:
                status = world.clients[who].post(url, data={**form, name: odd}).status_code
                wrong += [] if 400 <= status < 500 else [f"{endpoint} with {name}={odd[:20]}: {status}"]
        wrong += [] if world.everything() == before else [f"{endpoint} changed something"]
    assert wrong == [], wrong


def where(world, endpoint, given):
    rule = next(world.app.url_map.iter_rules(endpoint))
    return world.app.url_map.bind("localhost").build(endpoint, {name: given[name] for name in rule.arguments})


def test_what_is_said_twice_is_refused_and_nothing_is_changed(world):
    wrong = []
    for endpoint, who in FORMS:
        given = Given(world, endpoint)
        form = given.body("POST")["data"]
        once = next((name for name in reversed(form) if name not in SEVERAL), None)
        if once is None:
            continue
        url, before = where(world, endpoint, given), world.everything()
        for more in ({once: [form[once], "another"]}, {f"{once}[]": form[once]}):
            status = world.clients[who].post(url, data={**form, **more}).status_code
            wrong += [] if 400 <= status < 500 else [f"{endpoint} with {more}: {status}"]
        wrong += [] if world.everything() == before else [f"{endpoint} changed something"]
    assert wrong == [], wrong


SEVERAL = ("tickets", "messages", "teams", "days", "weekdays", "columns", "languages")


PLACES = [
    "1e9", "-1", "0", str(2**63), "2031-01-06", "2031-01-06T00:00:00+00:00,1e0", "2031-01-06T00:00:00+00:00,-1",
    f"2031-01-06T00:00:00+00:00,{2**63}", "99999-01-01T00:00:00+00:00,1", ",", "x" * 9000,
]  # fmt: skip


def test_an_odd_place_in_the_list_is_refused(world):
    asked = world.clients["agent"]
    answers = {after: asked.get("/queue/rows", query_string={"after": after}).status_code for after in PLACES}
    assert [(after[:60], status) for after, status in answers.items() if status != 422] == []


def test_nobody_asks_for_more_rows_than_a_page_has(world):
    about = {"customer": world.customer, "team_id": world.team.id, "by": world.people["agent"]}
    for _ in range(60):
        desk.open_ticket(subject="Cup", text="Called", **about)
    shown = [world.clients["agent"].get(f"/queue/rows{more}").text.count('class="trow-check"') for more in
             ("", "?per_page=1000000000", "?limit=-1", "?page=1e9", "?per_page=10&per_page=1000")]  # fmt: skip
    assert len(set(shown)) == 1
    assert TABLE["GET", "desk.rows"][0] != 200
