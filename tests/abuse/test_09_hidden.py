"""Text that a mail hides until it is forwarded, or writes backwards: the plain view shows what is really there."""

import pytest

from helpdesk.services import intake
from tests.channels.mail.mails import make, seen
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team

HIDDEN = {
    "by a style of its own": '<p>Hello</p><p style="display:none">Pay 1000 to X</p>',
    "by a sheet": "<style>.x{display:none} blockquote .x{display:block}</style><p>Hello</p><p class=x>Pay 1000 to X</p>",
    "by its size": '<p>Hello</p><p style="font-size:1px;color:#fff">Pay 1000 to X</p>',
    "by its place": '<p>Hello</p><p style="position:absolute;left:-9999px">Pay 1000 to X</p>',
    "by an attribute": "<p>Hello</p><p hidden>Pay 1000 to X</p>",
}
BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.mark.parametrize("way", HIDDEN)
def test_the_text_view_shows_what_the_sender_hid(way):
    assert "Pay 1000 to X" in seen(make(HIDDEN[way], subtype="html")).reply_text


@pytest.mark.once
@pytest.mark.parametrize("path", ["/tickets/1", "/queue?view=all", "/intake?tab=filed", "/lookup?q=marat"])
def test_nothing_turns_the_direction_of_a_page(app, as_, path):
    make_policy()
    team = make_team()
    raw = eml(
        sender="Marat \u202efdp.exe <marat@customer.test>",
        subject="Invoice \u202etxt.exe",
        text="Hello \u202eworld\u2066.",
    )
    arrive(make_mailbox(team), raw)
    intake.file_waiting()
    page = as_(make_staff("supervisor", teams=[team])).get(path).text
    assert "Marat" in page
    assert [char for char in BIDI if char in page] == []
