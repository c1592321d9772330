"""Acting on several rows of the queue, by the plain form that works without scripts."""

import re

import pytest

from helpdesk.services import desk
from helpdesk.services.database import db
from helpdesk.services.store import ticket_for
from helpdesk.tickets.models import Event
from tests.making import make_staff, make_team


@pytest.fixture
def team(app):
    return make_team()


@pytest.fixture
def ana(team):
    return make_staff(teams=[team])


@pytest.fixture
def numbers(team, ana):
    return [opened(team, ana) for _ in range(3)]


def opened(team, by):
    customer = make_staff(None, login=None, name="Marat")
    return desk.open_ticket(customer=customer, team_id=team.id, subject="Cup", text="Called", by=by).number


def form(client, numbers, **more):
    """What the queue sends when these rows are ticked."""
    versions = dict(re.findall(r'name="(version_\d+)" value="(\d+)"', client.get("/queue").text))
    return {"tickets": numbers, "back": "/queue?view=mine", **versions, **more}


def test_ticked_rows_are_changed_and_undone_by_a_form(as_, ana, numbers):
    client = as_(ana)
    answer = client.post("/selection/take", data=form(client, numbers[:2]))
    assert answer.headers["Location"] == "/queue?view=mine"
    page = client.get("/queue").text
    assert "2 tickets were changed." in page
    assert [ticket_for(ana, number).owner for number in numbers] == [ana, ana, None]
    undo = re.search(r'action="(/selection/\d+/undoing)"', page)[1]
    assert "2 tickets are as before." in client.post(undo, follow_redirects=True).text
    assert [ticket_for(ana, number).owner for number in numbers] == [None] * 3


def test_what_was_changed_since_the_page_was_read_is_named(as_, ana, numbers):
    client = as_(ana)
    wanted = form(client, numbers, status="solved")
    desk.change_priority(numbers[1], to="high", by=ana)
    page = client.post("/selection/status", data=wanted, follow_redirects=True).text
    assert "2 tickets were changed." in page
    assert f"#{numbers[1]} was changed by somebody else meanwhile" in page


def test_a_foreign_number_among_them_is_no_ticket_and_nothing_is_changed(as_, ana, numbers):
    other = make_team()
    foreign = opened(other, make_staff(teams=[other]))
    client, before = as_(ana), db.session.query(Event).count()
    wanted = form(client, [*numbers, foreign], status="solved") | {f"version_{foreign}": 2}
    assert client.post("/selection/status", data=wanted).status_code == 404
    assert db.session.query(Event).count() == before


@pytest.mark.parametrize(
    ("door", "wanted", "status"),
    [
        ("status", {"status": "closed"}, 422),
        ("status", {}, 422),
        ("priority", {"priority": "now"}, 422),
        ("tags", {"tags": "a\nb"}, 422),
        ("tags", {"tags": " , "}, 303),
        ("take", {"tickets": ["x"]}, 422),
        ("take", {"tickets": []}, 303),
        ("take", {"tickets": ["9" * 30]}, 422),
        ("take", {"tickets": [str(number) for number in range(1, 300)]}, 422),
        ("owner", {"owner": "1e9"}, 422),
    ],
)
def test_what_no_page_sends_is_refused_and_changes_nothing(as_, ana, numbers, door, wanted, status):
    client, before = as_(ana), db.session.query(Event).count()
    assert client.post(f"/selection/{door}", data=form(client, numbers) | wanted).status_code == status
    assert db.session.query(Event).count() == before


def test_an_agent_is_not_offered_to_assign_others_and_a_lead_is(as_, team, ana, numbers):
    assert "owner-of-all" not in as_(ana).get("/queue").text
    assert "owner-of-all" in as_(make_staff("supervisor", teams=[team])).get("/queue").text
