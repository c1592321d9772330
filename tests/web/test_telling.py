"""The owner of a late ticket puts the words for the customer into the answer by a button, without scripts."""

import re

import pytest

from helpdesk.services import desk, firing, intake
from helpdesk.services.instant import now, pretend
from tests.making import HOUR, arrive, eml, make_mailbox, make_policy, make_staff, make_team

pytestmark = pytest.mark.once


def test_the_owner_is_asked_and_a_button_puts_the_words_into_the_answer(app, as_):
    make_policy({"resolution": 3600})
    team = make_team()
    ana, ben = make_staff(teams=[team]), make_staff(teams=[team])
    with pretend(now() - 2 * HOUR):
        box = make_mailbox(team)
        arrive(box, eml())
        arrive(box, eml("dana@customer.test"))
        intake.file_waiting()
        desk.take(1, by=ana)
    firing.fire_due()
    assert "tell the customer by when" in as_(ben).get("/tickets/2").text
    assert "tell the customer by when" not in as_(make_staff("observer", [team])).get("/tickets/2").text
    client = as_(ana)
    page = client.get("/tickets/1").text
    assert "tell the customer by when" in page
    assert 'name="promise"' not in as_(ben).get("/tickets/1").text
    offered = re.search(r'name="promise" value="([^"]+)"', page)[1]
    page = client.get(f"/tickets/1?promise={offered}").text
    assert "We will tell you the result by" in re.search(r'<textarea id="reply".*?</textarea>', page, re.DOTALL)[0]
    refused = client.get("/tickets/1?promise=2001-01-01T09:00")
    assert (refused.status_code, "choose a later one" in refused.text) == (409, True)
