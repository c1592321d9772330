"""Reasons: a list of two levels that administrators keep, and one of it on a ticket."""

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from helpdesk.errors import Conflict, NotAllowed
from helpdesk.services import desk, history, intake, reasons, selection
from helpdesk.services.database import db
from helpdesk.services.solving import Ending
from helpdesk.tickets.models import Event, Message, Ticket
from helpdesk.tickets.reasons import Reason, ReasonWanted
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team
from tests.oracle import Oracle


@pytest.fixture
def team(app):
    make_policy()
    return make_team(reason_required=True)


@pytest.fixture
def ana(team):
    return make_staff(teams=[team])


@pytest.fixture
def root(team):
    return make_staff("administrator", [team])


@pytest.fixture
def ticket(team):
    arrive(make_mailbox(team, settings={"acknowledge": False}), eml())
    intake.file_waiting()
    return db.session.scalars(select(Ticket)).one()


@pytest.fixture
def late(root):
    """Delivery › Late."""
    top = reasons.add(name="Delivery", parent_id=None, by=root)
    return reasons.add(name="Late", parent_id=top.id, by=root)


def test_a_ticket_is_given_a_reason_by_its_title_and_its_history_says_so(ticket, ana, late, config):
    reasons.change(ticket.number, to=" delivery ›  late ", by=ana)
    told = db.session.scalars(select(Event).where(Event.kind == "reason_changed")).one()
    assert (told.facts["new"], told.facts["new_id"], ticket.reason_id) == ("Late", late.id, late.id)
    reasons.change(ticket.number, to="", by=ana)
    assert ticket.reason_id is None
    assert (Oracle(config).problems(), history.verify_all()) == ([], [])


@pytest.mark.once
@pytest.mark.parametrize("title", ["Delivery", "Refund"])
def test_what_is_not_in_the_list_or_has_others_under_it_is_refused(ticket, ana, late, title):
    with pytest.raises(Conflict, match="choose one of the list"):
        reasons.change(ticket.number, to=title, by=ana)


@pytest.mark.once
def test_a_retired_reason_stays_where_it_is_and_is_given_no_more(ticket, ana, root, late):
    reasons.change(ticket.number, to="Late", by=ana)
    reasons.rename(late.id, name="Late", active=False, by=root)
    reasons.change(ticket.number, to="Delivery › Late", by=ana)
    assert ticket.reason_id == late.id
    reasons.change(ticket.number, to="", by=ana)
    with pytest.raises(Conflict, match="choose one of the list"):
        reasons.change(ticket.number, to="Delivery › Late", by=ana)


@pytest.mark.once
def test_nothing_is_solved_without_a_reason_where_the_team_wants_one(ticket, ana, late):
    for act in (desk.solve, desk.close):
        with pytest.raises(ReasonWanted):
            act(ticket.number, by=ana)
    reasons.change(ticket.number, to="Late", by=ana)
    assert desk.solve(ticket.number, by=ana).status == "solved"


@pytest.mark.once
def test_junk_asks_for_no_reason(ticket, ana):
    assert desk.junk(ticket.number, by=ana).status == "closed"


@pytest.mark.once
def test_reasons_change_places_within_their_level(root, late):
    lost = reasons.add(name="Lost", parent_id=late.parent_id, by=root)
    reasons.move(lost.id, up=True, by=root)
    assert [title for _id, title in reasons.choices()] == ["Delivery › Lost", "Delivery › Late"]


@pytest.mark.once
def test_there_is_no_third_level_and_no_name_twice_in_one(root, late):
    with pytest.raises(Conflict, match="two levels"):
        reasons.add(name="By a day", parent_id=late.id, by=root)
    with pytest.raises(Conflict, match="already"):
        reasons.add(name="late ", parent_id=late.parent_id, by=root)


@pytest.mark.once
def test_only_administrators_keep_the_list_and_the_log_says_who_changed_it(ana, root, late):
    with pytest.raises(NotAllowed):
        reasons.add(name="Lost", parent_id=None, by=ana)
    with capture_logs() as logs:
        reasons.rename(late.id, name="Too late", active=False, by=root)
    told = next(one for one in logs if one["event"] == "settings.changed")
    assert (told["by_id"], told["old"]["name"], told["new"]["name"]) == (root.id, "Late", "Too late")
    assert db.session.get(Reason, late.id).active is False


@pytest.mark.once
def test_what_is_solved_at_once_gets_the_reason_with_it_and_loses_it_when_that_is_undone(ticket, ana, late):
    chosen = {ticket.number: ticket.version}
    (refusal,) = selection.change_status(chosen, to="solved", by=ana).left
    assert isinstance(refusal, ReasonWanted)
    done = selection.change_status(chosen, to="solved", reason="Delivery › Late", by=ana)
    assert (ticket.status, ticket.reason_id) == ("solved", late.id)
    assert selection.undo(done.undo_id, by=ana).done == [ticket.number]
    assert (ticket.open, ticket.reason_id) == (True, None)


@pytest.mark.once
def test_an_answer_that_is_refused_for_want_of_a_reason_is_not_said(ticket, ana, late):
    with pytest.raises(ReasonWanted):
        desk.reply(ticket.number, text="See there.", then="solve", by=ana)
    assert db.session.scalars(select(Message).where(Message.kind == "reply")).all() == []
    desk.reply(ticket.number, text="See there.", then="solve", ending=Ending(reason="Late"), by=ana)
    assert (ticket.status, ticket.reason_id) == ("solved", late.id)
