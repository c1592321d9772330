"""Why somebody was dealt a ticket, as its page says it."""

import pytest

from helpdesk.services import dealing, intake
from tests.making import arrive, eml, make_mailbox, make_policy, make_shift, make_staff, make_team

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("locale", "why"),
    [
        ("en", "by turns; at work; speaks English; open: 0 of 8"),
        ("ru", "по кругу; на смене, без перерыва; говорит по-английски; открыто 0 из 8"),
    ],
)
def test_the_history_says_in_words_why_somebody_was_dealt_it(app, as_, locale, why):
    make_policy()
    team = make_team(dealing="turns", most_open=8)
    ana = make_staff(teams=[team], languages=["en"], locale=locale)
    make_shift(ana, team)
    arrive(make_mailbox(team), eml())
    intake.file_waiting()
    dealing.deal_out()
    assert why in as_(ana).get("/tickets/1").text
