"""A ticket that is set aside leaves its owner's list and comes back by itself; no clock stands still by it."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from helpdesk.errors import Conflict
from helpdesk.services import desk, due, history, intake, queue, snoozing, views
from helpdesk.services.database import db
from helpdesk.services.instant import pretend
from helpdesk.services.queue import Wanted
from helpdesk.services.store import settings
from helpdesk.tickets.models import Event, Notice, Ticket
from helpdesk.tickets.tokens import token
from tests.making import HOUR, MINUTE, MONDAY, arrive, eml, make_mailbox, make_policy, make_staff, make_team
from tests.oracle import Oracle

FRIDAY = datetime(2026, 9, 18, 15, 0, tzinfo=UTC)
WEEK = {day: [["10:00", "18:00"]] for day in ("tue", "wed", "thu", "fri")}


@pytest.fixture
def team(app):
    make_policy({"first_response": None, "answer": None, "update": None, "resolution": 24 * 3600})
    return make_team()


@pytest.fixture
def ana(team):
    return make_staff(teams=[team], time_zone="Asia/Almaty")


@pytest.fixture
def ticket(team, ana):
    with pretend(MONDAY):
        arrive(make_mailbox(team, settings={"acknowledge": False}), eml())
        intake.file_waiting()
        number = db.session.scalar(select(Ticket.number))
        return desk.take(number, by=ana)


def aside(ticket, ana, wanted="hour", at=MONDAY, **more):
    with pretend(at):
        return snoozing.snooze(ticket.number, wanted, by=ana, **more)


def listed(ana, view="mine", at=MONDAY):
    db.session.rollback()
    with pretend(at):
        page = queue.page(Wanted(view=view), seen=views.sight(ana, at), at=at, duty={})
    return len(page.lines)


def tick(at):
    with pretend(at):
        return snoozing.wake_due()


def story():
    db.session.rollback()
    return [(event.kind, event.facts.get("why")) for event in db.session.scalars(select(Event).order_by(Event.seq))][2:]


def test_it_leaves_its_owners_list_and_no_other(ticket, ana):
    aside(ticket, ana)
    assert [listed(ana, view) for view in ("mine", "snoozed", "team")] == [0, 1, 1]


def test_at_its_instant_it_is_back_once_and_the_owner_is_told_why(ticket, ana, config):
    aside(ticket, ana, reminder="Call the depot")
    assert due.soonest()["workers.snoozed.wake"] == MONDAY + HOUR
    assert [tick(MONDAY + HOUR - MINUTE), tick(MONDAY + HOUR), tick(MONDAY + HOUR)] == [0, 1, 0]
    assert (listed(ana), story()) == (1, [("snoozed", None), ("woken", "time")])
    told = db.session.scalars(select(Notice)).all()
    assert [(one.person_id, one.kind, one.facts) for one in told] == [(ana.id, "woken", {"reminder": "Call the depot"})]
    assert (Oracle(config).problems(), history.verify_all()) == ([], [])


@pytest.mark.parametrize("wanted", ["hour", "reply"])
def test_a_customer_who_writes_wakes_it_at_once(ticket, ana, wanted):
    aside(ticket, ana, wanted)
    with pretend(MONDAY + MINUTE):
        signed = token(ticket.secret, settings().secret_key)
        arrive(db.session.merge(make_mailbox(ticket.team, "b@helpdesk.test")), eml(to=f"b+{signed}@helpdesk.test"))
        intake.file_waiting()
    assert story()[1:] == [("woken", "customer"), ("received", None)]
    assert listed(ana) == 1


@pytest.mark.once
def test_without_a_reply_it_says_so(ticket, ana):
    aside(ticket, ana, "no_reply", local="2026-09-14T16:00")  # 11:00 in UTC
    tick(MONDAY + 2 * HOUR)
    assert story() == [("snoozed", None), ("woken", "no_reply")]


def test_no_clock_stands_still_and_what_burns_is_in_the_list_all_the_same(ticket, ana):
    before = ticket.due_at
    aside(ticket, ana, "monday")
    assert ticket.due_at == before == MONDAY + 24 * HOUR
    assert [listed(ana, at=MONDAY + hours * HOUR) for hours in (23, 24)] == [0, 1]


@pytest.mark.once
@pytest.mark.parametrize(("act", "why"), [(desk.solve, "ended"), (desk.close, "ended"), (desk.junk, "ended")])
def test_what_is_done_sleeps_no_more(ticket, ana, act, why):
    aside(ticket, ana)
    act(ticket.number, by=ana)
    assert ("woken", why) in story()
    assert tick(MONDAY + HOUR) == 0


@pytest.mark.once
def test_another_owner_finds_it_in_their_list(ticket, ana, team):
    bea = make_staff(teams=[team])
    aside(ticket, ana)
    desk.take(ticket.number, by=bea)
    assert (listed(bea), story()[-1]) == (1, ("woken", "owner"))


@pytest.mark.once
def test_mornings_are_those_of_the_teams_working_hours(app):
    make_policy(weekly=WEEK)
    team = make_team()
    ana = make_staff(teams=[team])
    with pretend(FRIDAY):
        number = desk.open_ticket(
            customer=make_staff(None, name="Marat", login=None), team_id=team.id, subject="Cup", text="Called", by=ana
        ).number
        offered = snoozing.offered(db.session.scalar(select(Ticket).where(Ticket.number == number)))
    tuesday = datetime(2026, 9, 22, 10, 0, tzinfo=UTC)
    assert (offered["tomorrow"], offered["monday"]) == (tuesday, tuesday)
    assert offered["today"] == FRIDAY + 2 * HOUR


@pytest.mark.once
@pytest.mark.parametrize(
    ("wanted", "local"), [("today", ""), ("at", ""), ("at", "2020-01-01T00:00"), ("at", "9999-12-31T23:59")]
)
def test_an_odd_time_is_refused_with_a_sentence(ticket, ana, wanted, local):
    with pytest.raises(Conflict, match=r"passed|Choose|ahead"):
        aside(ticket, ana, wanted, at=MONDAY + 12 * HOUR, local=local)
    assert ticket.snoozed_at is None
