"""What somebody has begun to write is kept, belongs to nobody else, and is gone with the answer that it became."""

import dataclasses

import pytest
from sqlalchemy import select

from helpdesk.channels.incoming import File
from helpdesk.errors import Conflict, NotFound
from helpdesk.services import desk, drafts, pace, scheduling, undo
from helpdesk.services.database import db
from helpdesk.services.drafts import Overtaken
from helpdesk.services.guesses import Throttled
from helpdesk.services.instant import now
from helpdesk.services.sending import Manner
from helpdesk.tickets.drafts import Draft
from tests.making import HOUR, make_mailbox, make_staff, make_team

OPENING = 1  # the note by which a ticket was opened


@pytest.fixture
def config(config):
    return dataclasses.replace(config, undo_seconds=10)


@pytest.fixture
def team(app):
    return make_team()


@pytest.fixture
def ana(team):
    return make_staff(teams=[team])


@pytest.fixture
def number(team, ana):
    make_mailbox(team)
    customer = make_staff(None, login=None, name="Marat", email="marat@customer.test")
    return desk.open_ticket(customer=customer, team_id=team.id, subject="Cup", text="Called", by=ana).number


def keep(number, by, text="Dear Marat", kind="reply", **more):
    return drafts.keep(number, kind, text=text, by=by, **{"way": {}, "said": OPENING, **more})


def kept():
    db.session.rollback()
    found = db.session.execute(select(Draft.kind, Draft.text).order_by(Draft.id))
    return [tuple(row) for row in found]


def test_a_reply_and_a_note_are_kept_side_by_side_and_each_once(number, ana):
    first = keep(number, ana, "Dear", mark="w:1")
    keep(number, ana, "Dear Marat", base=first.mark, mark="w:2")
    keep(number, ana, "Ask the till", "note")
    assert kept() == [("reply", "Dear Marat"), ("note", "Ask the till")]


def test_an_empty_draft_is_none(number, ana):
    first = keep(number, ana, mark="w:1")
    assert keep(number, ana, "  \n", base=first.mark, mark="w:2") is None
    assert kept() == []


@pytest.mark.parametrize("kind", ["reply", "note", "scheduled"])
def test_what_is_sent_is_a_draft_no_longer_and_the_others_stay(number, ana, team, kind):
    keep(number, ana)
    keep(number, ana, "Ask the till", "note")
    keep(number, make_staff(teams=[team]), "A colleague's")
    if kind == "note":
        desk.note(number, text="Asked.", by=ana)
    elif kind == "reply":
        desk.reply(number, text="Sent.", by=ana)
    else:
        scheduling.schedule(number, text="Sent.", by=ana, say_at=now() + HOUR, seen=None)
    stays = [("reply", "Dear Marat")] if kind == "note" else [("note", "Ask the till")]
    assert kept() == [*stays, ("reply", "A colleague's")]


def test_what_is_refused_stays_a_draft(number, ana):
    keep(number, ana)
    with pytest.raises(Conflict):
        desk.reply(number, text="Sent.", by=ana, seen=0, heard=0, manner=Manner(to="no address"))
    assert kept() == [("reply", "Dear Marat")]


def test_another_window_overwrites_nothing_that_it_does_not_know_of(number, ana):
    keep(number, ana, "From the office", mark="office:1")
    with pytest.raises(Overtaken) as refusal:
        keep(number, ana, "From home", mark="home:1")
    assert refusal.value.there.text == "From the office"
    keep(number, ana, "From home", base=refusal.value.there.mark, mark="home:2")
    assert kept() == [("reply", "From home")]


def test_a_late_word_of_the_same_window_does_not_undo_its_last_one(number, ana):
    keep(number, ana, "Dear Marat", mark="w:2")
    with pytest.raises(Overtaken):
        keep(number, ana, "Dear", mark="w:1")
    keep(number, ana, "", mark="w:3")
    keep(number, ana, "Anew", base="w:2", mark="w:4")
    assert kept() == [("reply", "Anew")]


def test_a_draft_that_was_sent_does_not_come_back_late(number, ana):
    desk.reply(number, text="Sent.", by=ana)
    with pytest.raises(Overtaken) as refusal:
        keep(number, ana, "Sent", mark="w:7")
    assert (refusal.value.there, kept()) == (None, [])
    keep(number, ana, "One more thing", mark="w:8", said=refusal.value.said)
    assert kept() == [("reply", "One more thing")]


def test_a_note_in_one_window_leaves_the_reply_in_another_alone(number, ana):
    keep(number, ana, "Dear", mark="w:1")
    desk.note(number, text="Asked.", by=ana)
    keep(number, ana, "Dear Marat", base="w:1", mark="w:2")
    assert kept() == [("reply", "Dear Marat")]


@pytest.mark.parametrize("way", ["taken back", "cancelled"])
def test_what_is_taken_back_is_a_draft_again_with_its_files_before_what_was_begun_since(number, ana, way):
    files, manner = [File("terms.pdf", "application/pdf", b"%PDF")], Manner(to="marat@customer.test", cc="a@x.test")
    if way == "cancelled":
        message = scheduling.schedule(
            number, text="Sent.", by=ana, say_at=now() + HOUR, seen=None, files=files, manner=manner
        )
    else:
        message = desk.reply(number, text="Sent.", by=ana, files=files, manner=manner)
    keep(number, ana, "And one more thing", said=message.id)
    (undo.withdraw if way == "taken back" else scheduling.cancel)(number, message.id, by=ana)
    (draft,) = db.session.scalars(select(Draft))
    assert draft.text == "Sent.\n\nAnd one more thing"
    assert (draft.way["to"], draft.way["cc"]) == ("marat@customer.test", "a@x.test")
    assert draft.way["again"] == [message.attachments[0].id]


def test_drafts_are_listed_to_their_writer_alone_even_when_the_ticket_is_out_of_sight(number, ana, team):
    keep(number, ana)
    assert drafts.mine(make_staff(teams=[team])) == []
    desk.change_team(number, to=make_team().id, by=ana)
    ((draft, sees),) = drafts.mine(ana)
    assert (draft.text, sees) == ("Dear Marat", False)


def test_nobody_keeps_a_draft_in_a_ticket_that_is_not_theirs_to_see(number):
    with pytest.raises(NotFound):
        keep(number, make_staff(teams=[make_team()]))


def test_nobody_removes_a_draft_of_another(number, ana, team):
    draft = keep(number, ana)
    with pytest.raises(NotFound):
        drafts.remove(draft.id, by=make_staff("supervisor", [team]))
    drafts.remove(draft.id, by=ana)
    assert kept() == []


def test_there_are_no_more_drafts_than_one_can_look_after(number, ana, monkeypatch):
    monkeypatch.setattr(drafts, "MOST", 1)
    keep(number, ana)
    with pytest.raises(Conflict, match="You keep 1 drafts already"):
        keep(number, ana, kind="note")


def test_whoever_saves_without_end_waits(number, ana):
    for _ in range(drafts.A_MINUTE):
        pace.hold("draft", ana, drafts.A_MINUTE)
    with pytest.raises(Throttled):
        keep(number, ana)
