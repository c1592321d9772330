"""The first day: three hints until they are put away, help that leads to the right paragraph, and what is new until read."""

import re

import pytest

from helpdesk.web import help_on, whats_new
from tests.making import make_staff, make_team

pytestmark = pytest.mark.once


@pytest.fixture
def ana(app):
    return make_staff(teams=[make_team()])


def test_the_hints_are_there_until_they_are_put_away_for_good(as_, ana):
    client = as_(ana)
    assert client.get("/queue").text.count('<kbd class="key">Ctrl ⇧ Enter</kbd>') == 1
    answer = client.post("/hints/away", data={"back": "/queue?view=mine"})
    assert answer.headers["Location"] == "/queue?view=mine"
    assert 'class="hints hide-phone"' not in as_(ana).get("/queue").text


def test_what_is_new_has_a_dot_until_it_is_read(as_, ana):
    client = as_(ana)
    assert 'class="dot push"' in client.get("/queue").text
    assert '<span class="tag">new</span>' in client.get("/news").text
    assert client.post("/news/read").status_code == 303
    assert 'class="dot push"' not in client.get("/queue").text
    assert '<span class="tag">new</span>' not in client.get("/news").text


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_page_leads_to_a_paragraph_that_is_there(app, as_, ana, language):
    told = set(re.findall(r'<section id="(\w+)"', as_(ana).get(f"/help?lang={language}").text))
    doors = {rule.endpoint.partition(".")[0] for rule in app.url_map.iter_rules()}
    assert {help_on.paragraph(door) for door in doors} == told
    assert 'href="/help#queue"' in as_(ana).get("/queue").text


def test_what_is_new_is_said_in_both_languages_and_numbered_once():
    assert len({one.number for one in whats_new.news("ru")}) == len(whats_new.news("en")) == whats_new.NEWEST
    assert {one.title for one in whats_new.news("ru")}.isdisjoint(one.title for one in whats_new.news("en"))
