"""What a draft would have meant for past tickets, and would mean for open ones; nothing of a ticket is written."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from helpdesk.errors import Conflict, NotAllowed
from helpdesk.services import desk, firing, intake, reasons, rules, simulations, treatments
from helpdesk.services.database import db
from helpdesk.services.instant import pretend
from helpdesk.services.policies import facts_of
from helpdesk.sla.calendar import CalendarError
from helpdesk.sla.models import Clock, PolicyVersion, SimulatedClock
from helpdesk.tickets.models import Event, Ticket
from helpdesk.tickets.reasons import Reason
from tests.making import HOUR, MINUTE, MONDAY, arrive, eml, make, make_mailbox, make_policy, make_staff, make_team

DAY = timedelta(days=1)
SHORT = {"name": "All", "targets": {"*": {"first_response": 900}}, "time": "calendar"}


@pytest.fixture
def policy(app):
    return make_policy({"first_response": 3600}, name="All", position=500)


@pytest.fixture
def teams(policy):
    return [make_team("Coupons"), make_team("Refunds")]


@pytest.fixture
def boss(app):
    return make_staff("administrator", name="Olga")


@pytest.fixture
def answered(teams):
    """Tickets of Coupons answered after 10, 30 and 70 minutes, and one of Refunds after 30."""
    found = []
    for team, minutes in ((teams[0], 10), (teams[0], 30), (teams[0], 70), (teams[1], 30)):
        ana = make_staff(teams=[team])
        box = make_mailbox(team, address=f"box{len(found)}@helpdesk.test")
        with pretend(MONDAY):
            arrive(box, eml())
            intake.file_waiting()
            ticket = db.session.scalars(select(Ticket).order_by(Ticket.id.desc())).first()
        with pretend(MONDAY + minutes * MINUTE):
            firing.fire_due()
            desk.reply(ticket.number, text="Yes.", by=ana)
        found.append(ticket)
    return found


def simulated(policy_id, definition, boss, at=MONDAY + DAY, **period):
    with pretend(at):
        wanted = {"first": MONDAY - DAY, "last": MONDAY + DAY, "calendar_id": None, **period}
        row = simulations.simulate_policy(policy_id, definition=definition, by=boss, **wanted)
        simulations.run()
        return row


def first_response(found, scope="past"):
    return next(line for line in found.total[scope] if line.kind == "first_response")


def test_verdicts_before_and_after_are_counted_by_clock_and_team(policy, answered, boss):
    found = simulations.simulation(simulated(policy.id, SHORT, boss).id, boss)
    line = first_response(found)
    assert (line.before, line.after) == ({"met": 3, "missed": 1}, {"met": 1, "missed": 3})
    assert line.shares == (75, 25)
    by_team = {one.team: (one.before, one.after) for one in found.teams if one.kind == "first_response"}
    assert by_team["Refunds"] == ({"met": 1}, {"missed": 1})
    assert (found.tickets, found.row.done, found.running) == (4, found.row.total, False)


def test_the_tickets_that_change_are_named(policy, answered, boss):
    row = simulated(policy.id, SHORT, boss)
    changes = simulations.changes(row.id, scope="past", kind="first_response", after=0, by=boss)
    assert [number for _, number, _ in changes] == [answered[1].number, answered[3].number]
    assert {(one.before, one.after) for one, _, _ in changes} == {("met", "missed")}


def test_a_supervisor_sees_their_own_teams_only_and_saves_nothing(policy, teams, answered, boss):
    lead = make_staff("supervisor", teams=[teams[1]])
    row = simulated(policy.id, SHORT, lead)
    found = simulations.simulation(row.id, lead)
    assert first_response(found).after == {"missed": 1}
    assert {line.team for line in found.teams} == {"Refunds"}
    assert len(simulations.changes(row.id, scope="past", kind="", after=0, by=lead)) == 1
    with pytest.raises(NotAllowed):
        simulations.save(row.id, treatment="new", by=lead)


def test_nothing_of_the_tickets_is_written(policy, answered, boss):
    before = written()
    simulated(policy.id, SHORT, boss)
    assert written() == before


def written():
    db.session.rollback()
    clocks = db.session.execute(select(Clock.id, Clock.state, Clock.due_at).order_by(Clock.id)).all()
    return (
        clocks,
        db.session.scalar(select(func.count(Event.id))),
        db.session.scalar(select(func.count(PolicyVersion.id))),
    )


def test_what_came_outside_the_period_is_not_counted(policy, answered, boss):
    row = simulated(policy.id, SHORT, boss, first=MONDAY + MINUTE)
    assert simulations.simulation(row.id, boss).tickets == 0


def test_a_policy_with_other_conditions_takes_other_tickets(policy, answered, boss):
    narrow = SHORT | {"name": "Refunds", "when": {"team": ["Refunds"]}}
    behind = simulations.simulation(simulated(None, narrow, boss).id, boss)
    assert not first_response(behind).differs
    first = make_policy({"first_response": 7200}, name="Refunds", position=1, when={"team": ["Nobody"]})
    line = first_response(simulations.simulation(simulated(first.id, narrow, boss).id, boss))
    assert (line.before, line.after) == ({"met": 3, "missed": 1}, {"met": 2, "missed": 2})


def test_tickets_that_no_policy_would_take_any_more_are_promised_nothing(policy, answered, boss):
    narrow = SHORT | {"when": {"team": ["Refunds"]}}
    line = first_response(simulations.simulation(simulated(policy.id, narrow, boss).id, boss))
    assert (line.before, line.after) == ({"met": 3, "missed": 1}, {"none": 3, "missed": 1})


def test_what_is_still_being_counted_is_not_saved(policy, answered, boss):
    with pretend(MONDAY + DAY):
        row = simulations.simulate_policy(
            policy.id, definition=SHORT, calendar_id=None, first=MONDAY - DAY, last=MONDAY + DAY, by=boss
        )
        with pytest.raises(Conflict, match="still being counted"):
            simulations.save(row.id, treatment="new", by=boss)


def test_a_draft_that_never_falls_due_is_refused_at_once(policy, boss):
    never = {"tz": "UTC", "weekly": {}, "overrides": {"2020-01-01": [["09:00", "10:00"]]}}
    with pretend(MONDAY):
        calendar = rules.save_calendar(None, name="Never", definition=never, by=boss)
    with pytest.raises(CalendarError):
        simulated(policy.id, {**SHORT, "time": "working"}, boss, calendar_id=calendar.id)


def test_a_count_that_cannot_go_on_is_said_and_holds_up_no_other(policy, answered, boss, monkeypatch):
    with pretend(MONDAY + DAY):
        first, second = [
            simulations.simulate_policy(
                policy.id, definition=SHORT, calendar_id=None, first=MONDAY - DAY, last=MONDAY + DAY, by=boss
            )
            for _ in range(2)
        ]
        with monkeypatch.context() as broken:
            broken.setattr("helpdesk.services.simulate.Count.batch", never_due)
            simulations._batch()
        simulations.run()
    assert simulations.simulation(first.id, boss).row.result == {"failed": True}
    assert not simulations.simulation(second.id, boss).running


def never_due(_count):
    raise CalendarError("The calendar has no such instant.")


def test_two_workers_at_one_draft_keep_each_batch_once(policy, answered, boss):
    with pretend(MONDAY + DAY):
        row = simulations.simulate_policy(
            policy.id, definition=SHORT, calendar_id=None, first=MONDAY - DAY, last=MONDAY + DAY, by=boss
        )
        late = simulations._count(row).batch()
        simulations._batch()
        simulations._keep(row.id, 0, {"done": 99}, late)
        simulations.run()
    assert simulations.simulation(row.id, boss).row.done == row.total


def test_old_drafts_are_dropped(policy, answered, boss):
    simulated(policy.id, SHORT, boss)
    with pretend(MONDAY + 9 * DAY):
        simulations.forget_old()
    assert db.session.scalar(select(func.count(SimulatedClock.id))) == 0


def test_each_treatment_of_open_tickets_says_what_it_would_change(policy, teams, boss):
    box = make_mailbox(teams[0])
    for opened in (MONDAY, MONDAY + 25 * MINUTE):
        with pretend(opened):
            arrive(box, eml())
            intake.file_waiting()
    row = simulated(policy.id, SHORT, boss, at=MONDAY + 30 * MINUTE)
    found = simulations.simulation(row.id, boss)
    for scope in ("running", "recompute"):
        assert first_response(found, scope).moved == 2
        changes = simulations.changes(row.id, scope=scope, kind="", after=0, by=boss)
        assert [one.due_after for one, _, _ in changes] == [MONDAY + 30 * MINUTE, MONDAY + 40 * MINUTE]


def test_what_is_shown_of_a_treatment_is_what_it_does(policy, teams, boss):
    box = make_mailbox(teams[0])
    with pretend(MONDAY):
        arrive(box, eml())
        intake.file_waiting()
    row = simulated(policy.id, SHORT, boss, at=MONDAY + 5 * MINUTE)
    change, _, _ = simulations.changes(row.id, scope="running", kind="", after=0, by=boss)[0]
    with pretend(MONDAY + 6 * MINUTE):
        simulations.save(row.id, treatment="running", by=boss)
        treatments.apply()
    db.session.rollback()
    assert db.session.scalar(select(Clock.due_at).where(Clock.kind == "first_response")) == change.due_after


def test_a_draft_of_what_was_changed_meanwhile_is_not_saved(policy, answered, boss):
    row = simulated(policy.id, SHORT, boss)
    rules.save_policy(policy.id, definition=SHORT, calendar_id=None, by=boss)
    with pytest.raises(Conflict, match="meanwhile"):
        simulations.save(row.id, treatment="new", by=boss)


def test_a_draft_is_saved_once(policy, answered, boss):
    row = simulated(policy.id, SHORT, boss)
    simulations.save(row.id, treatment="new", by=boss)
    with pytest.raises(Conflict, match="already"):
        simulations.save(row.id, treatment="new", by=boss)


def test_a_draft_of_a_calendar_is_counted_for_the_policies_that_count_by_it(app, boss):
    policy = make_policy({"first_response": 3600}, name="Office", weekly={"mon": [["09:00", "17:00"]]})
    box = make_mailbox(make_team("Coupons"))
    with pretend(MONDAY + 10 * MINUTE):
        arrive(box, eml())
        intake.file_waiting()
    calendar = policy.versions[0].calendar_version.calendar_id
    with pretend(MONDAY + 2 * HOUR):
        closed = {"tz": "UTC", "weekly": {"tue": [["09:00", "17:00"]]}}
        row = simulations.simulate_calendar(
            calendar, name="Later", definition=closed, first=MONDAY - DAY, last=MONDAY + DAY, by=boss
        )
        simulations.run()
    line = first_response(simulations.simulation(row.id, boss))
    assert (line.before, line.after) == ({"missed": 1}, {"not_due": 1})


def test_a_count_that_was_killed_goes_on_where_it_was(policy, answered, boss, monkeypatch):
    monkeypatch.setattr("helpdesk.services.simulate.BATCH", 1)
    with pretend(MONDAY + DAY):
        row = simulations.simulate_policy(
            policy.id, definition=SHORT, calendar_id=None, first=MONDAY - DAY, last=MONDAY + DAY, by=boss
        )
        for _ in range(3):
            simulations._batch()
            db.session.expire_all()
        simulations.run()
    found = simulations.simulation(row.id, boss)
    assert first_response(found).after == {"met": 1, "missed": 3}
    assert db.session.scalar(select(func.count(SimulatedClock.id)).where(SimulatedClock.scope == "past")) == 2


@pytest.mark.parametrize("named", ["Money", "Refund"])
def test_a_draft_for_a_reason_reaches_the_tickets_that_have_it_or_one_under_it(policy, answered, boss, named):
    top = make(Reason(name="Money", position=1))
    make(Reason(name="Refund", parent_id=top.id, position=1))
    with pretend(MONDAY + 2 * HOUR):
        reasons.change(answered[1].number, to="Refund", by=boss)
    first = make_policy({"first_response": 7200}, name="Refunds", position=1, when={"team": ["Nobody"]})
    row = simulated(first.id, {**SHORT, "name": "Refunds", "when": {"reason": [named]}}, boss)
    changes = simulations.changes(row.id, scope="past", kind="first_response", after=0, by=boss)
    assert [number for _, number, _ in changes] == [answered[1].number]
    assert facts_of(answered[1])["reason"] == ["Refund", "Money"]
