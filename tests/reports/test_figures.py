"""The figures of the board, from rows made by the real verbs."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from helpdesk.people.models import Absence
from helpdesk.reports import breaches, flow, standing
from helpdesk.reports.flow import Level
from helpdesk.services import desk, firing, intake
from helpdesk.services.database import db
from helpdesk.services.instant import pretend
from helpdesk.tickets.models import Ticket
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

FIRST = {"first_response": 3600, "answer": None, "update": None, "resolution": None}


@pytest.fixture
def teams(app):
    """Two teams; everything that comes gets an hour for the first response."""
    with pretend(MONDAY - HOUR):
        make_policy(targets=FIRST)
        return [make_team("Coupons"), make_team("Refunds")]


@pytest.fixture
def boxes(teams):
    return [make_mailbox(team, address=f"{team.name.lower()}@helpdesk.test") for team in teams]


@pytest.fixture
def ana(teams):
    return make_staff(teams=teams, name="Ana")


def comes(box, at, **more):
    with pretend(at):
        arrive(box, eml(to=box.address, **more))
        intake.file_waiting()
    return db.session.scalars(select(Ticket).order_by(Ticket.id.desc())).first()


def does(at, verb, ticket, by, **more):
    with pretend(at):
        verb(ticket.number, by=by, **more)


def stand(at, teams=None):
    return {one.name: one for one in standing.standings(db.session(), teams, at)}


def test_a_team_stands_with_what_is_open_late_burning_and_waiting(teams, boxes, ana):
    comes(boxes[0], MONDAY)
    comes(boxes[0], MONDAY + 50 * MINUTE)
    answered = comes(boxes[0], MONDAY + 50 * MINUTE)
    does(MONDAY + 51 * MINUTE, desk.reply, answered, ana, text="Hello.")
    found = stand(MONDAY + 90 * MINUTE)["Coupons"]
    assert (found.open, found.late, found.burning, found.waiting, found.unowned) == (3, 1, 1, 2, 2)
    assert found.waiting_since == MONDAY


def test_another_team_is_not_counted(teams, boxes):
    comes(boxes[1], MONDAY)
    found = stand(MONDAY + HOUR, [teams[0].id])
    assert [(one.name, one.open) for one in found.values()] == [("Coupons", 0)]


def test_due_at_this_very_instant_is_not_late_yet(teams, boxes):
    comes(boxes[0], MONDAY)
    assert stand(MONDAY + HOUR)["Coupons"].late == 0
    assert stand(MONDAY + HOUR + timedelta(microseconds=1))["Coupons"].late == 1


def test_the_backlog_by_age(teams, boxes):
    for age in (timedelta(hours=1), timedelta(hours=5), timedelta(days=2), timedelta(days=4), timedelta(days=8)):
        comes(boxes[0], MONDAY - age)
    assert standing.ages(db.session(), None, MONDAY) == [1, 1, 1, 1, 1]


def test_what_falls_due_next_comes_soonest_first_from_all_teams(teams, boxes):
    numbers = [comes(boxes[i % 2], MONDAY + i * MINUTE).number for i in range(3)]
    found = breaches.next_due(db.session(), None, MONDAY + 5 * MINUTE, 2)
    assert [one.number for one in found] == numbers[:2]
    of_one = breaches.next_due(db.session(), [teams[1].id], MONDAY + 5 * MINUTE, 9)
    assert [one.number for one in of_one] == numbers[1:2]


def test_a_missed_deadline_is_listed_and_says_when_it_was_done_after_all(teams, boxes, ana):
    ticket = comes(boxes[0], MONDAY)
    with pretend(MONDAY + HOUR + MINUTE):
        firing.fire_due()
    [found] = breaches.broken(db.session(), None, MONDAY, 9)
    assert (found.number, found.kind, found.due_at, found.ended_at) == (
        ticket.number, "first_response", MONDAY + HOUR, None,
    )  # fmt: skip
    does(MONDAY + 2 * HOUR, desk.reply, ticket, ana, text="Sorry.")
    assert breaches.broken(db.session(), None, MONDAY, 9)[0].ended_at == MONDAY + 2 * HOUR
    assert breaches.broken(db.session(), [teams[1].id], MONDAY, 9) == []


def test_the_service_level_counts_what_is_late_and_open_as_missed(teams, boxes, ana):
    kept, missed = comes(boxes[0], MONDAY), comes(boxes[0], MONDAY)
    comes(boxes[0], MONDAY)
    does(MONDAY + MINUTE, desk.reply, kept, ana, text="Hello.")
    does(MONDAY + 2 * HOUR, desk.reply, missed, ana, text="Hello.")
    found = flow.levels(db.session(), None, MONDAY, MONDAY + 3 * HOUR)
    assert found == {teams[0].id: Level(1, 2)}
    assert found[teams[0].id].share == pytest.approx(1 / 3)


def test_what_is_not_due_yet_has_no_verdict(teams, boxes):
    comes(boxes[0], MONDAY)
    assert flow.levels(db.session(), None, MONDAY, MONDAY + MINUTE) == {}
    edges = [MONDAY, MONDAY + 30 * MINUTE, MONDAY + HOUR]
    assert flow.by_interval(db.session(), None, edges, MONDAY + MINUTE) == [Level(0, 0, 1), Level(0, 0, 0)]
    assert flow.by_interval(db.session(), [teams[0].id], edges, MONDAY + 2 * HOUR)[0] == Level(0, 1, 0)


def test_arrivals_and_solved_are_running_totals(teams, boxes, ana):
    ticket = comes(boxes[0], MONDAY)
    comes(boxes[0], MONDAY + HOUR)
    does(MONDAY + HOUR, desk.solve, ticket, ana)
    ids = [team.id for team in teams]
    found = flow.flow(db.session(), ids, [MONDAY, MONDAY + HOUR, MONDAY + 2 * HOUR])
    assert (found.came, found.solved) == ([1, 2], [0, 1])
    assert flow.solved_since(db.session(), ids, MONDAY, MONDAY + 2 * HOUR) == 1


def test_who_owns_tickets_and_is_not_on_duty_leaves_them_hanging(teams, boxes, ana):
    ticket = comes(boxes[0], MONDAY)
    does(MONDAY, desk.take, ticket, ana)
    shift = make_shift(ana, teams[0], starts_at=MONDAY - HOUR, ends_at=MONDAY + HOUR)
    assert standing.hanging(db.session(), None, MONDAY) == []
    assert standing.crew(db.session(), MONDAY) == {teams[0].id: {ana.id}}
    [found] = standing.hanging(db.session(), None, shift.ends_at)
    assert (found.owner, found.tickets, found.number) == ("Ana", 1, ticket.number)
    make(Absence(person_id=ana.id, kind="sick", starts_at=MONDAY, ends_at=MONDAY + HOUR))
    assert len(standing.hanging(db.session(), None, MONDAY)) == 1
    assert standing.crew(db.session(), MONDAY) == {}


def test_every_count_is_read_from_an_index(app):
    if db.engine.dialect.name != "sqlite":
        db.session.execute(text("SET enable_seqscan = off"))
    for query in _counts():
        plan = _plan(query)
        assert "ix_ticket_" in plan
        assert "SCAN ticket" not in plan


def _counts():
    return [
        "SELECT count(*) FROM ticket WHERE team_id = 1 AND ticket.open AND sort_at < '2026-01-01'",
        "SELECT count(*) FROM ticket WHERE team_id = 1 AND ticket.open AND ticket.waiting_since IS NOT NULL",
    ]


def _plan(query):
    word = "EXPLAIN QUERY PLAN" if db.engine.dialect.name == "sqlite" else "EXPLAIN"
    return " ".join(str(tuple(row)) for row in db.session.execute(text(f"{word} {query}")))
