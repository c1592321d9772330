"""Whoever writes of a file that is not attached is asked before the answer leaves, and may say that none was meant."""

import io
import re

import pytest
from sqlalchemy import select

from helpdesk.services import intake, linking
from helpdesk.services.database import db
from helpdesk.services.store import ticket_for
from helpdesk.tickets.models import Message
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team

pytestmark = pytest.mark.once

SPOKEN = [
    "The form is attached.", "See the attachment", "Форма во вложении.", "Прилагаю форму", "Я прикрепил форму", "Құжат тіркелген",
]  # fmt: skip
SILENT = ["We mend it.", "Отдел вложений перезвонит", "Thanks.\n> The form is attached.", "Ваша заявка принята"]


@pytest.fixture
def ana(app):
    make_policy()
    team = make_team()
    ana, box = make_staff(teams=[team]), make_mailbox(team)
    for name in ("marat", "olga"):
        arrive(box, eml(sender=f"{name}@customer.test"))
    intake.file_waiting()
    return ana


def answers():
    db.session.rollback()
    return db.session.scalars(select(Message.text).where(Message.kind == "reply")).all()


@pytest.mark.parametrize("text", SPOKEN)
def test_an_answer_that_speaks_of_a_file_waits_with_its_words(as_, ana, text):
    page = as_(ana).post("/tickets/1/messages", data={"text": text, "then": "solve"})
    assert (page.status_code, answers()) == (409, [])
    assert f"{text}</textarea>" in page.text
    assert 'name="without" value="1" form="composer"' in page.text
    assert 'type="hidden" name="then" value="solve" form="composer"' in page.text


@pytest.mark.parametrize("text", SILENT)
def test_any_other_leaves(as_, ana, text):
    as_(ana).post("/tickets/1/messages", data={"text": text})
    assert answers() == [text]


def test_with_a_file_or_when_none_was_meant_it_leaves(as_, ana):
    client, text = as_(ana), "The form is attached."
    client.post("/tickets/1/messages", data={"text": text, "files": (io.BytesIO(b"form"), "form.txt")})
    client.post("/tickets/2/messages", data={"text": text, "without": "1"})
    assert answers() == [text, text]


def test_a_note_is_not_asked_about(as_, ana):
    as_(ana).post("/tickets/1/messages", data={"kind": "note", "text": "The form is attached."})
    assert db.session.scalars(select(Message.text).where(Message.kind == "note")).all() == ["The form is attached."]


def test_it_is_asked_once_also_when_something_else_is_asked_after_it(as_, ana):
    client = as_(ana)
    linking.link(2, 1, "child", by=ana)
    page = client.post("/tickets/1/messages", data={"text": "The form is attached.", "then": "solve", "without": "1"})
    asks = re.search(r'<div class="asks.*?</div>\s*</div>', page.text, re.DOTALL)[0]
    assert 'name="parts" value="leave"' in asks
    assert 'type="hidden" name="without" value="1" form="composer"' in asks
    client.post("/tickets/1/messages", data={"text": "The form is attached.", "parts": "leave", "without": "1"})
    assert (answers(), ticket_for(ana, 1).status) == (["The form is attached."], "solved")
