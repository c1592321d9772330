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
    "The form is attached.", "See the attachment", "I have attached it", "Форма во вложении.", "Прилагаю форму", "Форма прилагается",
    "Я прикрепил форму", "Файл прикреплён", "Форма приложена", "Құжатты хатқа тіркедім",
]  # fmt: skip
SILENT = [
    "We mend it.", "No attachment needed", "Thanks.\n> The form is attached.", "Отдел вложений перезвонит", "Откройте вложение",
    "Обновите мобильное приложение", "Мы прилагаем усилия", "Сіздің өтінішіңіз тіркелген",
]  # fmt: skip


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
    assert 'name="without" value="solve" form="composer"' in page.text
    assert "then" not in re.findall(r'type="hidden" name="(\w+)"', page.text)


@pytest.mark.parametrize("text", SILENT)
def test_any_other_leaves(as_, ana, text):
    as_(ana).post("/tickets/1/messages", data={"text": text})
    assert answers() == [text]


def test_with_a_file_or_when_none_was_meant_it_leaves(as_, ana):
    client, text = as_(ana), "The form is attached."
    client.post("/tickets/1/messages", data={"text": text, "files": (io.BytesIO(b"form"), "form.txt")})
    client.post("/tickets/2/messages", data={"text": text, "without": "file"})
    assert answers() == [text, text]


def test_it_leaves_in_the_way_that_was_chosen_at_first(as_, ana):
    client = as_(ana)
    client.post("/tickets/1/messages", data={"text": "The form is attached.", "without": "solve"})
    client.post("/tickets/2/messages", data={"text": "The form is attached.", "without": "hour"})
    assert (answers(), ticket_for(ana, 1).status) == (["The form is attached."], "solved")
    assert db.session.scalars(select(Message.ticket_id).where(Message.kind == "scheduled")).all() == [2]


def test_a_note_is_not_asked_about(as_, ana):
    as_(ana).post("/tickets/1/messages", data={"kind": "note", "text": "The form is attached."})
    assert db.session.scalars(select(Message.text).where(Message.kind == "note")).all() == ["The form is attached."]


def test_it_is_asked_once_also_when_something_else_is_asked_after_it(as_, ana):
    client = as_(ana)
    linking.link(2, 1, "child", by=ana)
    page = client.post("/tickets/1/messages", data={"text": "The form is attached.", "without": "solve"})
    assert 'name="parts" value="leave" form="composer"' in page.text
    assert 'name="asked" value="1"' in page.text
    client.post("/tickets/1/messages", data={"text": "The form is attached.", "parts": "leave", "asked": "1"})
    assert (answers(), ticket_for(ana, 1).status) == (["The form is attached."], "solved")
