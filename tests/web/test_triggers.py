"""Rules by their pages, without scripts: kept, ordered, tried before they are saved, and told of."""

import pytest
from sqlalchemy import func, select

from helpdesk.services import intake, triggers
from helpdesk.services.database import db
from helpdesk.tickets.models import Event, Ticket
from helpdesk.tickets.triggers import Trigger, TriggerEvent
from tests.making import arrive, eml, make, make_mailbox, make_policy, make_staff, make_team

pytestmark = pytest.mark.once
PLACE = "/admin/triggers"
RULE = {"name": "Night", "occasion": "created", "do_priority": "high", "active": "1"}


@pytest.fixture
def team(app):
    make_policy()
    return make_team("Coupons")


@pytest.fixture
def root(team):
    return make_staff("administrator", teams=[team])


@pytest.fixture
def client(as_, root):
    return as_(root)


@pytest.fixture
def box(team):
    return make_mailbox(team)


def write(box, many=1, **mail):
    for _ in range(many):
        arrive(box, eml(**mail))
    intake.file_waiting()


def kept():
    db.session.rollback()
    query = select(Trigger).order_by(Trigger.position)
    return db.session.scalars(query.execution_options(populate_existing=True)).all()


def test_a_rule_is_kept_as_it_was_filled_in_and_shown_again(client, team):
    more = {
        "channel": ["mail", "calls"], "not": "channel", "words": "coupon\r\nrefund", "tag": "vip, night", "match": "any",
        "do_team": team.id, "do_owner": "turns", "do_add_tags": "seen", "do_tell": "lead", "stops": "1",
    }  # fmt: skip
    assert client.post(f"{PLACE}/new", data=RULE | more).status_code == 303
    (one,) = kept()
    assert one.conditions == [
        {"what": "channel", "values": ["mail", "calls"], "not": True},
        {"what": "tag", "values": ["vip", "night"], "not": False},
        {"what": "words", "values": ["coupon", "refund"], "not": False},
    ]
    assert one.actions == {
        "priority": "high", "team": team.id, "owner": "turns", "add_tags": ["seen"], "tell": ["lead"],
    }  # fmt: skip
    assert (one.whole, one.stops, one.active) == (False, True, True)
    page = client.get(f"{PLACE}/{one.id}").text
    assert "coupon\nrefund</textarea>" in page
    assert 'name="channel" value="calls" checked' in page
    listed = client.get(PLACE).text
    assert "Channel is not: Mail, Phone" in listed
    assert "team: Coupons" in listed


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"do_priority": ""}, "Say what the rule is to do."),
        ({"name": ""}, "Missing data"),
        ({"do_owner": "9" * 30}, "Choose one of the list."),
        ({"do_team": "777"}, "is not there any more"),
        ({"team": "777"}, "is not there any more"),
        ({"words": "x" * 201}, "too long"),
        ({"tag": ",".join(f"t{i}" for i in range(31))}, "make two rules of it"),
        ({"do_note": "x" * 4001}, "too long"),
    ],
)
def test_what_cannot_be_a_rule_is_said_and_what_was_typed_stays(client, wrong, told):
    answer = client.post(f"{PLACE}/new", data=RULE | {"domain": "kept.test"} | wrong)
    assert (answer.status_code, kept()) == (422, [])
    assert told in answer.text
    assert "kept.test" in answer.text


def test_rules_are_moved_and_switched_off_by_buttons(client):
    first, second = (make(Trigger(name=f"R{i}", position=i, occasion="created", actions={})) for i in (1, 2))
    client.post(f"{PLACE}/{second.id}/move", data={"up": "1"})
    client.post(f"{PLACE}/{first.id}/active", data={"active": "0"})
    assert [(one.name, one.active) for one in kept()] == [("R2", True), ("R1", False)]


def test_a_dry_run_tells_for_which_tickets_it_would_have_been_and_changes_nothing(client, box):
    write(box, 22)
    write(box, subject="Refund")
    before = db.session.scalar(select(func.count(Event.id)))
    page = client.post(f"{PLACE}/new/trial", data=RULE | {"words": "coupon", "days": "7"})
    assert "for 22 tickets" in page.text
    assert page.text.count('<li><a href="/tickets/') == 20
    assert "Refund" not in page.text
    assert 'value="Night"' in page.text
    after = db.session.scalar(select(func.count(Event.id)))
    assert (kept(), after, db.session.scalar(select(func.count(TriggerEvent.id)))) == ([], before, 0)
    assert set(db.session.scalars(select(Ticket.priority))) == {"normal"}


def test_a_name_with_markup_stays_text_in_the_list_the_log_and_the_history(client, box):
    make(
        Trigger(
            name="<b>Night</b>", position=1, occasion="created", actions={"priority": "high", "note": "<i>Look</i>"},
            conditions=[{"what": "words", "values": ["coupon", "<script>"], "not": False}],
        )
    )  # fmt: skip
    write(box)
    triggers.heed()
    for page in (PLACE, f"{PLACE}/1", f"{PLACE}/1/log", "/tickets/1", "/lookup?ticket=1"):
        text = client.get(page).text
        assert "&lt;b&gt;Night" in text
        assert "<b>Night" not in text
        assert "<i>Look" not in text


def test_the_log_says_what_it_did_to_which_ticket_and_the_history_says_who(client, box):
    make(Trigger(name="Night", position=1, occasion="created", actions={"priority": "high", "owner": "turns"}))
    write(box)
    triggers.heed()
    log = client.get(f"{PLACE}/1/log").text
    assert "<p>priority</p>" in log
    assert "Nobody at work could take it" in log
    assert "Priority: Normal → High" in client.get("/tickets/1").text
    assert "rule «Night»" in client.get("/tickets/1").text
