"""Many deadlines at once: all of them fire, and nobody gets a thousand letters."""

import pytest
from sqlalchemy import select, update

from helpdesk.channels.models import Channel
from helpdesk.services import desk, digest, firing, intake, outbox
from helpdesk.services.database import db
from helpdesk.services.instant import pretend
from helpdesk.sla.models import Clock, Firing
from helpdesk.tickets.models import Delivery, Notice, Ticket
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

LEAD = [{"at": 1.0, "actions": [{"do": "tell_lead"}]}]
BREACHED = MONDAY + HOUR + MINUTE


@pytest.fixture
def team(app):
    return make_team("Coupons")


@pytest.fixture
def mailbox(team, sink):
    return make_mailbox(team, settings=sink.settings(acknowledge=False))


@pytest.fixture
def lead(team):
    person = make_staff("supervisor", teams=[team], name="Lea", email="lea@staff.test", locale="en")
    make_shift(person, team, MONDAY - HOUR)
    return person


def comes(mailbox, count, at=MONDAY):
    with pretend(at):
        for number in range(count):
            arrive(mailbox, eml(subject=f"Order {number}", message_id=f"<{at:%H%M}.{number}@customer.test>"))
        intake.file_waiting()


def fire(at):
    with pretend(at):
        return firing.fire_due()


def send(at, sink):
    with pretend(at):
        outbox.deliver_waiting()
    return [(got.mail["To"], got.mail["Subject"]) for got in sink.mails]


def test_who_was_told_of_five_is_told_of_the_others_in_one_letter(mailbox, lead, sink):
    make_policy({"first_response": 3600}, steps=LEAD)
    comes(mailbox, 8)
    assert fire(BREACHED) == 8
    assert len(db.session.scalars(select(Notice)).all()) == 8
    assert [subject for _, subject in send(BREACHED, sink)] == [
        f"Deadline missed: #{number}, first response" for number in range(1, 6)
    ]
    assert send(BREACHED + 5 * MINUTE, sink)[5:] == [("lea@staff.test", "Deadlines: 3 missed")]
    text = sink.mails[-1].mail.get_content()
    assert [line for line in text.splitlines() if "#" in line] == [
        f"Deadline missed: #{number}, first response" for number in (6, 7, 8)
    ]


def test_a_digest_that_has_not_left_takes_what_comes_after(mailbox, lead, sink):
    make_policy({"first_response": 3600}, steps=LEAD)
    comes(mailbox, 7)
    comes(mailbox, 2, MONDAY + 2 * MINUTE)
    fire(BREACHED)
    fire(BREACHED + 2 * MINUTE)
    assert send(BREACHED + 4 * MINUTE, sink)[5:] == []
    assert send(BREACHED + 5 * MINUTE, sink)[5:] == [("lea@staff.test", "Deadlines: 4 missed")]


def test_another_mail_to_the_same_person_that_waits_stays_as_it_is(mailbox, lead):
    make_policy({"first_response": 3600}, steps=LEAD)
    comes(mailbox, 7)
    content = {"subject": "A mailbox cannot be read", "text": "at all"}
    row = digest.delivery("mail", mailbox.id, "lea@staff.test", content, BREACHED - MINUTE)
    alarm = make(Delivery(**row | {"next_try_at": BREACHED + MINUTE}))
    fire(BREACHED)
    db.session.refresh(alarm)
    assert alarm.content == content


def test_when_it_is_calm_again_each_has_its_letter(mailbox, lead, sink):
    make_policy({"first_response": 3600}, steps=LEAD)
    comes(mailbox, 6)
    comes(mailbox, 1, MONDAY + 11 * MINUTE)
    fire(BREACHED)
    fire(BREACHED + 11 * MINUTE)
    assert [subject for _, subject in send(BREACHED + 11 * MINUTE, sink)][5:] == [
        "Deadlines: 1 missed", "Deadline missed: #7, first response",
    ]  # fmt: skip


def test_a_long_digest_lists_fifty_and_counts_the_rest(mailbox, lead, sink):
    make_policy({"first_response": 3600}, steps=LEAD)
    comes(mailbox, 57)
    fire(BREACHED)
    send(BREACHED + 5 * MINUTE, sink)
    lines = sink.mails[-1].mail.get_content().splitlines()
    assert len([line for line in lines if "#" in line]) == 50
    assert "… and 2 more" in lines


def test_a_chat_gets_a_digest_too(mailbox, team):
    make(Channel(kind="webhook", name="Alarm", team_id=team.id, settings={"url": "http://127.0.0.1:9/"}))
    make_policy({"first_response": 3600}, steps=[{"at": 1.0, "actions": [{"do": "post_chat", "to": "Alarm"}]}])
    comes(mailbox, 7)
    fire(BREACHED)
    digest = db.session.scalars(select(Delivery).where(Delivery.ticket_id.is_(None))).one()
    assert (digest.channel, digest.recipient, digest.content["counts"]) == ("webhook", "Alarm", {"breached": 2})
    assert digest.content["text"].startswith("Сроки: нарушено: 2\nСрок нарушен: №6")


def test_what_the_demo_misses_is_in_no_digest(team, lead):
    make_policy({"first_response": 3600}, steps=LEAD)
    comes(make_mailbox(team, settings={"acknowledge": False}, demo=True), 8)
    fire(BREACHED)
    assert db.session.scalars(select(Delivery.kind)).all() == ["notice"] * 8


@pytest.mark.parametrize(
    "steps", [None, [], [["50%", "2020-01-01T00:00:00+00:00"], ["75%", "2020-01-01T00:00:00+00:00"]]]
)
def test_where_the_steps_are_not_known_the_history_says_what_fires_next(mailbox, lead, steps):
    make_policy({"first_response": 3600})
    comes(mailbox, 1)
    db.session.execute(update(Clock).values(steps=steps))
    db.session.commit()
    fire(MONDAY + 31 * MINUTE)
    assert db.session.execute(select(Clock.next_threshold, Clock.next_fire_at)).one() == ("75%", MONDAY + 45 * MINUTE)
    for minute in range(31, 62):
        fire(MONDAY + minute * MINUTE)
    assert db.session.scalars(select(Firing.threshold).order_by(Firing.id)).all() == ["50%", "75%", "90%", "100%"]


def test_two_clocks_of_one_ticket_that_run_out_together_keep_its_history_whole(mailbox, lead):
    make_policy({"first_response": 3600, "resolution": 3600}, steps=LEAD)
    comes(mailbox, 1)
    assert fire(BREACHED) == 2
    ticket = db.session.scalar(select(Ticket))
    assert [event.kind for event in ticket.events] == ["opened", "breached", "breached"]
    assert ticket.head == ticket.events[-1].hash


def test_what_was_fired_by_another_hand_is_not_fired_again(mailbox, lead):
    make_policy({"first_response": 3600})
    comes(mailbox, 1)
    fire(MONDAY + 31 * MINUTE)
    half = (MONDAY + 30 * MINUTE).isoformat()
    db.session.execute(
        update(Clock).values(
            next_fire_at=MONDAY + 30 * MINUTE,
            next_threshold="50%",
            steps=[["50%", half], *db.session.scalar(select(Clock.steps))],
        )
    )
    db.session.commit()
    assert fire(MONDAY + 32 * MINUTE) == 0
    assert db.session.scalar(select(Clock.next_threshold)) == "75%"
    with pretend(MONDAY + 33 * MINUTE):
        desk.note(1, text="Still here.", by=lead)
    assert db.session.scalar(select(Clock.next_threshold)) == "75%"
