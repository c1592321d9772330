"""When the solution is going to be late its owner is asked to tell the customer, until somebody has."""

import pytest
from sqlalchemy import func, select

from helpdesk.errors import Conflict
from helpdesk.services import desk, firing, intake, telling, timeline
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.tickets.models import Notice, Ticket
from tests.making import HOUR, MINUTE, MONDAY, arrive, eml, make_mailbox, make_policy, make_shift, make_staff, make_team

TARGETS = {"resolution": 4 * 3600, "update": 3600}


@pytest.fixture
def team(app):
    make_policy(TARGETS)
    return make_team()


@pytest.fixture
def ana(team):
    person = make_staff(teams=[team], name="Ana")
    make_shift(person, team, MONDAY - HOUR)
    return person


@pytest.fixture
def ticket(team, ana):
    """Due four hours after nine."""
    with pretend(MONDAY):
        arrive(make_mailbox(team, settings={"acknowledge": False}), eml())
        intake.file_waiting()
        desk.take(1, by=ana)
    return db.session.scalars(select(Ticket)).one()


def owed(ticket, ana, after):
    """Whether the owner is asked *after* the ticket came, once all that is due then has fired."""
    with pretend(MONDAY + after):
        firing.fire_due()
        page = timeline.shown(ticket.number, by=ana, at=now())
        return telling.owed(page.happened, page.clocks)


def answer(ticket, ana, after):
    with pretend(MONDAY + after):
        desk.reply(ticket.number, text="We are on it.", by=ana)


def test_the_owner_is_asked_from_three_quarters_until_they_answer_and_again_when_it_is_missed(ticket, ana):
    assert not owed(ticket, ana, 2 * HOUR + MINUTE)
    assert owed(ticket, ana, 3 * HOUR + MINUTE)
    answer(ticket, ana, 3 * HOUR + 2 * MINUTE)
    assert not owed(ticket, ana, 3 * HOUR + 50 * MINUTE)
    assert owed(ticket, ana, 4 * HOUR + MINUTE)
    answer(ticket, ana, 4 * HOUR + 2 * MINUTE)
    assert not owed(ticket, ana, 5 * HOUR)


@pytest.mark.once
def test_they_are_told_of_it_once(ticket, ana):
    for after in (3 * HOUR + MINUTE, 3 * HOUR + 50 * MINUTE, 5 * HOUR):
        owed(ticket, ana, after)
    told = select(func.count()).where(Notice.kind == "tell_customer", Notice.person_id == ana.id)
    assert db.session.scalar(told) == 1


@pytest.mark.once
def test_nobody_is_asked_while_the_ticket_waits_or_once_it_is_solved(ticket, ana):
    assert owed(ticket, ana, 3 * HOUR + MINUTE)
    with pretend(MONDAY + 3 * HOUR + 2 * MINUTE):
        desk.pend(ticket.number, by=ana)
    assert not owed(ticket, ana, 3 * HOUR + 3 * MINUTE)
    with pretend(MONDAY + 3 * HOUR + 4 * MINUTE):
        desk.solve(ticket.number, by=ana)
    assert not owed(ticket, ana, 5 * HOUR)


@pytest.mark.once
@pytest.mark.parametrize(
    ("language", "words"),
    [("ru", "до 14.09.2026 18:30 (Алматы)."), ("en", "by 14 Sep 2026, 18:30 (Almaty)."), ("kk", "14.09.2026 18:30 (Алматы)")],
)  # fmt: skip
def test_the_words_name_the_time_by_the_customers_clocks_in_the_tickets_language(ticket, ana, language, words):
    ticket.language, ticket.customer.time_zone, ana.time_zone = language, "Asia/Almaty", "UTC"
    db.session.commit()
    with pretend(MONDAY):
        assert words in telling.words(ticket.number, "2026-09-14T13:30", by=ana)


@pytest.mark.once
@pytest.mark.parametrize("local", ["2026-09-14T08:00", "soon", "2031-01-01T00:00"])
def test_a_time_that_is_past_far_or_none_is_refused(ticket, ana, local):
    with pretend(MONDAY), pytest.raises(Conflict):
        telling.words(ticket.number, local, by=ana)
