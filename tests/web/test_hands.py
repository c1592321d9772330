"""The owners of a ticket, each with why it came to them."""

import pytest
from flask_babel import force_locale

from helpdesk.web.hands import stint

pytestmark = pytest.mark.once
WORDS = {"next": "взята следующей", "skipped": "владелец вернул", "idle": "лежала без дела", "undone": "отменено"}


@pytest.mark.parametrize("why", WORDS)
def test_how_a_ticket_came_to_its_owner_is_said_in_the_language_of_who_reads(app, why):
    with app.test_request_context(), force_locale("ru"):
        assert stint(why) == WORDS[why]
