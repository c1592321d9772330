"""What a draft would have meant, as those who may ask meet it."""

import re

import pytest
from sqlalchemy import select

from helpdesk.services import desk, firing, intake, simulations, treatments
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.sla.models import Clock, PolicyVersion, Simulation
from helpdesk.tickets.models import Ticket
from tests.making import HOUR, MINUTE, arrive, eml, make_mailbox, make_policy, make_staff, make_team

pytestmark = pytest.mark.once

FORM = {"name": "All", "time": "calendar", "calendar": "", "any-first_response": "15 min"}


@pytest.fixture
def team(app):
    return make_team("Coupons")


@pytest.fixture
def policy(team):
    return make_policy({"first_response": 3600}, name="All")


@pytest.fixture
def tickets(policy, team):
    """One answered after half an hour the day before, and one of ten minutes ago that is open."""
    box, ana = make_mailbox(team), make_staff(teams=[team])
    yesterday = now() - 24 * HOUR
    for at in (yesterday, now() - 10 * MINUTE):
        with pretend(at):
            arrive(box, eml())
            intake.file_waiting()
    first, second = db.session.scalars(select(Ticket).order_by(Ticket.id)).all()
    with pretend(yesterday + 30 * MINUTE):
        firing.fire_due()
        desk.reply(first.number, text="Yes.", by=ana)
    return first, second


def counted(client, policy):
    answer = client.post(f"/admin/policies/{policy.id}/simulate", data=FORM)
    assert answer.status_code == 303
    simulations.run()
    return answer.location


def test_before_and_after_and_the_tickets_are_shown(as_, policy, tickets, team):
    client = as_(make_staff("administrator"))
    page = client.get(counted(client, policy)).text
    assert re.search(r"100.?%</span> → 0.?%", page)
    assert "1 more would be late, now it is 0." in page
    assert f"/tickets/{tickets[0].number}" in page
    assert "1 deadline moves" in page


def test_while_it_is_counted_the_page_says_how_far_it_is(as_, policy, tickets):
    client = as_(make_staff("administrator"))
    where = client.post(f"/admin/policies/{policy.id}/simulate", data=FORM).location
    page = client.get(where).text
    assert "Counted: 0%" in page
    assert 'hx-trigger="every 1s"' in page
    simulations.run()
    assert "Counted:" not in client.get(where, headers={"HX-Request": "true"}).text


def test_a_draft_is_saved_from_there_and_reaches_open_tickets(as_, policy, tickets):
    client = as_(make_staff("administrator", name="Olga"))
    where = counted(client, policy)
    answer = client.post(where, data={"treatment": "recompute"})
    assert answer.location == f"/admin/policies/{policy.id}"
    assert "Version 2 is being brought to open tickets." in client.get(answer.location).text
    treatments.apply()
    assert "is being brought" not in client.get(answer.location).text
    due = db.session.scalar(
        select(Clock.due_at).where(Clock.ticket_id == tickets[1].id, Clock.kind == "first_response")
    )
    assert due == tickets[1].opened_at + 15 * MINUTE
    assert "by order of Olga" in client.get(f"/tickets/{tickets[1].number}").text
    assert "what was open, counted anew from its start" in client.get(f"/tickets/{tickets[1].number}/deadlines").text


def test_what_was_saved_meanwhile_stops_the_draft_with_a_sentence(as_, policy, tickets):
    client = as_(make_staff("administrator"))
    where = counted(client, policy)
    client.post(f"/admin/policies/{policy.id}", data=FORM)
    assert "Another version was saved meanwhile." in client.get(where).text
    page = client.post(where, data={"treatment": "new"}, follow_redirects=True).text
    assert "count the draft again before saving it" in page
    assert len(db.session.scalars(select(PolicyVersion)).all()) == 2


def test_a_supervisor_may_ask_but_not_save(as_, policy, tickets, team):
    client = as_(make_staff("supervisor", teams=[team]))
    page = client.get(f"/admin/policies/{policy.id}").text
    assert "Save version" not in page
    where = counted(client, policy)
    assert "Save the draft" not in client.get(where).text
    assert client.post(where, data={"treatment": "new"}).status_code == 403


def test_a_period_that_ends_before_it_begins_is_told_at_its_field(as_, policy):
    client = as_(make_staff("administrator"))
    draft = {**FORM, "first": "2026-10-02", "last": "2026-10-01"}
    answer = client.post(f"/admin/policies/{policy.id}/simulate", data=draft)
    assert answer.status_code == 422
    assert "The first day is after the last one." in answer.text
    assert db.session.scalars(select(Simulation)).all() == []


def test_a_calendar_is_counted_before_it_is_saved(as_, team):
    policy = make_policy({"first_response": 3600}, weekly={"mon": [["00:00", "24:00"]]})
    calendar = policy.versions[0].calendar_version.calendar_id
    client = as_(make_staff("administrator"))
    form = {"name": "Office", "tz": "UTC", "tue": "09:00-18:00"}
    where = client.post(f"/admin/calendars/{calendar}/simulate", data=form).location
    simulations.run()
    assert "No ticket with a deadline came in this time." in client.get(where).text
    assert client.post(where, data={"treatment": "running"}).location == "/admin/calendars"
    assert client.post(f"/admin/calendars/{calendar}/simulate", data={**form, "tue": "9"}).status_code == 422
