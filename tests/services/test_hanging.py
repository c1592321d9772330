"""Tickets that hang: counted as an oracle counts them, told of once, over when somebody holds them."""

import pytest
from sqlalchemy import select

from helpdesk.people.models import Absence
from helpdesk.services import desk, handing_on, handover, hanging, intake
from helpdesk.services.database import db
from helpdesk.services.instant import pretend
from helpdesk.services.store import transaction
from helpdesk.tickets.hanging import Hanging
from helpdesk.tickets.models import Delivery, Notice
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

LONG = {"first_response": 10**6, "answer": 10**6, "update": None, "resolution": 10**6}
NIGHT = MONDAY + 10 * HOUR


@pytest.fixture
def team(app):
    make_policy(LONG)
    return make_team("Coupons")


@pytest.fixture
def ana(team):
    ana = make_staff(teams=[team], name="Ana")
    make_shift(ana, team, MONDAY, MONDAY + 9 * HOUR)
    return ana


@pytest.fixture
def lead(team):
    return make_staff("supervisor", teams=[team], name="Lea")


@pytest.fixture
def tickets(team, ana, lead):
    """Two tickets; Ana holds the first one."""
    box = make_mailbox(team)
    with pretend(MONDAY):
        for _ in range(2):
            arrive(box, eml())
        intake.file_waiting()
        desk.take(1, by=ana)


def numbers(lead, at):
    return [ticket.number for ticket in hanging.listed(lead, at)]


def watched(at):
    with pretend(at):
        return hanging.watch() if hanging.has_news() else None


def test_by_day_nothing_hangs_and_by_night_what_is_owned_and_what_is_not(tickets, lead):
    assert (numbers(lead, MONDAY + HOUR), hanging.count(lead, MONDAY + HOUR)) == ([], 0)
    assert (sorted(numbers(lead, NIGHT)), hanging.count(lead, NIGHT)) == ([1, 2], 2)


def test_what_its_owner_leaves_hangs_until_somebody_is_asked(tickets, lead, ana, team):
    bea = make_staff(teams=[team], name="Bea")
    make_shift(bea, team, MONDAY, MONDAY + 9 * HOUR)
    make(Absence(person_id=ana.id, kind="sick", starts_at=MONDAY, ends_at=NIGHT))
    at = MONDAY + MINUTE
    assert numbers(lead, at) == [1]
    with pretend(at):
        handover.offer(1, to=bea.id, note="Call back.", by=lead)
    assert numbers(lead, at) == []


def test_who_is_on_duty_for_another_team_mans_no_queue_of_this_one(tickets, lead, team, ana):
    other = make_team("Refunds")
    make_shift(make_staff(teams=[other]), other, MONDAY, NIGHT + 9 * HOUR)
    assert sorted(numbers(lead, NIGHT)) == [1, 2]


def test_an_offer_to_nobody_asks_nobody(tickets, lead):
    with pretend(NIGHT):
        handing_on.end_shifts()
    assert 1 in numbers(lead, NIGHT)


def test_supervisors_are_told_once_and_again_when_it_hangs_anew(tickets, lead, ana, team):
    assert [watched(at) for at in (MONDAY + HOUR, NIGHT, NIGHT + MINUTE)] == [None, 2, None]
    make_shift(ana, team, NIGHT + HOUR, NIGHT + 2 * HOUR)
    assert [watched(at) for at in (NIGHT + HOUR, NIGHT + HOUR + MINUTE, NIGHT + 3 * HOUR)] == [0, None, 2]
    rows = db.session.execute(select(Hanging.ticket_id, Hanging.over_at).order_by(Hanging.id)).all()
    assert [over for _, over in rows] == [NIGHT + HOUR, NIGHT + HOUR, None, None]


def test_the_alarm_of_several_is_one_line_and_one_mail(tickets, lead):
    watched(NIGHT)
    (notice,) = db.session.scalars(select(Notice).where(Notice.person_id == lead.id, Notice.kind == "hangs"))
    (mail,) = db.session.scalars(select(Delivery).where(Delivery.kind == "notice"))
    assert (notice.facts, mail.content["subject"]) == (
        {"count": 2}, "Tickets that hang, nobody on duty holds them: 2",
    )  # fmt: skip


def test_where_no_roster_is_kept_nobody_is_told(team, lead):
    arrive(make_mailbox(team), eml())
    intake.file_waiting()
    with pretend(MONDAY):
        assert not hanging.has_news()


def test_the_sheet_is_called_for_once_half_an_hour_before_the_end(tickets, ana):
    def called(at):
        with pretend(at):
            return handing_on.call_sheets()

    end = MONDAY + 9 * HOUR
    assert [called(at) for at in (end - 31 * MINUTE, end - 30 * MINUTE, end - 29 * MINUTE)] == [0, 1, 0]
    (notice,) = db.session.scalars(select(Notice).where(Notice.person_id == ana.id))
    assert (notice.kind, notice.facts["ends_at"]) == ("sheet", end.isoformat())


def test_the_team_says_how_early_the_sheet_is_called_for(tickets, team):
    with transaction():
        team.sheet_minutes = 60
    with pretend(MONDAY + 8 * HOUR):
        assert handing_on.call_sheets() == 1
