"""What is rarely done to a message lies in a menu of its own."""

import re

import pytest

from helpdesk.services import intake
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team

pytestmark = pytest.mark.once


def test_blacking_out_lies_in_the_menu_of_a_message_and_only_for_leads(app, as_):
    make_policy()
    team = make_team()
    arrive(make_mailbox(team, settings={"acknowledge": False}), eml())
    intake.file_waiting()
    page = as_(make_staff("supervisor", teams=[team])).get("/tickets/1").text
    head = re.search(r'<div class="msg-head">.*?</details></div></details></span></div>', page, re.DOTALL)[0]
    for door in ("/redaction", "/split", "/raw"):
        assert re.search(rf'(?:href|action)="[^"]*{door}"', head), door
    assert "Black out" not in as_(make_staff(teams=[team])).get("/tickets/1").text
