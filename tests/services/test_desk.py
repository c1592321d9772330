"""What staff do to a ticket, through the use cases that pages call."""

import pytest
from sqlalchemy import select

from helpdesk.channels.incoming import File
from helpdesk.errors import Conflict, NotAllowed, NotFound
from helpdesk.services import desk, intake
from helpdesk.services.database import db
from helpdesk.services.store import ticket_for
from helpdesk.tickets.models import Delivery, Event, Message, Ticket
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team


@pytest.fixture
def team(app):
    make_policy()
    return make_team("Coupons")


@pytest.fixture
def ana(team):
    return make_staff(teams=[team], name="Ana")


@pytest.fixture
def ticket(team):
    arrive(make_mailbox(team), eml())
    intake.file_waiting()
    return db.session.scalar(select(Ticket))


def kinds():
    return db.session.scalars(select(Event.kind).order_by(Event.seq)).all()[2:]


def test_an_answer_is_promised_to_the_customer_and_makes_its_writer_the_owner(ticket, ana):
    desk.reply(1, text="Hello.", by=ana)
    promised = db.session.scalars(select(Delivery).where(Delivery.kind == "reply")).one()
    assert (promised.recipient, promised.state) == ("marat@customer.test", "waiting")
    assert ticket_for(ana, 1).owner == ana


def test_an_answer_and_its_promise_are_one(ticket, ana):
    with pytest.raises(NotFound):
        desk.reply(99, text="Hello.", by=ana)
    assert db.session.scalars(select(Delivery).where(Delivery.kind == "reply")).all() == []


def test_an_empty_answer_is_refused_and_changes_nothing(ticket, ana):
    with pytest.raises(Conflict):
        desk.reply(1, text="  ", by=ana)
    assert kinds() == []


def test_a_file_is_kept_by_its_content(ticket, ana):
    message = desk.reply(1, text="See.", by=ana, files=[File("a.txt", "text/plain", b"abc")])
    assert message.attachments[0].sha256.startswith("ba7816bf")


def test_the_guard_stops_an_answer_to_what_was_not_read(ticket, ana):
    seen = db.session.scalar(select(Message.id).order_by(Message.id))
    desk.reply(1, text="First.", by=ana, seen=seen + 1)
    with pytest.raises(Conflict):
        desk.reply(1, text="Second.", by=ana, seen=seen + 1)


def test_a_form_made_for_an_older_ticket_is_refused(ticket, ana):
    desk.take(1, by=ana, version=1)
    with pytest.raises(Conflict):
        desk.change_priority(1, to="high", by=ana, version=1)


def test_taking_twice_is_once(ticket, ana):
    desk.take(1, by=ana)
    desk.take(1, by=ana)
    assert kinds() == ["taken"]


def test_an_agent_cannot_assign_to_others_but_a_lead_can(ticket, ana, team):
    bea, lead = make_staff(teams=[team]), make_staff("supervisor", teams=[team])
    with pytest.raises(NotAllowed):
        desk.assign(1, to=bea.id, by=ana)
    assert desk.assign(1, to=bea.id, by=lead).owner == bea


def test_a_ticket_of_another_team_does_not_exist(ticket):
    stranger = make_staff(teams=[make_team()])
    with pytest.raises(NotFound):
        desk.take(1, by=stranger)


def test_an_owner_outside_the_new_team_lets_go(ticket, ana):
    desk.take(1, by=ana)
    assert desk.change_team(1, to=make_team("Refunds").id, by=make_staff("administrator")).owner is None


def test_every_way_through_the_statuses_is_in_the_history(ticket, ana):
    for verb in (desk.take, desk.pend, desk.resume, desk.hold, desk.solve, desk.reopen, desk.close):
        verb(1, by=ana)
    assert kinds() == ["taken", "pended", "resumed", "held", "solved", "reopened", "solved", "closed"]


def test_changes_say_what_was_and_what_is(ticket, ana):
    desk.change_subject(1, to="Better", by=ana)
    desk.change_tags(1, to=["b", "a", "a"], by=ana)
    desk.change_priority(1, to="high", by=ana)
    changed = db.session.scalars(select(Event).where(Event.kind.like("%_changed")).order_by(Event.seq)).all()
    facts = [(event.facts["old"], event.facts["new"]) for event in changed]
    assert facts == [("The coupon", "Better"), ([], ["a", "b"]), ("normal", "high")]


def test_what_was_said_is_in_the_history_only_by_its_hash(ticket, ana):
    desk.note(1, text="canary-4711", by=ana)
    assert "canary" not in str([event.facts for event in db.session.scalars(select(Event))])
