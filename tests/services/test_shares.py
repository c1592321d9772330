"""In whose hands the time of a deadline went: by owner, by team and by shift."""

from sqlalchemy import select

from helpdesk.people.models import Absence, Person
from helpdesk.services import desk, explain, intake
from helpdesk.services.database import db
from helpdesk.services.instant import pretend
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
from tests.processes import helpdesk

NINE, HALF = MONDAY, 30 * MINUTE


def moved(app):
    """A ticket that Ana takes at half past nine, that goes to Bea's team at one and is taken by her at two."""
    make_policy({"resolution": 8 * 3600})
    coupons, refunds = make_team("Coupons"), make_team("Refunds")
    ana, bea = make_staff(teams=[coupons], name="Ana"), make_staff(teams=[refunds], name="Bea")
    make_shift(ana, coupons, NINE - HOUR, NINE + 3 * HOUR)
    make_shift(ana, coupons, NINE + 23 * HOUR, NINE + 27 * HOUR)
    make_shift(bea, refunds, NINE + 4 * HOUR, NINE + 9 * HOUR)
    with pretend(NINE):
        arrive(make_mailbox(coupons, settings={"acknowledge": False}), eml())
        intake.file_waiting()
    with pretend(NINE + HALF):
        desk.take(1, by=ana)
    with pretend(NINE + 4 * HOUR):
        desk.change_team(1, to=refunds.id, by=ana)
    with pretend(NINE + 5 * HOUR):
        desk.take(1, by=bea)
    with pretend(NINE + 6 * HOUR):
        return next(clock for clock in explain.of_number(1).clocks if clock.state.clock == "resolution")


def test_the_time_is_shared_between_owners_teams_and_shifts(app):
    clock = moved(app)
    assert dict(clock.shares) == {"Ana": 3.5 * 3600, "Bea": 3600, None: 1.5 * 3600}
    assert dict(clock.teams) == {"Coupons": 4 * 3600, "Refunds": 2 * 3600}
    shifts = [
        (shift.person.name if shift else None, shift and shift.starts_at, length) for shift, length in clock.shifts
    ]
    assert sorted(shifts, key=str) == sorted(
        [("Ana", NINE - HOUR, 2.5 * 3600), ("Bea", NINE + 4 * HOUR, 3600), (None, None, 2.5 * 3600)], key=str
    )


def test_who_was_away_was_on_no_shift(app):
    moved(app)
    ana = db.session.scalar(select(Person).where(Person.name == "Ana"))
    make(Absence(person_id=ana.id, kind="sick", starts_at=NINE + HOUR, ends_at=NINE + 2 * HOUR))
    with pretend(NINE + 6 * HOUR):
        (clock,) = explain.of_number(1).clocks
    assert {shift and shift.person.name: length for shift, length in clock.shifts}["Ana"] == 1.5 * 3600


def test_each_way_of_sharing_adds_up_to_the_used_time(app):
    clock = moved(app)
    for shares in (clock.shares, clock.teams, clock.shifts):
        assert sum(length for _, length in shares) == clock.state.used_seconds


def test_the_command_line_says_all_three(app, config):
    moved(app)
    told = helpdesk(config, "sla", "explain", "1").stdout.decode()
    assert "by team: Coupons: 4:00:00; Refunds: " in told
    assert "by shift: Ana, " in told
    assert "off shift: " in told
