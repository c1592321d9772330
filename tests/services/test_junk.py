"""Junk counts nowhere, and when it is taken back it counts as if it had never been junk."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from helpdesk.errors import Conflict
from helpdesk.reports import flow
from helpdesk.services import desk, explain, firing, handover, intake
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.sla.models import Clock
from helpdesk.tickets.models import Ticket
from tests.making import HOUR, arrive, eml, make_mailbox, make_policy, make_staff, make_team


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def ana(team):
    return make_staff(teams=[team])


@pytest.fixture
def ticket(team):
    arrive(make_mailbox(team), eml())
    intake.file_waiting()
    return db.session.scalars(select(Ticket)).one()


def states():
    rows = db.session.execute(select(Clock.kind, Clock.state, Clock.due_at, Clock.next_fire_at).order_by(Clock.id))
    return [tuple(row) for row in rows]


def test_its_clocks_are_void_and_call_out_nothing(ticket, ana):
    desk.junk(1, by=ana)
    assert {state for _, state, _, _ in states()} == {"void"}
    with pretend(now() + 100 * HOUR):
        firing.fire_due()
    assert "breached" not in [event.kind for event in ticket.events]


def test_it_came_for_no_figure_and_was_not_solved(ticket, ana, team):
    edges = [now() - HOUR, now() + HOUR]
    assert flow.flow(db.session, [team.id], edges).came == [1]
    desk.junk(1, by=ana)
    counted = flow.flow(db.session, [team.id], edges)
    assert (counted.came, counted.solved) == ([0], [0])


def test_taken_back_its_clocks_are_what_they_were(ticket, ana):
    before = states()
    desk.junk(1, by=ana)
    desk.unjunk(1, by=ana)
    assert states() == before
    assert (ticket.status, ticket.open, ticket.solved_at, ticket.waiting_since) == ("new", True, None, ticket.opened_at)


def test_what_ran_out_meanwhile_is_missed_and_called_out_once(ticket, ana):
    desk.junk(1, by=ana)
    with pretend(now() + timedelta(hours=2)):
        desk.unjunk(1, by=ana)
        firing.fire_due()
        firing.fire_due()
        assert [event.facts["clock"] for event in ticket.events if event.kind == "breached"] == ["first_response"]


def test_it_is_reopened_only_by_taking_it_back(ticket, ana):
    desk.junk(1, by=ana)
    with pytest.raises(Conflict, match="taken back"):
        desk.reopen(1, by=ana)


def test_what_is_no_junk_cannot_be_taken_back(ticket, ana):
    with pytest.raises(Conflict):
        desk.unjunk(1, by=ana)


def test_twice_is_once(ticket, ana):
    desk.junk(1, by=ana)
    desk.junk(1, by=ana)
    assert [event.kind for event in ticket.events].count("junked") == 1


def test_an_offer_of_it_is_withdrawn(ticket, ana, team):
    bea = make_staff(teams=[team])
    desk.take(1, by=ana)
    offer = handover.offer(1, to=bea.id, note="Call back.", by=ana)
    desk.junk(1, by=ana)
    db.session.refresh(offer)
    assert offer.state == "withdrawn"


def test_a_mail_to_it_opens_a_new_ticket(ticket, ana):
    desk.junk(1, by=ana)
    arrive(ticket_mailbox(ticket), eml())
    intake.file_waiting()
    assert db.session.scalars(select(Ticket.number).order_by(Ticket.id)).all() == [1, 2]


def ticket_mailbox(ticket):
    from helpdesk.channels.models import Channel

    return db.session.get_one(Channel, ticket.channel_id)


def test_its_deadlines_can_still_be_explained(ticket, ana):
    desk.junk(1, by=ana)
    told = explain.explained(1, by=ana)
    assert {one.state.state for one in told.clocks} == {"void"}
