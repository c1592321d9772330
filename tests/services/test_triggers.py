"""Rules: what happens is heeded once, in order, by the machine; the guard ends loops; the log and the history tell it."""

import threading

import pytest
from sqlalchemy import func, select

from helpdesk.people.models import Break
from helpdesk.services import desk, due, firing, intake, reading, trigger_acts, triggers
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.tickets.models import Delivery, Event, Message, Ticket
from helpdesk.tickets.triggers import Trigger, TriggerEvent, TriggerRun
from tests.making import HOUR, arrive, eml, make, make_mailbox, make_policy, make_shift, make_staff, make_team


@pytest.fixture
def team(app):
    make_policy()
    return make_team("Coupons")


@pytest.fixture
def box(team):
    return make_mailbox(team)


@pytest.fixture
def ana(team):
    return make_staff(teams=[team])


def rule(occasion, actions, *conditions, name=None, whole=True, stops=False):
    position = (db.session.scalar(select(func.max(Trigger.position))) or 0) + 10
    return make(
        Trigger(
            name=name or f"Rule {position}", occasion=occasion, actions=actions, whole=whole, position=position,
            active=True, conditions=[{"what": what, "values": values} for what, values in conditions], stops=stops,
        )
    )  # fmt: skip


def write(box, **mail):
    arrive(box, eml(**mail))
    intake.file_waiting()


def ticket():
    db.session.rollback()
    return db.session.scalars(select(Ticket).order_by(Ticket.id.desc())).first()


def trigger_runs():
    rows = db.session.scalars(select(TriggerRun).order_by(TriggerRun.id)).all()
    return [(row.trigger_id, row.outcome) for row in rows]


def test_a_new_ticket_that_is_such_is_changed_once_by_the_machine_on_behalf_of_the_rule(box):
    one = rule("created", {"priority": "urgent", "add_tags": ["refund"]}, ("channel", ["mail"]), ("words", ["coupon"]))
    write(box)
    assert due.soonest()["workers.triggers.heed"] <= now()
    assert (triggers.heed(), triggers.heed()) == (1, 0)
    assert (ticket().priority, ticket().tags) == ("urgent", ["refund"])
    changed = db.session.scalars(select(Event).where(Event.kind.in_(("priority_changed", "tags_changed")))).all()
    assert [(event.actor_id, event.facts["rule"], event.facts["rule_id"]) for event in changed] == [
        (None, one.name, one.id)
    ] * 2
    assert trigger_runs() == [(one.id, "done")]
    assert db.session.scalars(select(TriggerRun.facts)).one()["did"] == ["priority", "add_tags"]


def test_what_no_rule_waits_for_is_not_even_written_down(box):
    rule("solved", {"priority": "high"})
    write(box)
    assert db.session.scalar(select(func.count(TriggerEvent.id))) == 0


def test_a_ticket_that_is_not_such_is_left_alone(box):
    rule("created", {"priority": "high"}, ("channel", ["calls"]))
    write(box)
    assert triggers.heed() == 1
    assert (ticket().priority, trigger_runs()) == ("normal", [])


def test_rules_are_tried_from_the_top_and_see_what_those_above_did_until_one_stops(box):
    first = rule("created", {"priority": "high"})
    second = rule("created", {"add_tags": ["seen"]}, ("priority", ["high"]), stops=True)
    rule("created", {"add_tags": ["never"]})
    write(box)
    triggers.heed()
    assert trigger_runs() == [(first.id, "done"), (second.id, "done")]
    assert ticket().tags == ["seen"]


def test_two_rules_that_lead_to_each_other_end_and_the_log_says_so(box, ana):
    one = rule("status", {"status": "pend"}, ("status", ["open"]))
    two = rule("status", {"status": "resume"}, ("status", ["pending"]))
    write(box)
    desk.take(1, by=ana)
    desk.pend(1, by=ana)
    while triggers.heed():
        pass
    assert trigger_runs() == [(two.id, "done"), (one.id, "done"), *[(two.id, "stopped")] * 2]
    assert db.session.scalars(select(TriggerRun.facts).order_by(TriggerRun.id.desc())).first()["why"] == "again"


def test_no_chain_is_longer_than_three_rules(box, ana):
    made = [rule("tagged", {"add_tags": [f"t{i}"]}, ("tag", [f"t{i - 1}"])) for i in (5, 4, 3, 2, 1)]
    write(box)
    desk.change_tags(1, to=["t0"], by=ana)
    while triggers.heed():
        pass
    assert ticket().tags == ["t0", "t1", "t2", "t3"]
    stopped = [one for one, outcome in trigger_runs() if outcome == "stopped"]
    assert made[1].id in stopped
    assert made[0].id not in stopped


def test_what_ends_in_the_middle_is_done_once_nevertheless(box, monkeypatch):
    rule("created", {"note": "Look here"})
    write(box)
    whole = trigger_acts.act

    def killed(*what):
        whole(*what)
        raise KeyboardInterrupt

    monkeypatch.setattr(trigger_acts, "act", killed)
    with pytest.raises(KeyboardInterrupt):
        triggers.heed()
    monkeypatch.undo()
    assert notes() == []
    triggers.heed()
    assert notes() == ["Look here"]


def notes():
    db.session.rollback()
    return list(db.session.scalars(select(Message.text).where(Message.kind == "note")))


def test_two_workers_at_once_heed_everything_once(app, box):
    rule("created", {"note": "Look here"})
    for _ in range(10):
        write(box)

    def run():
        with app.app_context():
            triggers.heed()
            db.session.remove()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert notes() == ["Look here"] * 10


def test_tags_are_taken_away_whatever_their_case(box, ana):
    rule("tagged", {"drop_tags": ["VIP"]})
    write(box)
    desk.change_tags(1, to=["vip", "cup"], by=ana)
    triggers.heed()
    assert ticket().tags == ["cup"]


def test_nobody_who_is_away_is_given_a_ticket_by_a_rule(box, team, ana):
    make_shift(make_staff(teams=[team]), team)
    rule("created", {"owner": ana.id})
    write(box)
    triggers.heed()
    assert ticket().owner is None
    assert "not at work" in db.session.scalars(select(TriggerRun.facts)).one()["undone"][0]["text"]


def test_a_breach_that_is_fired_in_a_batch_is_heeded(box):
    one = rule("breached", {"priority": "urgent"})
    write(box)
    with pretend(now() + 2 * HOUR):
        firing.fire_due()
        triggers.heed()
    assert trigger_runs() == [(one.id, "done")]


def test_a_rule_that_cannot_be_carried_out_says_why_and_does_the_rest(box, team, ana):
    rule("created", {"owner": "turns", "priority": "high"})
    write(box)
    triggers.heed()
    facts = db.session.scalars(select(TriggerRun.facts)).one()
    assert facts["did"] == ["priority"]
    assert [one["text"] for one in facts["undone"]] == [
        "Nobody at work could take it; it stays in the queue of the team."
    ]


def test_a_rule_deals_out_to_whose_turn_it_is_though_the_team_does_not(box, team, ana):
    make_shift(ana, team)
    bea = make_staff(teams=[team])
    make_shift(bea, team)
    make(Break(person_id=ana.id, kind="rest", starts_at=now() - HOUR, ends_at=now() + HOUR))
    rule("created", {"owner": "turns"})
    write(box)
    triggers.heed()
    assert ticket().owner == bea


def test_no_rule_sends_anything_to_a_customer(box, team, ana):
    lead = make_staff("supervisor", teams=[team], email="lead@staff.test")
    rule("created", {"note": "x", "status": "solve", "tell": ["lead", ana.id]}, name="Watch")
    write(box)
    triggers.heed()
    told = set(db.session.scalars(select(Delivery.recipient).where(Delivery.kind == "notice")))
    assert told == {"lead@staff.test", ana.contact("email").value}
    assert [(one.kind, one.facts) for one in reading.unread(lead)] == [("ruled", {"rule": "Watch"})]
    assert (
        db.session.scalar(select(func.count(Delivery.id)).where(Delivery.kind.not_in(("notice", "acknowledgement"))))
        == 0
    )


def test_a_rule_that_breaks_is_tried_again_and_then_told_of_and_holds_up_no_other_ticket(box, monkeypatch):
    rule("created", {"priority": "high"}, ("words", ["bad"]))
    rule("created", {"add_tags": ["fine"]}, ("words", ["good"]))
    write(box, subject="bad")
    write(box, subject="good", sender="b@customer.test")

    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setitem(trigger_acts.DOING, "priority", broken)
    triggers.heed()
    assert ticket().tags == ["fine"]
    for tries in range(1, triggers.TRIES):
        with pretend(now() + tries * HOUR):
            triggers.heed()
    assert [outcome for _, outcome in trigger_runs()] == ["done", "failed"]
    assert db.session.scalar(select(func.count(TriggerEvent.id))) == 0
