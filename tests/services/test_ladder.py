"""What a policy's steps say is done when they are reached, once."""

import pytest
from sqlalchemy import select

from helpdesk.channels.models import Channel
from helpdesk.services import desk, firing, intake
from helpdesk.services.database import db
from helpdesk.services.instant import pretend
from helpdesk.sla.models import Clock, Firing
from helpdesk.tickets.models import Delivery, Event, Notice, Ticket
from tests.making import (
    HOUR,
    MINUTE,
    MONDAY,
    arrive,
    eml,
    make,
    make_mailbox,
    make_policy,
    make_shift,
    make_staff,
    make_team,
)

ONE_CLOCK = {"first_response": 3600}


@pytest.fixture
def team(app):
    return make_team("Coupons")


@pytest.fixture
def ana(team):
    """The owner, on duty all day."""
    person = make_staff(teams=[team], name="Ana", email="ana@staff.test")
    make_shift(person, team, MONDAY - HOUR)
    return person


@pytest.fixture
def lead(team):
    return make_staff("supervisor", teams=[team], name="Lea", email="lea@staff.test")


def climbed(team, *steps, owner=None, until=30 * MINUTE, targets=ONE_CLOCK, by_priority=None):
    """A ticket whose first response is due at ten, with these steps, *until* that long after nine."""
    make_policy(targets, steps=[{**when, "actions": actions} for when, *actions in steps], by_priority=by_priority)
    with pretend(MONDAY):
        arrive(make_mailbox(team), eml())
        intake.file_waiting()
        if owner:
            desk.take(1, by=owner)
    climb(until)
    return db.session.scalar(select(Ticket).execution_options(populate_existing=True))


def climb(until):
    with pretend(MONDAY + until + MINUTE):
        return firing.fire_due()


def told():
    return db.session.execute(select(Notice.kind, Notice.person_id).order_by(Notice.id)).all()


def mailed():
    query = select(Delivery.recipient, Delivery.content).where(Delivery.kind == "notice", Delivery.channel == "mail")
    return [(recipient, content["subject"]) for recipient, content in db.session.execute(query.order_by(Delivery.id))]


HALF, BREACH, LATER = {"at": 0.5}, {"at": 1.0}, {"after": 900}
OWNER, LEAD = {"do": "tell_owner"}, {"do": "tell_lead"}


def test_the_owner_on_duty_is_warned_in_the_page_and_by_mail(team, ana, lead):
    climbed(team, (HALF, OWNER), owner=ana)
    assert told() == [("warned", ana.id)]
    assert mailed() == [("ana@staff.test", "Deadline near: #1, first response, 50% used")]


def test_a_warning_that_nobody_fired_before_the_breach_is_not_mailed_beside_it(team, ana):
    climbed(team, (HALF, OWNER), (BREACH, OWNER), owner=ana, until=HOUR)
    assert told() == [("warned", ana.id), ("breached", ana.id)]
    assert mailed() == [("ana@staff.test", "Deadline missed: #1, first response")]


def test_who_stands_in_for_the_owner_is_warned_in_the_page(team, lead):
    climbed(team, (HALF, OWNER))
    assert told() == [("warned", lead.id)]
    assert mailed() == []


def test_the_lead_is_told_where_a_step_says_so_and_nobody_else(team, ana, lead):
    climbed(team, (HALF, LEAD), owner=ana)
    assert told() == [("warned", lead.id)]
    assert [recipient for recipient, _ in mailed()] == ["lea@staff.test"]


def test_a_role_is_told_within_the_team(team, ana, lead):
    make_staff(teams=[make_team("Refunds")])
    climbed(team, (HALF, {"do": "tell_role", "to": "agent"}))
    assert told() == [("warned", ana.id)]


def test_nobody_is_told_twice_of_one_threshold(team, lead):
    climbed(team, (BREACH, OWNER, LEAD, {"do": "tell_role", "to": "supervisor"}), until=HOUR)
    assert told() == [("breached", lead.id)]


def test_a_step_without_actions_tells_nobody(team, ana, lead):
    climbed(team, (HALF,), (BREACH,), owner=ana, until=HOUR)
    assert told() == []
    assert db.session.scalars(select(Firing.threshold).order_by(Firing.id)).all() == ["50%", "100%"]


def test_a_breach_without_a_step_is_told_to_the_owner_and_the_leads(team, ana, lead):
    climbed(team, (HALF,), owner=ana, until=HOUR)
    assert told() == [("breached", ana.id), ("breached", lead.id)]


def test_a_step_after_the_breach_says_how_late_it_is(team, lead):
    climbed(team, (BREACH,), (LATER, LEAD), until=75 * MINUTE)
    assert told() == [("overdue", lead.id)]
    assert mailed() == [("lea@staff.test", "Overdue by 15 min: #1, first response")]
    assert db.session.scalars(select(Event.kind).where(Event.kind.in_(("breached", "overdue")))).all() == [
        "breached", "overdue",
    ]  # fmt: skip


def test_a_chat_is_posted_to_by_name(team):
    webhook = make(Channel(kind="webhook", name="ops", team_id=team.id, settings={}, state={}))
    climbed(team, (HALF, {"do": "post_chat", "to": "ops"}))
    (post,) = db.session.scalars(select(Delivery).where(Delivery.channel == "webhook"))
    assert (post.channel_id, post.kind, post.state) == (webhook.id, "notice", "waiting")
    assert post.content["text"].endswith("http://127.0.0.1:8470/tickets/1")


def test_what_nobody_knows_by_that_name_is_left_undone_and_the_rest_is_done(team, lead):
    climbed(team, (HALF, {"do": "post_chat", "to": "nowhere"}, {"do": "move_team", "to": "nobody"}, LEAD))
    assert told() == [("warned", lead.id)]
    assert db.session.scalar(select(Firing.facts)) == {"undone": ["post_chat nowhere", "move_team nobody"]}


RAISE = {"do": "set_priority", "to": "urgent"}
SHORTER = {"urgent": {"first_response": 2400}}


def test_the_priority_is_raised_by_nobody_and_the_deadline_follows(team):
    ticket = climbed(team, (HALF, RAISE), by_priority=SHORTER)
    event = db.session.scalar(select(Event).where(Event.kind == "priority_changed"))
    assert (ticket.priority, event.actor_id, event.at) == ("urgent", None, MONDAY + 31 * MINUTE)
    assert ticket.due_at == db.session.scalar(select(Clock.due_at)) == MONDAY + 40 * MINUTE


def test_a_raised_priority_climbs_on_and_never_in_circles(team):
    climbed(team, (HALF, RAISE), ({"at": 0.75}, RAISE), ({"at": 0.9}, {"do": "set_priority", "to": "low"}),
            by_priority=SHORTER)  # fmt: skip
    for minute in range(31, 60):
        climb(minute * MINUTE)
    assert db.session.scalars(select(Firing.threshold).order_by(Firing.id)).all() == ["50%", "75%", "90%", "100%"]
    assert len(db.session.scalars(select(Event).where(Event.kind == "priority_changed")).all()) == 1


def test_a_ticket_is_moved_to_a_team_whose_lead_is_told(team, ana):
    refunds = make_team("Refunds")
    boss = make_staff("supervisor", teams=[refunds])
    ticket = climbed(team, (HALF, {"do": "move_team", "to": "Refunds"}, LEAD), owner=ana)
    assert (ticket.team_id, ticket.owner_id) == (refunds.id, None)
    assert told() == [("warned", boss.id)]


def test_a_solved_ticket_is_neither_raised_nor_moved(team, ana):
    refunds = make_team("Refunds")
    climbed(team, (BREACH, RAISE, {"do": "move_team", "to": refunds.name}), owner=ana, until=-HOUR)
    with pretend(MONDAY + 2 * HOUR):
        desk.solve(1, by=ana)
    climb(2 * HOUR)
    assert db.session.scalars(select(Firing.threshold)).all() == ["100%"]
    assert db.session.scalar(select(Ticket.priority)) == "normal"


def test_a_firing_that_dies_leaves_nothing_and_is_fired_whole_afterwards(team, ana, lead, monkeypatch):
    climbed(team, (HALF, RAISE, LEAD), by_priority=SHORTER, until=-HOUR)
    with monkeypatch.context() as dying:
        dying.setattr(db.session, "commit", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            climb(30 * MINUTE)
    assert told() == []
    climb(30 * MINUTE)
    climb(31 * MINUTE)
    assert told() == [("warned", lead.id)]
