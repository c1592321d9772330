"""A macro says what it would do, does it once, and never sends what somebody was writing."""

import pytest
from sqlalchemy import select

from helpdesk.errors import Conflict, NotAllowed, NotFound
from helpdesk.services import desk, intake, macro_keeping, macros
from helpdesk.services.database import db
from helpdesk.services.news import News
from helpdesk.services.store import transaction
from helpdesk.tickets.macros import Macro
from helpdesk.tickets.models import Delivery, Event, Message, Ticket
from helpdesk.tickets.placeholders import UnknownPlaceholder
from helpdesk.tickets.reasons import Reason
from tests.making import arrive, eml, make, make_mailbox, make_policy, make_staff, make_team


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def ana(team):
    return make_staff(teams=[team], name="Ana Seitova")


@pytest.fixture
def ticket(team):
    arrive(make_mailbox(team, settings={"acknowledge": False}), eml())
    intake.file_waiting()
    return db.session.scalar(select(Ticket))


def ready(body="Dear {customer.name}, we look into it.", kind="macro", **more):
    return make(Macro(kind=kind, name="Cup", body=body, **more))


DOES = {"status": "pend", "priority": "high", "tags": ["cup"], "owner": "me"}


def test_it_changes_what_it_showed_and_sends_nothing(ticket, ana):
    macro = ready(actions=DOES)
    shown = macros.preview(ticket.number, macro.id, by=ana)[1]
    assert shown.changes == [
        ("status", "new", "pending"), ("priority", "normal", "high"), ("tags", [], ["cup"]), ("owner", None, ana.name),
    ]  # fmt: skip
    macros.apply(ticket.number, macro.id, by=ana)
    assert macros.preview(ticket.number, macro.id, by=ana)[1].changes == []
    assert db.session.scalars(select(Delivery)).all() == []
    assert db.session.scalar(select(Macro.used)) == 1
    assert macros.text_of(ticket, macro.id, by=ana, kind="macro") == "Dear Marat, we look into it."


def test_one_that_replies_sends_its_words(ticket, ana):
    macro = ready(actions={"status": "solve"}, replies=True)
    macros.apply(ticket.number, macro.id, by=ana)
    db.session.rollback()
    assert ticket.status == "solved"
    assert db.session.scalar(select(Message.text).where(Message.kind == "reply")) == "Dear Marat, we look into it."
    assert db.session.scalar(select(Event.facts).where(Event.kind == "macro_applied"))["name"] == "Cup"


def test_what_stands_for_nothing_is_shown_and_never_sent(ticket, ana):
    with transaction():
        ticket.subject = ""
    macro = ready("About {ticket.subject}", replies=True, actions=DOES)
    assert macros.preview(ticket.number, macro.id, by=ana)[1].missing == ["ticket.subject"]
    with pytest.raises(Conflict, match="stands for nothing"):
        macros.apply(ticket.number, macro.id, by=ana)
    db.session.rollback()
    assert (ticket.status, ticket.tags) == ("new", [])


def test_one_that_replies_waits_when_something_new_was_said(ticket, ana, team):
    macro, seen = ready(replies=True), macros.last_said(ticket)
    desk.reply(ticket.number, text="Mine.", by=make_staff(teams=[team]))
    with pytest.raises(News):
        macros.apply(ticket.number, macro.id, by=ana, seen=seen)


@pytest.mark.once
def test_another_teams_and_another_languages_are_not_offered(ticket, ana):
    own, other = ready(team_id=ticket.team_id), ready(team_id=make_team().id)
    ready(language="ru")
    assert list(macros.offered(ticket, "macro")) == [own]
    with pytest.raises(NotFound):
        macros.apply(ticket.number, other.id, by=ana)


@pytest.mark.once
def test_words_that_came_from_a_customer_are_not_looked_at_again(ticket, ana):
    with transaction():
        ticket.customer.name = "{agent.name}"
    snippet = ready(kind="snippet")
    assert macros.use_snippet(ticket.number, snippet.id, by=ana) == "Dear {agent.name}, we look into it."


def keep(by, **more):
    known = {"kind": "macro", "name": "Cup", "language": "", "body": "", "actions": {}, "replies": False}
    return macro_keeping.keep(None, **{**known, "review_on": None, "active": True, "team_id": None, **more}, by=by)


@pytest.mark.once
def test_a_placeholder_that_stands_for_nothing_is_refused_when_it_is_saved(team):
    with pytest.raises(UnknownPlaceholder):
        keep(make_staff("administrator"), body="Dear {customer.secret}")


@pytest.mark.once
def test_a_lead_keeps_those_of_their_teams_only(team):
    lead = make_staff("supervisor", teams=[team])
    keep(lead, team_id=team.id)
    with pytest.raises(NotAllowed):
        keep(lead)
    with pytest.raises(NotFound):
        keep(lead, team_id=make_team().id)


@pytest.mark.once
def test_a_retired_reason_is_given_by_no_macro(ticket, ana):
    gone = make(Reason(name="Gone", active=False))
    macro = ready(actions={"reason": gone.id})
    with pytest.raises(Conflict, match="retired"):
        macros.apply(ticket.number, macro.id, by=ana)
