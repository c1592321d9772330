"""Shifts are made from weekly patterns, once, and days that were changed by hand stay as they are."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from helpdesk.errors import NotFound
from helpdesk.people.models import Membership, Pattern, Shift, Team
from helpdesk.services import due, patterns, roster, weeks
from helpdesk.services.database import db
from helpdesk.services.instant import pretend
from tests.making import HOUR, MONDAY, make, make_shift, make_staff, make_team

SAYS = {
    "weekdays": [0, 2], "starts": time(9), "ends": time(18), "zone_of": "team", "valid_from": date(2026, 9, 14),
    "valid_until": None,
}  # fmt: skip
DAY = timedelta(days=1)
EVE = MONDAY - DAY


@pytest.fixture
def team(app):
    return make_team()


@pytest.fixture
def ana(team):
    return make_staff(teams=[team], name="Ana")


@pytest.fixture
def lead(team):
    return make_staff("supervisor", [team])


@pytest.fixture
def add(team, ana, lead):
    def add(person=ana, at=EVE, **says):
        with pretend(at):
            return patterns.add(team.id, person_id=person.id, by=lead, **{**SAYS, **says})

    return add


def starts():
    db.session.expire_all()
    return list(db.session.scalars(select(Shift.starts_at).order_by(Shift.starts_at)))


def the_pattern():
    return db.session.scalars(select(Pattern)).one()


def tonight(at=EVE):
    with pretend(at):
        return patterns.make_ahead()


def test_the_shifts_of_four_weeks_are_made(add):
    assert add() == 8
    assert starts() == sorted([MONDAY + week * 7 * DAY + more * DAY for week in range(4) for more in (0, 2)])


def test_every_night_adds_what_is_missing_and_nothing_else(add):
    add()
    assert (tonight(), tonight(EVE + DAY), len(starts())) == (0, 1, 9)


def test_a_day_that_was_taken_off_by_hand_stays_free(add, lead):
    add()
    roster.remove_shift(db.session.scalars(select(Shift).order_by(Shift.starts_at)).first().id, by=lead)
    assert (tonight(), starts()[0]) == (0, MONDAY + 2 * DAY)


def test_other_hours_on_one_day_stay(add, lead):
    add()
    first = db.session.scalars(select(Shift).order_by(Shift.starts_at)).first()
    with pretend(EVE):
        weeks.change_shift(first.id, starts=time(12), ends=time(20), by=lead)
        patterns.change(the_pattern().id, by=lead, **{**SAYS, "starts": time(8)})
    assert starts()[:2] == [MONDAY + 3 * HOUR, MONDAY + 2 * DAY - HOUR]
    assert tonight() == 0


def test_an_extra_shift_stays_and_keeps_the_patterns_away(add, ana, team):
    make_shift(ana, team, MONDAY + 4 * HOUR)
    assert (add(), starts()[0]) == (7, MONDAY + 4 * HOUR)


def test_a_changed_pattern_moves_what_is_ahead_and_leaves_what_is_past(add, lead):
    add()
    with pretend(MONDAY + DAY):
        patterns.change(the_pattern().id, by=lead, **{**SAYS, "weekdays": [4]})
    assert starts()[:2] == [MONDAY, MONDAY + 4 * DAY]


def test_a_pattern_that_is_removed_takes_its_shifts_ahead_with_it(add, lead):
    add()
    with pretend(MONDAY + DAY):
        patterns.remove(the_pattern().id, by=lead)
    assert starts() == [MONDAY]


def test_a_pattern_holds_until_its_last_day(add):
    assert add(valid_until=date(2026, 9, 16)) == 2


def test_who_left_the_team_is_planned_no_more(add, ana, team):
    add()
    db.session.delete(db.session.scalars(select(Membership).where(Membership.person_id == ana.id)).one())
    db.session.commit()
    assert (tonight(MONDAY + DAY), starts()) == (0, [MONDAY])


def test_hours_count_by_the_clocks_of_the_person_when_that_is_said(add, lead):
    team = make(Team(name="Berlin", time_zone="Europe/Berlin"))
    zoe = make_staff(teams=[team], time_zone="Asia/Almaty")
    root = make_staff("administrator")
    for zone_of in ("team", "person"):
        with pretend(EVE):
            patterns.add(
                team.id,
                person_id=zoe.id,
                by=root,
                **{**SAYS, "weekdays": [0 if zone_of == "team" else 1], "zone_of": zone_of},
            )
    assert [at.astimezone(ZoneInfo("UTC")).hour for at in starts()[:2]] == [7, 4]


def test_a_week_further_on_is_filled_when_it_is_asked_for(add, team, lead):
    add()
    with pretend(EVE):
        assert [patterns.fill(team.id, date(2026, 11, 9), by=lead) for _ in range(2)] == [2, 0]
    assert starts()[-1] == datetime(2026, 11, 11, 9, tzinfo=MONDAY.tzinfo)


def test_once_a_night_the_tick_has_it_done(add):
    add()
    with pretend(EVE + 7 * DAY):
        patterns.make_tonight()
        assert (due.ROSTER in due.nightly(), len(starts())) == (False, 10)


def test_a_foreign_lead_finds_no_pattern(add):
    add()
    with pytest.raises(NotFound):
        patterns.remove(the_pattern().id, by=make_staff("supervisor", [make_team()]))
