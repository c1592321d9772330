"""The queue stands in the order in which tickets must be begun: when they are due less what they usually take."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from helpdesk.services import desk, due, handling, intake
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.services.store import transaction
from helpdesk.services.views import counts, sight
from helpdesk.sla.models import Handling
from helpdesk.tickets.models import Ticket
from tests.making import HOUR, MINUTE, arrive, eml, make_mailbox, make_policy, make_staff, make_team


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def ana(team):
    return make_staff(teams=[team])


@pytest.fixture
def box(team):
    return make_mailbox(team)


def come(box, at):
    """A ticket that came by mail; its number."""
    with pretend(at):
        arrive(box, eml())
        intake.file_waiting()
    return db.session.scalar(select(Ticket.number).order_by(Ticket.id.desc()).limit(1))


def solved(box, ana, minutes):
    """A ticket that was solved so many minutes after it was taken."""
    at = now() - 3 * HOUR
    number = come(box, at)
    with pretend(at):
        desk.take(number, by=ana)
    with pretend(at + minutes * MINUTE):
        desk.reply(number, text="Done.", by=ana, then="solve")


def places():
    rows = db.session.execute(select(Ticket.due_at, Ticket.sort_at).where(Ticket.open).order_by(Ticket.id))
    return [row.due_at - row.sort_at for row in rows]


def test_ten_minutes_are_usual_until_something_is_known(box):
    come(box, now())
    assert places() == [10 * MINUTE]


def test_at_night_the_median_is_counted_and_what_is_open_is_put_in_that_order(box, team, ana):
    come(box, now())
    for minutes in (5, 20, 25, 30, 90):
        solved(box, ana, minutes)
    handling.count_tonight()
    assert places() == [25 * MINUTE]
    come(box, now())
    assert places() == [25 * MINUTE, 25 * MINUTE]
    assert due.HANDLING not in due.nightly()


def test_what_is_too_rare_to_tell_stays_as_usual(box, team, ana):
    for minutes in (60, 60, 60, 60):
        solved(box, ana, minutes)
    handling.count()
    assert db.session.scalars(select(Handling)).all() == []


def test_a_ticket_that_another_team_gets_is_begun_when_they_must(box, ana):
    other = make_team()
    with transaction():
        db.session.add(Handling(team_id=other.id, channel="mail", seconds=2400))
    number = come(box, now())
    desk.change_team(number, to=other.id, by=ana)
    assert places() == [40 * MINUTE]


def test_what_must_be_begun_now_burns_only_when_it_is_due_soon(box, team, ana):
    with transaction():
        db.session.add(Handling(team_id=team.id, channel="mail", seconds=3600))
    come(box, now())
    assert counts(sight(ana, now()))["burning"] == 0
    come(box, now() - 31 * MINUTE)
    assert counts(sight(ana, now()))["burning"] == 1


def test_what_the_release_before_wrote_is_put_right(box):
    come(box, now())
    with transaction():
        ticket = db.session.scalars(select(Ticket)).one()
        ticket.sort_at = ticket.due_at
    handling.sort_anew()
    assert places() == [timedelta(minutes=10)]
