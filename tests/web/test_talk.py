"""How a call stands in the talk of a ticket: by what came of it, not by what its log happens to measure."""

import re
from datetime import UTC, datetime

import pytest

from helpdesk.channels.models import Channel
from helpdesk.services import calls, intake
from helpdesk.services.database import db
from helpdesk.services.instant import pretend
from helpdesk.tickets.models import Ticket
from tests.channels.call_logs import MAPPING, RUSSIAN
from tests.making import make, make_policy, make_staff, make_team

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("phone", "title"), [("+77011234567", "Call"), ("+77017654321", "Missed call"), ("+77010000001", "Our call")]
)
def test_a_call_without_a_measured_talk_is_called_what_it_was(app, as_, phone, title):
    make_policy()
    team = make_team()
    log = make(Channel(kind="calls", name="pbx", team_id=team.id, settings={"mapping": MAPPING}, state={}))
    with pretend(datetime(2026, 9, 15, tzinfo=UTC)):
        calls.import_(log.id, RUSSIAN.encode(), by=None)
        intake.file_waiting()
    ticket = next(one for one in db.session.query(Ticket) if one.customer.contact("phone").value == phone)
    page = as_(make_staff(teams=[team])).get(f"/tickets/{ticket.number}").text
    assert re.search(r'class="msg-head"><b>([^<]*)</b>', page)[1] == title
