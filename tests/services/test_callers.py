"""Whom a call or a mail without an address is from, and what a call does to a ticket that waits or is solved."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from helpdesk.channels.calls.record import Call, write
from helpdesk.channels.ledger import Inbox
from helpdesk.channels.models import Channel
from helpdesk.people.models import ContactPoint
from helpdesk.services import desk, intake
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.sla.models import Clock
from helpdesk.tickets.models import Message, Ticket
from tests.differing import differing_clocks
from tests.making import HOUR, MINUTE, arrive, eml, make, make_mailbox, make_policy, make_staff, make_team

PHONE = "+77011234567"


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def pbx(team):
    return make(Channel(kind="calls", name="pbx", team_id=team.id, settings={}, state={}))


@pytest.fixture
def ana(team):
    return make_staff(teams=[team])


def call(pbx, started=None, caller=PHONE, answered=False, **more):
    """The ticket of a call from a customer."""
    started = started or now() - MINUTE
    row = Call(
        id=f"{started.timestamp()}", started=started, answered=started if answered else None, ended=None, caller=caller,
        called="101", direction="in", ring_seconds=None, talk_seconds=None, **more,
    )  # fmt: skip
    arrive(pbx, write(row))
    intake.file_waiting()
    newest = select(Message.ticket_id).order_by(Message.id.desc()).limit(1)
    return db.session.scalar(
        select(Ticket).where(Ticket.id == newest.scalar_subquery()).execution_options(populate_existing=True)
    )


@pytest.mark.parametrize("number", ["anonymous", "", "Unknown", "sip"])
def test_each_hidden_caller_is_a_customer_with_a_ticket_of_their_own(pbx, number):
    first, second = call(pbx, now() - 2 * MINUTE, number), call(pbx, now() - MINUTE, number)
    assert (first.id != second.id, first.customer_id != second.customer_id) == (True, True)
    assert db.session.scalar(select(func.count(ContactPoint.id))) == 0


def test_each_mail_without_a_sender_is_a_customer_with_a_ticket_of_its_own(team):
    mailbox = make_mailbox(team)
    for _ in range(2):
        arrive(mailbox, eml().replace(b"From:", b"X-From:"))
    intake.file_waiting()
    assert len(set(db.session.scalars(select(Ticket.customer_id)))) == 2
    assert db.session.scalar(select(func.count(ContactPoint.id))) == 0


@pytest.mark.parametrize("answered", [False, True])
def test_a_call_that_a_clock_ahead_of_ours_stamped_has_its_clocks_at_once(pbx, answered):
    ticket = call(pbx, now() + 4 * MINUTE, answered=answered)
    assert ticket.opened_at == db.session.scalar(select(Inbox.received_at))
    clocks = set(db.session.scalars(select(Clock.kind)))
    assert {"first_response", "resolution"} <= clocks
    assert differing_clocks() == []


@pytest.mark.parametrize("wait", [desk.pend, desk.hold])
@pytest.mark.parametrize(("answered", "ago"), [(False, timedelta(0)), (True, timedelta(0)), (False, HOUR)])
def test_a_call_goes_on_with_what_waited_also_one_that_we_hear_of_later(pbx, ana, wait, answered, ago):
    ticket = call(pbx, now() - 2 * HOUR)
    wait(ticket.number, by=ana)
    again = call(pbx, now() - ago, answered=answered)
    assert (again.id, again.status) == (ticket.id, "open")
    assert db.session.scalar(select(Clock.state).where(Clock.kind == "resolution")) == "running"
    assert differing_clocks() == []


@pytest.mark.parametrize("ago", [timedelta(0), HOUR])
def test_a_call_reopens_what_was_solved_lately(pbx, ana, ago):
    ticket = call(pbx, now() - 2 * HOUR)
    desk.solve(ticket.number, by=ana)
    again = call(pbx, now() - ago)
    assert (again.id, again.status, again.open) == (ticket.id, "open", True)
    assert db.session.scalar(select(Clock.state).where(Clock.kind == "resolution")) == "running"
    assert differing_clocks() == []


def test_a_call_about_what_was_solved_long_ago_or_closed_opens_a_new_ticket(pbx, ana):
    with pretend(now() - timedelta(days=15)):
        old = call(pbx)
        desk.solve(old.number, by=ana)
    new = call(pbx, now() - MINUTE)
    desk.close(new.number, by=ana)
    assert len({old.id, new.id, call(pbx, now()).id}) == 3


def test_a_talk_that_we_learn_of_after_it_led_to_a_pause_does_not_end_it(pbx, ana):
    ticket = call(pbx, now() - 2 * HOUR)
    desk.pend(ticket.number, by=ana)
    assert call(pbx, now() - HOUR, answered=True).status == "pending"
    assert differing_clocks() == []
