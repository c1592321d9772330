"""Calendars and policies in the settings, as those who set them up meet them."""

import re

import pytest
from selectolax.lexbor import LexborHTMLParser as HTMLParser
from sqlalchemy import select

from helpdesk.services import intake
from helpdesk.services.database import db
from helpdesk.services.store import transaction
from helpdesk.sla.models import CalendarVersion, PolicyRow, PolicyVersion
from helpdesk.sla.policy import Policy
from helpdesk.tickets.models import Ticket
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team

pytestmark = pytest.mark.once

OFFICE = {"name": "Office", "tz": "Europe/Moscow", **dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "09:00-18:00")}
POLICY = {
    "name": "Usual", "time": "working", "pauses": ["pending"], "any-first_response": "1 h 30 min", "any-answer": "4 ч",
}  # fmt: skip


@pytest.fixture
def team(app):
    return make_team("Coupons")


@pytest.fixture
def client(as_, team):
    return as_(make_staff("administrator", teams=[team]))


def one(kind, **wanted):
    db.session.expire_all()
    return db.session.scalars(select(kind).filter_by(**wanted)).one()


def test_each_save_of_a_calendar_is_a_new_version_and_policies_follow_it(client):
    client.post("/admin/calendars/new", data={**OFFICE, "holidays": "2026-12-31 New Year\n01-01", "overrides": ""})
    first = one(CalendarVersion)
    assert first.definition["holidays"] == {"2026-12-31": "New Year", "01-01": ""}
    client.post("/admin/policies/new", data={**POLICY, "calendar": first.calendar_id})
    answer = client.post(f"/admin/calendars/{first.calendar_id}", data={**OFFICE, "sat": "10:00-14:00"})
    assert answer.status_code == 303
    newest = one(CalendarVersion, version=2)
    assert newest.definition["weekly"]["sat"] == [["10:00", "14:00"]]
    versions = db.session.scalars(select(PolicyVersion).order_by(PolicyVersion.version)).all()
    assert [version.calendar_version_id for version in versions] == [first.id, newest.id]


@pytest.mark.parametrize(
    ("field", "text", "told"),
    [
        ("mon", "9 to 6", "Write hours such as"), ("holidays", "New Year", "Begin each line with a day"),
        ("holidays", "2026-02-30 Never", "is not a day"), ("tz", "Mars/Base", "is not a time zone"),
        ("mon", "09:00-09:00", "is empty"), ("overrides", "2026-12-30 soon", "Write hours such as"),
    ],
)  # fmt: skip
def test_a_calendar_that_cannot_be_says_what_to_change(client, field, text, told):
    answer = client.post("/admin/calendars/new", data={**OFFICE, field: text})
    assert answer.status_code == 422
    assert told in answer.text
    assert db.session.scalars(select(CalendarVersion)).all() == []


def test_a_policy_is_typed_in_hours_and_kept_in_seconds(client, team):
    form = {**POLICY, "team": ["Coupons"], "tag": "vip, gold", "urgent-first_response": "15m", "calendar": ""}
    assert client.post("/admin/policies/new", data=form).status_code == 303
    said = one(PolicyVersion).definition
    assert said["targets"] == {"*": {"first_response": 5400, "answer": 14400}, "urgent": {"first_response": 900}}
    assert said["when"] == {"team": ["Coupons"], "tag": ["vip", "gold"]}
    assert said["pauses"] == ["pending"]
    page = client.get(f"/admin/policies/{one(PolicyRow).id}").text
    assert 'value="1 h 30 min"' in page
    assert 'value="15 min"' in page


def test_a_length_that_cannot_be_read_is_told_at_its_own_field(client):
    answer = client.post("/admin/policies/new", data={**POLICY, "high-answer": "soon"})
    assert answer.status_code == 422
    assert 'id="high-answer-error"' in answer.text
    assert 'value="soon"' in answer.text


def test_a_policy_without_promises_says_what_to_change(client):
    answer = client.post("/admin/policies/new", data={"name": "Empty", "time": "working"})
    assert answer.status_code == 422
    assert "A policy needs targets" in answer.text


def form_of(page):
    """What a browser would send of the policy's form as it stands."""
    form = HTMLParser(page).css_first("#policy")
    sent = {}
    for control in form.css("input[name], select[name]"):
        name, kind = control.attributes["name"], control.attributes.get("type")
        if control.tag == "select":
            chosen = next((one for one in control.css("option") if "selected" in one.attributes), None)
            sent[name] = chosen.attributes["value"] if chosen else ""
        elif kind != "checkbox" or "checked" in control.attributes:
            value = control.attributes.get("value") or ""
            sent.setdefault(name, []).append(value) if kind == "checkbox" else sent.update({name: value})
    return sent


def test_a_policy_saved_as_it_is_shown_stays_what_it_was(client, team):
    steps = [
        {"at": 0.5, "actions": [{"do": "tell_lead"}]},
        {"at": 1.0, "actions": [{"do": "tell_owner"}, {"do": "tell_role", "to": "supervisor"}]},
        {"after": 900, "actions": [{"do": "post_chat", "to": "gone"}, {"do": "set_priority", "to": "high"}]},
        {"after": 5400, "actions": [{"do": "move_team", "to": "Coupons"}]},
    ]
    when = {"team": ["Coupons"], "reason": ["refund", "late parcel"]}
    row = make_policy(targets={"first_response": 3600, "update": 7200}, steps=steps, when=when)
    before = one(PolicyVersion).definition
    assert (
        client.post(f"/admin/policies/{row.id}", data=form_of(client.get(f"/admin/policies/{row.id}").text)).status_code
        == 303
    )
    after = one(PolicyVersion, version=2).definition
    assert after == {**before, "time": {"*": "calendar"}}


def test_a_step_that_does_the_same_twice_is_shown_in_two_rows_and_kept(client):
    chats = [{"do": "post_chat", "to": "one"}, {"do": "post_chat", "to": "two"}]
    row = make_policy(steps=[{"at": 1.0, "actions": chats}])
    client.post(f"/admin/policies/{row.id}", data=form_of(client.get(f"/admin/policies/{row.id}").text))
    policy = Policy.from_definition(one(PolicyVersion, version=2).definition)
    assert [action.to for action in policy.actions["100%"]] == ["one", "two"]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"when-0": "soon", "lead-0": "1"}, "Write when: 75 %"), ({"when-1": "", "lead-1": "1"}, "Write when: 75 %"),
        ({"when-0": "+ 1 day"}, "Write a length"), ({"when-0": "140 %"}, "a fraction of the target"),
    ],
)  # fmt: skip
def test_a_step_that_cannot_be_read_says_what_to_write(client, row, told):
    answer = client.post("/admin/policies/new", data={**POLICY, **row})
    assert answer.status_code == 422
    assert told in answer.text


def test_old_tickets_keep_their_version_and_new_ones_get_the_new_one(client, team):
    row = make_policy()
    box = make_mailbox(team)
    arrive(box, eml())
    intake.file_waiting()
    client.post(f"/admin/policies/{row.id}", data={**POLICY, "calendar": ""})
    arrive(box, eml())
    intake.file_waiting()
    old, new = db.session.scalars(select(Ticket.policy_version_id).order_by(Ticket.id)).all()
    assert (old, new) == (one(PolicyVersion, version=1).id, one(PolicyVersion, version=2).id)


def test_the_order_of_policies_is_changed_and_an_unreachable_one_is_named(client):
    wide, narrow = make_policy(name="Wide"), make_policy(name="Narrow", position=200, when={"channel": ["mail"]})
    assert "never reached: «Wide» takes all of its tickets" in client.get("/admin/policies").text
    client.post(f"/admin/policies/{narrow.id}/move", data={"up": "1"})
    page = client.get("/admin/policies").text
    assert "never reached" not in page
    assert page.index("Narrow") < page.index("Wide")
    client.post(f"/admin/policies/{wide.id}/active", data={"active": "0"})
    assert "Some tickets may be left without deadlines." in client.get("/admin/policies").text


def test_what_comes_on_friday_evening_is_shown_to_be_due_on_monday_before_anything_is_saved(client):
    client.post("/admin/calendars/new", data=OFFICE)
    draft = {**POLICY, "calendar": one(CalendarVersion).calendar_id, "came": "2026-09-18T17:50"}
    page = client.post("/admin/policies/new/due", data=draft).text
    assert re.search(r"Mon 21 Sep( 2026)? 10:20", page)
    assert "10 min Fri + 1 h 20 min Mon" in page.replace("\u00a0", " ")
    assert db.session.scalars(select(PolicyRow)).all() == []


def test_while_it_is_typed_only_the_table_is_answered_and_what_is_wrong_is_said_there(client):
    answer = client.post(
        "/admin/policies/new/due", data={**POLICY, "any-answer": "soon"}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 200
    assert "Write a length such as" in answer.text
    assert "<html" not in answer.text


@pytest.mark.parametrize(
    "more",
    [
        {"when-x": "1"}, {"when-²": "1"}, {"came": "0001-01-01T00:00"}, {"came": "9999-12-31T23:59"},
        {"first": "0001-01-01"}, {"last": "9999-12-31"}, {"look": "x" * 5000}, {"name": "a\x00b"}, {"calendar": "9" * 30},
        {"any-answer": "9" * 40 + " h"}, {"when-0": "9" * 40 + " %"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("door", ["new", "new/due", "new/simulate"])
def test_hostile_fields_of_a_policy_are_answered_with_a_sentence(client, door, more):
    assert client.post(f"/admin/policies/{door}", data={**POLICY, **more}).status_code == 422


def test_control_characters_are_refused_in_a_calendar(client):
    answer = client.post("/admin/calendars/new", data={**OFFICE, "holidays": "2026-12-31 a\x00b"})
    assert answer.status_code == 422


def test_a_number_that_no_row_has_is_not_found(client):
    for page in ("simulations", "policies", "calendars"):
        assert client.get(f"/admin/{page}/{'9' * 25}").status_code == 404


def test_a_policy_that_never_falls_due_can_be_looked_at_and_mended(client):
    row = make_policy(weekly={"mon": [["09:00", "10:00"]]})
    calendar = row.versions[0].calendar_version
    with transaction():
        calendar.definition = {"tz": "UTC", "weekly": {}, "overrides": {"2020-01-01": [["09:00", "10:00"]]}}
    page = client.get(f"/admin/policies/{row.id}")
    assert page.status_code == 200
    assert "The calendar has no such instant" in page.text
