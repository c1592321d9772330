"""Text that a mail hides until it is forwarded, or writes backwards: the plain view shows what is really there."""

import pytest

from helpdesk.services import intake
from tests.abuse.payloads import HIDDEN
from tests.channels.mail.mails import make, seen
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team

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


@pytest.mark.once
def test_a_page_shows_what_the_sender_hid_before_anybody_asks_for_the_original(haunted, caught):
    caught.visit(f"/tickets/{haunted.desk.numbers['hidden']}")
    shown = caught.page.locator("#thread .msg .prose", has_text="Pay 1000 to X")
    assert "".join(shown.all_inner_texts()).count("Pay 1000 to X") == len(HIDDEN)
    assert caught.prey == []
