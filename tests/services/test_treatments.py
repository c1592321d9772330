"""What a saved version means for the tickets that are there: nothing, from now on, or counted anew."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from helpdesk.services import desk, explain, firing, intake, rules, treatments
from helpdesk.services.database import db
from helpdesk.services.instant import pretend
from helpdesk.sla.calendar import CalendarError
from helpdesk.sla.models import Clock, PolicyVersion, Treatment
from helpdesk.tickets.models import Event, Ticket
from tests.differing import differing_clocks
from tests.making import HOUR, MINUTE, MONDAY, arrive, eml, make_mailbox, make_policy, make_staff, make_team

DAY = timedelta(days=1)
HOURLY = {
    "name": "All",
    "targets": {"*": {"first_response": 3600, "answer": 7200, "resolution": 28_800}},
    "time": "calendar",
}
SHORT = {
    "name": "All",
    "targets": {"*": {"first_response": 900, "answer": 1800, "resolution": 28_800}},
    "time": "calendar",
}
LONG = {
    "name": "All",
    "targets": {"*": {"first_response": 14_400, "answer": 28_800, "resolution": 86_400}},
    "time": "calendar",
}


@pytest.fixture
def policy(app):
    return make_policy(HOURLY["targets"]["*"], name="All")


@pytest.fixture
def team(policy):
    return make_team("Coupons")


@pytest.fixture
def ana(team):
    return make_staff(teams=[team], name="Ana")


@pytest.fixture
def boss(team):
    return make_staff("administrator", name="Olga")


@pytest.fixture
def box(team):
    return make_mailbox(team)


def comes(box, at=MONDAY):
    with pretend(at):
        arrive(box, eml())
        intake.file_waiting()
        return db.session.scalars(select(Ticket).order_by(Ticket.id.desc())).first()


def saved(policy, definition, treatment, boss, at):
    with pretend(at):
        rules.save_policy(policy.id, definition=definition, calendar_id=None, by=boss, treatment=treatment)
        treatments.apply()


def clock(ticket, kind="first_response"):
    db.session.rollback()
    return db.session.scalar(select(Clock).where(Clock.ticket_id == ticket.id, Clock.kind == kind))


def fired(ticket):
    query = select(Event.kind).where(Event.ticket_id == ticket.id, Event.kind.in_(["warned", "breached"]))
    return db.session.scalars(query.order_by(Event.seq)).all()


def test_by_default_a_new_version_is_for_new_tickets_only(policy, box, boss):
    old = comes(box)
    saved(policy, SHORT, "new", boss, MONDAY + 10 * MINUTE)
    new = comes(box, MONDAY + 11 * MINUTE)
    assert clock(old).due_at == MONDAY + HOUR
    assert clock(new).due_at == MONDAY + 26 * MINUTE


def test_running_clocks_go_on_by_the_new_version_with_the_time_they_have_used(policy, box, boss):
    ticket = comes(box)
    saved(policy, LONG, "running", boss, MONDAY + 10 * MINUTE)
    assert clock(ticket).due_at == MONDAY + 4 * HOUR
    assert db.session.get(Ticket, ticket.id).due_at == MONDAY + 4 * HOUR
    assert differing_clocks() == []


def test_what_a_shorter_target_uses_up_is_due_at_the_change_and_called_out_once(policy, box, boss):
    ticket, changed_at = comes(box), MONDAY + 20 * MINUTE
    saved(policy, SHORT, "running", boss, changed_at)
    assert clock(ticket).due_at == changed_at
    with pretend(changed_at + MINUTE):
        firing.fire_due()
        firing.fire_due()
    assert fired(ticket).count("breached") == 1
    assert clock(ticket).state == "missed"


def test_the_history_says_which_version_came_when_and_by_whose_order(policy, box, boss):
    ticket = comes(box)
    saved(policy, LONG, "recompute", boss, MONDAY + HOUR / 2)
    event = db.session.scalar(select(Event).where(Event.ticket_id == ticket.id, Event.kind == "policy_applied"))
    assert (event.at, event.facts["version"], event.facts["ordered_by"]) == (MONDAY + HOUR / 2, 2, "Olga")
    assert event.actor_id is None


@pytest.mark.parametrize("treatment", ["running", "recompute"])
def test_ended_clocks_stay_and_so_does_a_miss(policy, box, boss, ana, treatment):
    answered, late = comes(box), comes(box)
    with pretend(MONDAY + 30 * MINUTE):
        desk.reply(answered.number, text="Yes.", by=ana)
    with pretend(MONDAY + 2 * HOUR):
        firing.fire_due()
    saved(policy, LONG, treatment, boss, MONDAY + 3 * HOUR)
    assert (clock(answered).state, clock(answered).due_at) == ("met", MONDAY + HOUR)
    assert (clock(late).state, clock(late).due_at) == ("missed", MONDAY + HOUR)
    assert differing_clocks() == []


def test_solved_tickets_are_not_touched(policy, box, boss, ana):
    ticket = comes(box)
    with pretend(MONDAY + 30 * MINUTE):
        desk.solve(ticket.number, by=ana)
    saved(policy, SHORT, "recompute", boss, MONDAY + HOUR)
    assert db.session.get(Ticket, ticket.id).policy_version_id == db.session.scalar(
        select(PolicyVersion.id).where(PolicyVersion.version == 1)
    )


def test_a_ticket_without_a_policy_gets_the_one_that_fits(box, boss, policy):
    with pretend(MONDAY):
        rules.switch(policy.id, active=False, by=boss)
        ticket = comes(box)
        assert clock(ticket) is None
        rules.switch(policy.id, active=True, by=boss)
    saved(policy, HOURLY, "recompute", boss, MONDAY + 30 * MINUTE)
    assert clock(ticket).due_at == MONDAY + HOUR
    assert differing_clocks() == []


def test_a_treatment_that_was_killed_goes_on_and_does_nothing_twice(policy, box, boss, monkeypatch):
    monkeypatch.setattr(treatments, "BATCH", 2)
    tickets = [comes(box, MONDAY + i * MINUTE) for i in range(5)]
    with pretend(MONDAY + 10 * MINUTE):
        rules.save_policy(policy.id, definition=LONG, calendar_id=None, by=boss, treatment="running")
        assert treatments.underway(policy.id)
        treatments._batch()
        monkeypatch.setattr(treatments, "refresh_all", broken)
        with pytest.raises(RuntimeError):
            treatments.apply()
        monkeypatch.undo()
        treatments.apply()
    assert not treatments.underway(policy.id)
    assert db.session.scalar(select(Treatment.tickets)) == 5
    applied = select(Event.ticket_id).where(Event.kind == "policy_applied").order_by(Event.ticket_id)
    assert db.session.scalars(applied).all() == [ticket.id for ticket in tickets]


def broken(_tickets):
    raise RuntimeError("killed")


def test_a_calendars_new_version_reaches_the_tickets_of_the_policies_that_count_by_it(app, boss):
    policy = make_policy({"first_response": 3600}, name="Office", weekly={"mon": [["09:00", "17:00"]]})
    calendar = policy.versions[0].calendar_version.calendar_id
    ticket = comes(make_mailbox(make_team("Refunds")), MONDAY + 8 * HOUR - 10 * MINUTE)
    with pretend(MONDAY + 8 * HOUR):
        definition = {"tz": "UTC", "weekly": {"mon": [["09:00", "20:00"]]}}
        rules.save_calendar(calendar, name="Longer", definition=definition, by=boss, treatment="recompute")
        treatments.apply()
    assert clock(ticket).due_at == MONDAY + 9 * HOUR - 10 * MINUTE


def test_the_explanation_names_the_versions_by_which_each_clock_was_counted(policy, box, boss, ana):
    ticket = comes(box)
    with pretend(MONDAY + 10 * MINUTE):
        desk.reply(ticket.number, text="Yes.", by=ana)
    saved(policy, LONG, "running", boss, MONDAY + 20 * MINUTE)
    saved(policy, SHORT, "recompute", boss, MONDAY + 30 * MINUTE)
    with pretend(MONDAY + HOUR):
        said = {one.state.clock: one.rules for one in explain.of_number(ticket.number).clocks}
    assert [rule.version.version for rule in said["first_response"]] == [1]
    assert [(rule.version.version, rule.treatment) for rule in said["resolution"]] == [(3, "recompute")]


def test_a_target_used_up_exactly_when_the_hours_end_is_due_at_the_change(app, boss):
    """Two hours from Friday 16:00 on; at 20:00 they become one, which is used up to the minute."""
    weekly = {"fri": [["09:00", "17:00"]], "mon": [["09:00", "17:00"]]}
    policy = make_policy({"first_response": 7200}, name="Office", weekly=weekly, position=1)
    friday = MONDAY.replace(hour=16, minute=0) + 4 * DAY
    ticket = comes(make_mailbox(make_team("Refunds")), friday)
    calendar = policy.versions[0].calendar_version.calendar_id
    with pretend(friday + 4 * HOUR):
        definition = {"name": "Office", "targets": {"*": {"first_response": 3600}}}
        rules.save_policy(policy.id, definition=definition, calendar_id=calendar, by=boss, treatment="running")
        treatments.apply()
    assert clock(ticket).due_at == friday + 4 * HOUR


def test_what_was_filed_under_the_old_version_while_it_was_brought_is_met_a_minute_later(
    policy, box, boss, monkeypatch
):
    with pretend(MONDAY + MINUTE):
        rules.save_policy(policy.id, definition=LONG, calendar_id=None, by=boss, treatment="running")
        treatments.apply()
    with pretend(MONDAY):
        ticket = comes(box)
        monkeypatch.setattr(ticket, "policy_version_id", first_version())
        db.session.commit()
    with pretend(MONDAY + 90 * MINUTE / 60):
        treatments.apply()
        assert db.session.get(Ticket, ticket.id).policy_version_id == first_version()
    with pretend(MONDAY + 3 * MINUTE):
        treatments.apply()
    assert clock(ticket).due_at == MONDAY + 4 * HOUR
    assert db.session.scalar(select(Treatment.next_at)) is None


def first_version():
    return db.session.scalar(select(PolicyVersion.id).where(PolicyVersion.version == 1))


def test_a_promise_that_never_falls_due_is_refused_when_it_is_saved(policy, boss):
    over = {"tz": "UTC", "weekly": {}, "overrides": {"2020-01-01": [["09:00", "10:00"]]}}
    with pretend(MONDAY):
        calendar = rules.save_calendar(None, name="Over", definition=over, by=boss)
        with pytest.raises(CalendarError):
            rules.save_policy(
                policy.id,
                definition={**HOURLY, "time": "working"},
                calendar_id=calendar.id,
                by=boss,
                treatment="running",
            )
    assert db.session.scalars(select(Treatment)).all() == []
