"""A law that moves the clocks of a zone comes with a newer zone file: Kazakhstan, 1 March 2024."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from helpdesk.services import desk, intake, policies, rules, treatments, zone_changes, zones
from helpdesk.services.database import db
from helpdesk.services.instant import pretend
from helpdesk.sla.models import CalendarRow, CalendarVersion, Clock, PolicyRow, PolicyVersion, ZoneRules
from helpdesk.tickets.models import Event, Ticket
from tests.differing import differing_clocks
from tests.making import HOUR, MINUTE, arrive, eml, make_mailbox, make_staff, make_team

OFFICE = {"tz": "Asia/Almaty", "weekly": {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}}
EVENING = datetime(2024, 2, 29, 11, 50, tzinfo=UTC)  # 17:50 in Almaty, six hours ahead for the last day
BEFORE, AFTER = datetime(2024, 3, 1, 4, 20, tzinfo=UTC), datetime(2024, 3, 1, 5, 20, tzinfo=UTC)  # 10:20 there


@pytest.fixture
def zone_files(tmp_path, monkeypatch):
    """A machine whose zone files are those of a test; Almaty has six hours for ever, as before the law."""
    monkeypatch.setattr(zones, "TZPATH", [str(tmp_path)])
    law = zones.importlib.resources.files("tzdata").joinpath("zoneinfo", "Asia", "Almaty").read_bytes()
    (tmp_path / "Asia").mkdir()
    file = Path(tmp_path, "Asia", "Almaty")
    file.write_bytes(zones.importlib.resources.files("tzdata").joinpath("zoneinfo", "Asia", "Bishkek").read_bytes())
    return file, law


@pytest.fixture
def policy(app, zone_files):
    boss = make_staff("administrator")
    with pretend(EVENING - timedelta(days=9)):
        calendar = rules.save_calendar(None, name="Almaty", definition=OFFICE, by=boss)
        definition = {"name": "Hours", "targets": {"*": {"first_response": 5400, "resolution": 14 * 3600}}}
        return rules.save_policy(None, definition=definition, calendar_id=calendar.id, by=boss)


@pytest.fixture
def ticket(policy):
    box = make_mailbox(make_team("Coupons"))
    with pretend(EVENING):
        arrive(box, eml())
        intake.file_waiting()
    return db.session.scalar(select(Ticket))


def due(kind="first_response"):
    db.session.rollback()
    return db.session.scalar(select(Clock.due_at).where(Clock.kind == kind))


def the_law_arrives(zone_files, at):
    file, law = zone_files
    file.write_bytes(law)
    with pretend(at):
        changed = zone_changes.check()
        treatments.apply()
    return changed


def test_running_clocks_are_counted_anew_by_the_new_rules(zone_files, ticket):
    assert due() == BEFORE
    assert the_law_arrives(zone_files, EVENING + HOUR) == ["Asia/Almaty"]
    assert due() == AFTER
    assert differing_clocks() == []


def test_the_calendar_and_its_policies_have_a_version_more_and_the_history_says_so(zone_files, ticket):
    the_law_arrives(zone_files, EVENING + HOUR)
    assert [one.version for one in db.session.scalars(select(CalendarVersion))] == [1, 2]
    event = db.session.scalar(select(Event).where(Event.kind == "policy_applied"))
    assert (event.facts["version"], event.facts["treatment"], event.facts.get("ordered_by")) == (2, "recompute", None)


def test_ended_clocks_keep_the_rules_they_ended_by(zone_files, ticket):
    with pretend(EVENING + 5 * MINUTE):
        desk.reply(ticket.number, text="Yes.", by=make_staff(teams=[ticket.team]))
    the_law_arrives(zone_files, EVENING + HOUR)
    assert due() == BEFORE
    assert due("resolution") == datetime(2024, 3, 4, 8, 50, tzinfo=UTC)  # 13:50 there, by the new clocks
    assert differing_clocks() == []


def test_the_same_rules_in_another_file_change_nothing(zone_files, ticket):
    file, _ = zone_files
    file.write_bytes(zones.importlib.resources.files("tzdata").joinpath("zoneinfo", "Asia", "Thimphu").read_bytes())
    with pretend(EVENING + HOUR):
        assert zone_changes.check() == []
    assert len(db.session.scalars(select(ZoneRules)).all()) == 1


def test_it_is_taken_over_once(zone_files, ticket):
    the_law_arrives(zone_files, EVENING + HOUR)
    with pretend(EVENING + 2 * HOUR):
        assert zone_changes.check() == []
    assert len(db.session.scalars(select(PolicyVersion)).all()) == 2


def test_calendars_of_a_release_that_kept_no_rules_get_todays(app, zone_files):
    row = CalendarRow(name="Old")
    row.versions = [CalendarVersion(version=1, definition=OFFICE, made_at=EVENING)]
    policy = PolicyRow(name="Old", position=1)
    definition = {"name": "Old", "targets": {"*": {"first_response": 5400}}}
    policy.versions = [
        PolicyVersion(version=1, definition=definition, calendar_version=row.versions[0], made_at=EVENING)
    ]
    db.session.add_all([row, policy])
    db.session.commit()
    assert zone_changes.check() == []
    assert db.session.scalar(select(CalendarVersion)).zone.name == "Asia/Almaty"
    assert policies.pinned(policy.versions[0].id).working.due_at(EVENING, 90 * MINUTE) == BEFORE


def test_old_promises_stay_what_they_were_and_no_other_ticket_is_touched(zone_files, ticket, policy):
    """A version that was saved for new tickets only does not come to old ones by a law."""
    boss = make_staff("administrator")
    shorter = {"name": "Hours", "targets": {"*": {"first_response": 1800, "resolution": 14 * 3600}}}
    with pretend(EVENING + 2 * MINUTE):
        calendar = policy.versions[0].calendar_version.calendar_id
        rules.save_policy(policy.id, definition=shorter, calendar_id=calendar, by=boss)
        rules.switch(policy.id, active=False, by=boss)
        arrive(make_mailbox(ticket.team, address="other@helpdesk.test"), eml())
        intake.file_waiting()
        rules.switch(policy.id, active=True, by=boss)
    the_law_arrives(zone_files, EVENING + HOUR)
    assert due() == AFTER
    newest = db.session.scalars(select(PolicyVersion).order_by(PolicyVersion.version.desc())).first()
    assert newest.definition["targets"]["*"]["first_response"] == 1800
    bound = select(Event.ticket_id).where(Event.kind == "policy_applied")
    assert db.session.scalars(bound).all() == [ticket.id]


def test_a_machine_with_an_older_file_changes_nothing_back(zone_files, ticket):
    file, _ = zone_files
    before = file.read_bytes()
    the_law_arrives(zone_files, EVENING + HOUR)
    file.write_bytes(before)
    with pretend(EVENING + 2 * HOUR):
        assert zone_changes.check() == []
    assert len(db.session.scalars(select(ZoneRules)).all()) == 2
