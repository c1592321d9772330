"""An answer that is sent later is said at its instant and not before, unless something came in between."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from helpdesk.errors import Conflict
from helpdesk.services import desk, due, firing, history, intake, outbox, scheduling
from helpdesk.services.database import db
from helpdesk.services.instant import pretend
from helpdesk.services.news import News
from helpdesk.services.sending import Manner
from helpdesk.services.store import settings, transaction
from helpdesk.sla.models import Clock
from helpdesk.tickets.models import Event, Message, Notice, Ticket
from helpdesk.tickets.tokens import token
from tests.making import HOUR, MINUTE, MONDAY, arrive, eml, make_mailbox, make_policy, make_staff, make_team
from tests.oracle import Oracle


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def ana(team):
    return make_staff(teams=[team], time_zone="Asia/Almaty")


@pytest.fixture
def mailbox(team, sink):
    return make_mailbox(team, settings=sink.settings(acknowledge=False))


@pytest.fixture
def ticket(mailbox):
    with pretend(MONDAY):
        arrive(mailbox, eml())
        intake.file_waiting()
    return db.session.scalar(select(Ticket))


def scheduled(ticket, ana, say_at=MONDAY + 2 * HOUR, **more):
    with pretend(MONDAY + MINUTE):
        seen = db.session.scalar(select(Message.id).order_by(Message.id.desc()))
        return scheduling.schedule(ticket.number, text="Good news.", by=ana, say_at=say_at, seen=seen, **more)


def at(when):
    """What the tick rings for at an instant."""
    with pretend(when):
        return scheduling.say_due(), outbox.deliver_waiting()


def kinds():
    db.session.rollback()
    return [event.kind for event in db.session.scalars(select(Event).order_by(Event.seq))]


def first_response():
    db.session.rollback()
    return db.session.scalar(select(Clock).where(Clock.kind == "first_response"))


def test_nothing_is_said_before_its_instant_and_clocks_run(ticket, ana, sink):
    scheduled(ticket, ana)
    assert at(MONDAY + 2 * HOUR - MINUTE) == (0, 0)
    assert (kinds(), first_response().ended_at) == (["opened", "reply_scheduled"], None)


def test_at_its_instant_it_is_an_answer_like_any_other(ticket, ana, sink, config):
    scheduled(ticket, ana, manner=Manner(cc="c@x.test"))
    assert at(MONDAY + 2 * HOUR) == (1, 2)
    assert kinds()[:4] == ["opened", "reply_scheduled", "taken", "replied"]
    assert first_response().ended_at == MONDAY + 2 * HOUR
    assert {got.recipient for got in sink.mails} == {"marat@customer.test", "c@x.test"}
    assert at(MONDAY + 3 * HOUR) == (0, 0)
    with pretend(MONDAY + 3 * HOUR):
        firing.fire_due()
    assert (Oracle(config).problems(), history.verify_all()) == ([], [])


def test_the_tick_knows_when(ticket, ana):
    scheduled(ticket, ana)
    assert due.soonest()["workers.scheduled.say"] == MONDAY + 2 * HOUR


def test_when_the_customer_writes_meanwhile_it_is_held_and_the_owner_is_told(ticket, ana, team, mailbox, sink):
    bea = make_staff(teams=[team])
    scheduled(ticket, ana)
    with pretend(MONDAY + HOUR):
        desk.take(ticket.number, by=bea)
        signed = token(ticket.secret, settings().secret_key)
        arrive(mailbox, eml(to=f"support+{signed}@helpdesk.test", text="Never mind!"))
        intake.file_waiting()
    assert at(MONDAY + 2 * HOUR) == (1, 0)
    assert (sink.mails, kinds()[-1]) == ([], "reply_held")
    assert [(one.person_id, one.kind) for one in db.session.scalars(select(Notice))] == [(bea.id, "reply_held")]


@pytest.mark.parametrize("end", [desk.solve, desk.close])
def test_when_the_ticket_ended_meanwhile_it_is_held(ticket, ana, sink, end):
    scheduled(ticket, ana)
    with pretend(MONDAY + HOUR):
        end(ticket.number, by=ana)
    assert at(MONDAY + 2 * HOUR) == (1, 0)
    assert kinds()[-1] == "reply_held"


def test_when_its_writer_is_gone_it_is_held(ticket, ana, sink):
    scheduled(ticket, ana)
    with transaction():
        ana.active = False
    assert at(MONDAY + 2 * HOUR) == (1, 0)


def test_when_its_writer_and_the_owner_are_gone_the_lead_is_told(ticket, ana, team):
    lead = make_staff("supervisor", teams=[team])
    with pretend(MONDAY):
        desk.take(ticket.number, by=ana)
    scheduled(ticket, ana)
    with transaction():
        ana.active = False
    at(MONDAY + 2 * HOUR)
    assert [(one.person_id, one.kind) for one in db.session.scalars(select(Notice))] == [(lead.id, "reply_held")]


def test_what_is_held_can_be_sent_all_the_same(ticket, ana, sink):
    message = scheduled(ticket, ana)
    with pretend(MONDAY + HOUR):
        desk.solve(ticket.number, by=ana)
    at(MONDAY + 2 * HOUR)
    with pretend(MONDAY + 3 * HOUR):
        scheduling.say_now(ticket.number, message.id, by=ana)
        outbox.deliver_waiting()
    assert len(sink.mails) == 1


def test_what_is_said_later_stands_in_the_talk_where_it_was_said(ticket, ana, mailbox, sink):
    message = scheduled(ticket, ana)
    with pretend(MONDAY + HOUR):
        signed = token(ticket.secret, settings().secret_key)
        arrive(mailbox, eml(to=f"support+{signed}@helpdesk.test", text="And?", Message_ID="<asked@customer.test>"))
        intake.file_waiting()
        scheduling.say_now(ticket.number, message.id, by=ana)
        outbox.deliver_waiting()
        desk.reply(ticket.number, text="Better.", by=ana, manner=Manner(quote="thread"))
    with pretend(MONDAY + 2 * HOUR):
        outbox.deliver_waiting()
    first, second = (got.mail for got in sink.mails)
    assert first["In-Reply-To"] == "<asked@customer.test>"
    assert second["References"].split()[-2:] == ["<asked@customer.test>", first["Message-ID"]]
    quotation = second.get_body(("plain",)).get_content()
    assert re.findall("> (.*?)\r?\n", quotation + "\n") == ["Good news.", "And?", "Hello, help me."]


def test_who_answers_beside_what_is_said_meanwhile_reads_it_first(ticket, ana, team):
    message = scheduled(ticket, ana)
    seen, heard = message.id, db.session.scalar(select(Ticket.event_count))
    scheduling.say_now(ticket.number, message.id, by=ana)
    with pytest.raises(News):
        desk.reply(ticket.number, text="Mine.", by=make_staff(teams=[team]), seen=seen, heard=heard)


def test_what_is_cancelled_is_never_sent(ticket, ana, sink):
    message = scheduled(ticket, ana)
    scheduling.cancel(ticket.number, message.id, by=ana)
    assert at(MONDAY + 3 * HOUR) == (0, 0)
    with pytest.raises(Conflict, match="waits no more"):
        scheduling.say_now(ticket.number, message.id, by=ana)
    assert kinds() == ["opened", "reply_scheduled", "schedule_cancelled"]


@pytest.mark.once
@pytest.mark.parametrize(
    ("wanted", "local", "utc"),
    [
        ("hour", "", datetime(2026, 9, 14, 21, 30, tzinfo=UTC)),
        ("morning", "", datetime(2026, 9, 16, 4, tzinfo=UTC)),  # it is Tuesday already in Almaty
        ("at", "2026-09-17T08:15", datetime(2026, 9, 17, 3, 15, tzinfo=UTC)),
    ],
)
def test_hours_are_the_writers(ana, wanted, local, utc):
    with pretend(datetime(2026, 9, 14, 20, 30, tzinfo=UTC)):
        assert scheduling.instant_of(wanted, local, ana) == utc


@pytest.mark.once
@pytest.mark.parametrize("local", ["", "soon", "2030-01-01T00:00", "0001-01-01T00:00", "9999-12-31T23:59"])
def test_an_odd_time_is_refused_with_a_sentence(ticket, ana, local):
    with pretend(MONDAY), pytest.raises(Conflict):
        scheduled(ticket, ana, say_at=scheduling.instant_of("at", local, ana))


@pytest.mark.once
def test_the_past_is_no_time_to_send_at(ticket, ana):
    with pytest.raises(Conflict, match="has passed"):
        scheduled(ticket, ana, say_at=MONDAY - timedelta(days=1))
