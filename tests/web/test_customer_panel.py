"""Beside a ticket: its customer's other tickets, what is perhaps the same matter, and the note on them."""

import pytest

from helpdesk.services import desk
from tests.making import make_policy, make_staff, make_team

pytestmark = pytest.mark.once


@pytest.fixture
def ana(app):
    make_policy()
    return make_staff(teams=[make_team()], name="Ana")


@pytest.fixture
def numbers(ana):
    marat = make_staff(None, login=None, name="Marat")
    about = {"customer": marat, "team_id": ana.team_ids[0], "text": "Called", "by": ana}
    return [desk.open_ticket(subject=name, **about).number for name in ("Cup", "Saucer")]


def test_what_is_perhaps_the_same_matter_is_one_click_from_being_merged(as_, ana, numbers):
    one, other = numbers
    page = as_(ana).get(f"/tickets/{one}").text
    assert f'href="/tickets/{one}/merge?other={other}"' in page
    assert "Perhaps the same matter" in page


def test_a_note_on_the_customer_stands_beside_all_their_tickets_with_what_it_was_before(as_, ana, numbers):
    client, (one, other) = as_(ana), numbers
    client.post(f"/tickets/{one}/customer/note", data={"customer_note": "Calls from abroad", "seen_note": "0"})
    page = client.get(f"/tickets/{other}").text
    assert ('<p class="prose-plain small">Calls from abroad</p>' in page, "Earlier notes" in page) == (True, False)
    client.post(f"/tickets/{other}/customer/note", data={"customer_note": "<b>Deaf</b>", "seen_note": "1"})
    page = client.get(f"/tickets/{one}").text
    assert ("&lt;b&gt;Deaf&lt;/b&gt;" in page, "Earlier notes" in page) == (True, True)
    refused = client.post(f"/tickets/{one}/customer/note", data={"customer_note": "Mine", "seen_note": "1"})
    assert (refused.status_code, "meanwhile" in refused.text) == (409, True)
