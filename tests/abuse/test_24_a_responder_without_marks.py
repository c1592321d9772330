"""A responder that answers each mail at once, with a fresh Message-ID and no mark: one automatic mail, then a breaker."""

import pytest
from sqlalchemy import func, select

from helpdesk.services import desk, intake, outbox
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.tickets.models import Delivery, Event, Message, Notice, Ticket
from tests.making import HOUR, MINUTE, arrive, eml, make_mailbox, make_shift, make_staff, make_team
from tests.oracle import Oracle

RESPONDER = "robot@customer.test"


@pytest.fixture
def team(app):
    return make_team()


@pytest.fixture
def mailbox(team, sink):
    return make_mailbox(team, settings=sink.settings())


@pytest.fixture
def ana(team):
    return make_staff(teams=[team])


@pytest.fixture
def lead(team):
    found = make_staff("supervisor", [team])
    make_shift(found, team)
    return found


def answer(mailbox, mail, **more):
    """What the responder sends back: to where answers are asked for, in its thread, and not a word of being a machine."""
    more = {"In_Reply_To": mail["Message-ID"]} | more
    return arrive(
        mailbox, eml(RESPONDER, mail["Reply-To"], subject=f"Re: {mail['Subject']}", text="Thank you.", **more)
    )


def rounds(mailbox, sink, most):
    """Mails of ours until nobody says anything any more, or so many."""
    heard = 0
    for _ in range(most):
        intake.file_waiting()
        outbox.deliver_waiting()
        db.session.rollback()
        fresh, heard = sink.mails[heard:], len(sink.mails)
        if not fresh:
            break
        for one in fresh:
            answer(mailbox, one.mail)
    return heard


def count(kind, *conditions):
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(kind).where(*conditions))


def talk(mailbox, sink, ana, replies):
    """A ticket of the responder's that was answered so often, and solved each time; the responder always answers at once."""
    arrive(mailbox, eml(RESPONDER))
    intake.file_waiting()
    number = db.session.scalar(select(Ticket.number))
    begun = now()
    for turn in range(replies):
        with pretend(begun + turn * 2 * MINUTE):
            desk.reply(number, text=f"Answer {turn}.", by=ana, then="solve")
        sent = db.session.scalars(select(Delivery).order_by(Delivery.id.desc()).limit(1)).one()
        with pretend(begun + turn * 2 * MINUTE + MINUTE / 6):
            arrive(mailbox, eml(RESPONDER, text="Thank you.", In_Reply_To=f"<{sent.key}>", References=f"<{sent.key}>"))
            intake.file_waiting()
    db.session.rollback()
    return db.session.scalars(select(Ticket)).one()


def test_it_gets_one_automatic_mail_and_no_more(mailbox, sink):
    arrive(mailbox, eml(RESPONDER))
    assert rounds(mailbox, sink, 20) == 1


def test_without_a_thread_it_gets_one_automatic_mail_a_day(mailbox, sink):
    for number in range(20):
        arrive(mailbox, eml(RESPONDER, subject=f"Ticket {number} received", text="Thank you."))
    assert rounds(mailbox, sink, 20) == 1


def test_three_answers_at_once_reopen_and_the_fourth_does_not(mailbox, sink, ana):
    assert talk(mailbox, sink, ana, 3).status == "open"
    db.session.remove()


def test_the_fourth_is_kept_and_moves_nothing(mailbox, sink, ana, config):
    ticket = talk(mailbox, sink, ana, 6)
    assert ticket.status == "solved"
    assert count(Message, Message.kind == "automatic", Message.text == "Thank you.") == 3
    assert Oracle(config).problems() == []


def test_who_leads_the_team_is_told_once(mailbox, sink, ana, lead):
    talk(mailbox, sink, ana, 7)
    notices = db.session.scalars(select(Notice).where(Notice.kind == "loop_broken")).all()
    assert [notice.person_id for notice in notices] == [lead.id]
    assert count(Event, Event.kind == "loop_broken") == 1


def test_whoever_takes_a_minute_is_a_person(mailbox, sink, ana):
    arrive(mailbox, eml(RESPONDER))
    intake.file_waiting()
    number, begun = db.session.scalar(select(Ticket.number)), now()
    for turn in range(6):
        with pretend(begun + turn * 3 * MINUTE):
            desk.reply(number, text=f"Answer {turn}.", by=ana, then="solve")
        key = db.session.scalar(select(Delivery.key).order_by(Delivery.id.desc()).limit(1))
        with pretend(begun + turn * 3 * MINUTE + MINUTE):
            arrive(mailbox, eml(RESPONDER, text="Thank you.", In_Reply_To=f"<{key}>"))
            intake.file_waiting()
    assert db.session.scalar(select(Ticket.status)) == "open"


def test_a_flood_into_one_ticket_ends_as_a_loop_too(mailbox, sink, ana):
    arrive(mailbox, eml(RESPONDER))
    intake.file_waiting()
    key = db.session.scalar(select(Delivery.key))
    for number in range(35):
        arrive(mailbox, eml(RESPONDER, text=f"Beep {number}.", In_Reply_To=f"<{key}>"))
    intake.file_waiting()
    assert count(Message, Message.kind == "received") == 30


def test_after_an_hour_of_silence_it_is_heard_again(mailbox, sink, ana):
    talk(mailbox, sink, ana, 6)
    key = db.session.scalar(select(Delivery.key).order_by(Delivery.id.desc()).limit(1))
    with pretend(now() + 3 * HOUR):
        arrive(mailbox, eml(RESPONDER, text="A question.", In_Reply_To=f"<{key}>"))
        intake.file_waiting()
    assert db.session.scalar(select(Ticket.status)) == "open"
