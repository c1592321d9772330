"""What pages say of keys."""

import re

import pytest

from helpdesk.services import desk
from helpdesk.web import keys
from tests.making import make_staff, make_team

pytestmark = pytest.mark.once

KEYED = re.compile(r"<(\w+)[^>]*aria-keyshortcuts=\"([^\"]+)\"[^>]*>")


@pytest.mark.parametrize(
    ("strokes", "printed"),
    [
        (["T"], "T · Е"), (["G", "I"], "G I · П Ш"), (["Shift+M"], "⇧M · ⇧Ь"), (["Control+Shift+Enter"], "Ctrl ⇧ Enter"),
        (["Control+K"], "Ctrl K · Ctrl Л"), (["Escape"], "Esc"), (["/"], "/"),
    ],
)  # fmt: skip
def test_a_key_is_printed_as_on_its_cap_in_both_alphabets(strokes, printed):
    assert keys.legend(strokes) == printed


@pytest.fixture
def ana(app):
    return make_staff(teams=[make_team()])


def test_whatever_a_key_presses_says_so_in_its_tooltip(as_, ana):
    asked = {"customer": make_staff(None, login=None, name="Marat"), "team_id": ana.team_ids[0], "by": ana}
    ticket = desk.open_ticket(subject="Coupon", text="Called", **asked)
    pages = [as_(ana).get(address).text for address in ("/queue", f"/tickets/{ticket.number}")]
    pressed = [(tag[0], tag[2]) for page in pages for tag in KEYED.finditer(page) if "data-keys" not in tag[0]]
    assert pressed
    assert [tag for tag, stroke in pressed if f'· {keys.legend(stroke.split()[:1])}"' not in tag] == []


def test_whoever_switched_keys_off_has_none_on_their_pages_but_those_with_ctrl(as_, ana):
    client = as_(ana)
    client.post("/profile/keys", data={})
    page = client.get("/queue").text
    assert [tag[2] for tag in KEYED.finditer(page)] == ["Control+K", "Escape"]
    assert "data-keys" not in page
    client.post("/profile/keys", data={"on": "1"})
    assert 'aria-keyshortcuts="T"' in client.get("/queue").text
