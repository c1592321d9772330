"""Several tickets at once: each that can be is changed, the others are named, and it can be undone."""

import pytest
from sqlalchemy import select

from helpdesk.errors import Conflict, NotAllowed, NotFound
from helpdesk.services import clocks, desk, intake, selection
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.sla.models import Clock
from helpdesk.tickets.models import Event, Ticket
from tests.making import HOUR, MINUTE, arrive, eml, make_mailbox, make_policy, make_staff, make_team
from tests.oracle import Oracle


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def ana(team):
    return make_staff(teams=[team])


@pytest.fixture
def lead(team):
    return make_staff("supervisor", teams=[team])


@pytest.fixture(autouse=True)
def box(team):
    """Three tickets that came by mail."""
    box = make_mailbox(team)
    for _ in range(3):
        arrive(box, eml())
    intake.file_waiting()
    return box


def tickets():
    return db.session.scalars(select(Ticket).order_by(Ticket.id).execution_options(populate_existing=True)).all()


def shown():
    """Every ticket by number, as a page shows it."""
    return {ticket.number: ticket.version for ticket in tickets()}


def of_all(name):
    return [getattr(ticket, name) for ticket in tickets()]


def test_every_chosen_ticket_is_changed_and_the_rest_are_not(team, ana, lead):
    chosen = {number: version for number, version in shown().items() if number < 3}
    assert selection.take(chosen, by=ana).done == [1, 2]
    assert of_all("owner_id") == [ana.id, ana.id, None]
    selection.assign(shown(), to=ana.id, by=lead)
    selection.change_priority(shown(), to="high", by=ana)
    selection.add_tags(shown(), tags=["refund", "legal"], by=ana)
    selection.remove_tags(shown(), tags=["legal"], by=ana)
    selection.change_status(shown(), to="solved", by=ana)
    assert [{*of_all(name)} for name in ("owner_id", "priority", "status")] == [{ana.id}, {"high"}, {"solved"}]
    assert of_all("tags") == [["refund"]] * 3


def test_one_that_was_changed_meanwhile_is_named_and_left(ana):
    chosen = shown()
    desk.change_priority(2, to="urgent", by=ana)
    outcome = selection.change_status(chosen, to="pending", by=ana)
    assert (outcome.done, [refusal.facts["number"] for refusal in outcome.left]) == ([1, 3], [2])
    assert of_all("status") == ["pending", "new", "pending"]


def test_one_that_the_verb_refuses_is_named_and_stays_whole(ana):
    desk.close(2, by=ana)
    before = tickets()[1].event_count
    outcome = selection.change_status(shown(), to="on_hold", by=ana)
    assert (outcome.done, len(outcome.left)) == ([1, 3], 1)
    assert tickets()[1].event_count == before


@pytest.mark.parametrize("number", [4, 99])
def test_a_foreign_ticket_among_them_is_not_found_and_nothing_is_done_to_any(ana, number):
    arrive(make_mailbox(make_team(), "other@helpdesk.test"), eml())
    intake.file_waiting()
    with pytest.raises(NotFound):
        selection.change_status({**shown(), number: 1}, to="solved", by=ana)
    assert set(of_all("status")) == {"new"}


def test_who_may_not_assign_others_assigns_none_of_them(ana, team):
    with pytest.raises(NotAllowed):
        selection.assign(shown(), to=make_staff(teams=[team]).id, by=ana)
    assert of_all("owner_id") == [None] * 3


ACTS = {
    "take": {}, "change_status": {"to": "solved"}, "change_priority": {"to": "urgent"}, "add_tags": {"tags": ["x"]},
}  # fmt: skip


@pytest.mark.parametrize("name", ACTS)
def test_what_is_undone_is_as_before_and_the_history_keeps_both(config, ana, name):
    names = ("owner_id", "open", "priority", "tags", "waiting_since", "solved_at", "due_at", "due_kind", "sort_at")
    before = [of_all(one) for one in names]
    made = getattr(selection, name)(shown(), by=ana, **ACTS[name])
    assert [of_all(one) for one in names] != before
    assert selection.undo(made.undo_id, by=ana).done == [1, 2, 3]
    assert [of_all(one) for one in names] == before
    assert len(db.session.scalars(select(Event).where(Event.ticket_id == tickets()[0].id)).all()) > 2
    assert [one for one in clocks.everything() if one.differences] == []
    assert list(Oracle(config).problems()) == []


def test_the_clocks_go_on_as_if_a_solution_that_is_undone_had_never_been(ana):
    with pretend(now() + 30 * MINUTE):
        made = selection.change_status(shown(), to="solved", by=ana)
        selection.undo(made.undo_id, by=ana)
    assert set(db.session.scalars(select(Clock.state))) == {"running"}


def test_what_was_changed_since_is_named_and_not_undone(box, ana):
    made = selection.change_status(shown(), to="pending", by=ana)
    desk.resume(1, by=ana)
    outcome = selection.undo(made.undo_id, by=ana)
    assert (outcome.done, len(outcome.left)) == ([2, 3], 1)
    assert of_all("status") == ["open", "new", "new"]


def test_nothing_is_undone_twice_too_late_or_for_somebody_else(ana, lead):
    made = selection.take(shown(), by=ana)
    with pytest.raises(NotFound):
        selection.undo(made.undo_id, by=lead)
    with pretend(now() + HOUR), pytest.raises(Conflict, match="too late"):
        selection.undo(made.undo_id, by=ana)
    selection.undo(made.undo_id, by=ana)
    with pytest.raises(Conflict, match="undone already"):
        selection.undo(made.undo_id, by=ana)
