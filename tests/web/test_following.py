"""Following and naming colleagues, over the web."""

import re

import pytest

from helpdesk.services import desk, reading
from helpdesk.services.database import db
from helpdesk.tickets.models import Message
from tests.making import make_staff, make_team

pytestmark = pytest.mark.once


@pytest.fixture
def ana(app):
    return make_staff(teams=[make_team()])


@pytest.fixture
def number(ana):
    customer = make_staff(None, login=None, name="Marat")
    return desk.open_ticket(customer=customer, team_id=ana.team_ids[0], subject="Cup", text="Called", by=ana).number


def test_the_menu_follows_and_follows_no_longer(as_, ana, number):
    client, address = as_(ana), f"/tickets/{number}"
    assert f'action="{address}/following"' in client.get(address).text
    client.post(f"{address}/following")
    assert f'action="{address}/following/end"' in client.get(f"{address}/head").text
    assert f'id="t{number}"' in client.get("/queue?view=followed").text
    client.post(f"{address}/following/end")
    assert f'id="t{number}"' not in client.get("/queue?view=followed").text


def test_a_note_that_names_somebody_without_access_says_so_and_goes_when_it_is_meant(as_, ana, number):
    make_staff(teams=[make_team()], login="eve", name="Eve <b>")
    bob = make_staff(teams=[ana.memberships[0].team], login="bob")
    client, form = as_(ana), {"kind": "note", "text": "@eve @bob look"}
    answer = client.post(f"/tickets/{number}/messages", data=form)
    assert answer.status_code == 409
    assert "Eve &lt;b&gt; may not see this ticket" in answer.text
    assert "@eve @bob look</textarea>" in answer.text
    known = re.search(r'name="unseen" value="([^"]*)"', answer.text)[1]
    assert client.post(f"/tickets/{number}/messages", data={**form, "unseen": known}).status_code == 303
    assert db.session.query(Message).filter_by(text="@eve @bob look").count() == 1
    assert [one.kind for one in reading.unread(bob)] == ["mentioned"]
    assert "names you in a note" in as_(bob).get("/queue").text


def test_the_list_of_colleagues_is_in_notes_alone(as_, ana, number):
    make_staff(teams=[make_team()], login="eve", name="Eve")
    client = as_(ana)
    assert (
        '<option value="eve">Eve · may not see this ticket</option>' in client.get(f"/tickets/{number}?kind=note").text
    )
    assert 'id="mention"' not in client.get(f"/tickets/{number}").text
