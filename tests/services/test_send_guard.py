"""An answer is stopped by what its writer has not read and by nothing else, whatever happened since it was begun."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import func, select

from helpdesk.errors import Conflict
from helpdesk.people.models import Person
from helpdesk.services import desk, drafts, intake, merging, scheduling, snoozing, undo
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.news import News
from helpdesk.services.store import settings, ticket_for, transaction
from helpdesk.tickets import actions
from helpdesk.tickets.actions import Said
from helpdesk.tickets.models import Message, Ticket
from helpdesk.tickets.tokens import token
from tests.making import HOUR, arrive, eml, make_mailbox, make_policy, make_staff, make_team


@pytest.fixture
def config(config):
    return dataclasses.replace(config, undo_seconds=10)


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def box(team):
    return make_mailbox(team, settings={"acknowledge": False})


@pytest.fixture
def ana(team):
    return make_staff(teams=[team])


@pytest.fixture
def bob(team):
    return make_staff(teams=[team])


@pytest.fixture
def ticket(box):
    arrive(box, eml(Cc="olga@x.test"))
    intake.file_waiting()
    return db.session.scalar(select(Ticket))


@dataclasses.dataclass
class Writer:
    """Somebody with an open composer: what they had read when they opened it."""

    ticket: Ticket
    person: Person
    seen: int = 0
    heard: int = 0

    def reads(self):
        """All that is there now has been read."""
        db.session.rollback()
        self.seen = db.session.scalar(select(func.max(Message.id)).where(Message.ticket_id == self.ticket.id))
        self.heard = db.session.scalar(select(Ticket.event_count).where(Ticket.id == self.ticket.id))
        return self

    def sends(self, **more):
        read = {"seen": self.seen, "heard": self.heard}
        return desk.reply(self.ticket.number, text="Mine.", by=self.person, **read, **more)


@pytest.fixture
def writer(ticket, ana):
    """Ana has opened the ticket and begins to write."""
    return Writer(ticket, ana).reads()


def mail(ticket, box, **more):
    signed = token(ticket.secret, settings().secret_key, "marat@customer.test")
    arrive(box, eml(to=f"support+{signed}@helpdesk.test", **more))
    intake.file_waiting()


def the_customer_writes(ticket, bob, box):
    mail(ticket, box, text="It is solved, thanks")


def a_stranger_writes(ticket, bob, box):
    mail(ticket, box, sender="Olga <olga@x.test>", text="I know the rest")


def the_customer_calls(ticket, bob, box):
    with transaction():
        locked = ticket_for(bob, ticket.number, lock=True)
        said = Said("", "calls")
        db.session.add(actions.log_call(locked, said, "call_in_answered", by=bob, at=now()))


def a_colleague_answers(ticket, bob, box):
    desk.reply(ticket.number, text="Theirs.", by=bob)


def a_colleague_answers_and_solves(ticket, bob, box):
    desk.reply(ticket.number, text="Theirs.", by=bob, then="solve")


def another_ticket_is_brought_in(ticket, bob, box):
    arrive(box, eml(text="Another mail of mine"))
    intake.file_waiting()
    (later,) = db.session.scalars(select(Ticket.number).where(Ticket.id != ticket.id))
    merging.merge(ticket.number, later, by=bob)


def what_a_colleague_wrote_before_is_said(ticket, bob, box):
    scheduling.say_now(ticket.number, db.session.scalar(select(func.max(Message.id))), by=bob)


STOPS = (
    the_customer_writes, a_stranger_writes, the_customer_calls, a_colleague_answers, a_colleague_answers_and_solves,
    another_ticket_is_brought_in,
)  # fmt: skip


def a_colleague_takes_back_what_they_answered(ticket, bob, box):
    message = desk.reply(ticket.number, text="Theirs.", by=bob)
    undo.withdraw(ticket.number, message.id, by=bob)


def a_colleague_writes_to_be_sent_later(ticket, bob, box):
    scheduling.schedule(ticket.number, text="Later.", by=bob, say_at=now() + HOUR, seen=None)


def a_colleague_notes(ticket, bob, box):
    desk.note(ticket.number, text="Ask the till.", by=bob)


def the_customer_is_away(ticket, bob, box):
    mail(ticket, box, text="I am away", Auto_Submitted="auto-replied")


def all_but_the_talk_changes(ticket, bob, box):
    desk.take(ticket.number, by=bob)
    desk.pend(ticket.number, by=bob)
    desk.change_priority(ticket.number, to="urgent", by=bob)
    desk.change_tags(ticket.number, to=["refund"], by=bob)
    desk.change_subject(ticket.number, to="Refund", by=bob)
    snoozing.snooze(ticket.number, "hour", by=bob)
    desk.solve(ticket.number, by=bob)


PASSES = (
    a_colleague_takes_back_what_they_answered, a_colleague_writes_to_be_sent_later, a_colleague_notes,
    the_customer_is_away, all_but_the_talk_changes,
)  # fmt: skip
SENT = select(Message.text).where(Message.kind == "reply", Message.text == "Mine.")


@pytest.mark.parametrize("happens", STOPS)
@pytest.mark.parametrize("then", ["", "solve"])
def test_what_was_said_since_stops_the_answer_and_all_that_comes_with_it(writer, ticket, ana, bob, box, happens, then):
    drafts.keep(ticket.number, "reply", text="Mine.", way={}, by=ana)
    happens(ticket, bob, box)
    db.session.refresh(ticket)
    before = ticket.status
    with pytest.raises(News):
        writer.sends(then=then)
    db.session.refresh(ticket)
    assert ticket.status == before
    assert [one.text for one, _ in drafts.mine(ana)] == ["Mine."]
    writer.reads().sends(then=then)
    assert db.session.scalars(SENT).all() == ["Mine."]


@pytest.mark.parametrize("happens", PASSES)
def test_what_says_nothing_to_the_customer_and_nothing_of_theirs_stops_no_answer(writer, ticket, bob, box, happens):
    happens(ticket, bob, box)
    writer.sends()
    assert db.session.scalars(SENT).all() == ["Mine."]


@pytest.mark.parametrize("happens", [*STOPS, *PASSES])
def test_nothing_stops_a_note(ticket, ana, bob, box, happens):
    happens(ticket, bob, box)
    assert desk.note(ticket.number, text="Mine.", by=ana).kind == "note"


def test_what_a_colleague_had_written_before_stops_it_when_it_is_said(writer, ticket, bob, box):
    a_colleague_writes_to_be_sent_later(ticket, bob, box)
    writer.reads()
    what_a_colleague_wrote_before_is_said(ticket, bob, box)
    with pytest.raises(News):
        writer.sends()
    with pytest.raises(News):
        scheduling.schedule(
            ticket.number, text="Mine.", by=writer.person, say_at=now() + HOUR, seen=writer.seen, heard=writer.heard
        )


def test_one_who_read_the_news_is_stopped_by_what_came_after_them(writer, ticket, bob, box):
    the_customer_writes(ticket, bob, box)
    writer.reads()
    the_customer_writes(ticket, bob, box)
    with pytest.raises(News):
        writer.sends()


@pytest.mark.parametrize("write", [desk.reply, desk.note])
def test_nothing_is_written_where_nobody_looks_any_more(ticket, ana, bob, box, write):
    arrive(box, eml(text="Another mail of mine"))
    intake.file_waiting()
    (later,) = db.session.scalars(select(Ticket.number).where(Ticket.id != ticket.id))
    merging.merge(ticket.number, later, by=bob)
    with pytest.raises(Conflict, match=f"#{later} was brought into #{ticket.number}; write it there"):
        write(later, text="Mine.", by=ana)


def test_of_two_who_answer_at_one_instant_the_second_reads_the_first(app, writer, ticket, bob):
    together, number, ids = Barrier(2), ticket.number, [writer.person.id, bob.id]
    read = {"seen": writer.seen, "heard": writer.heard}
    db.session.remove()

    def answer(person_id):
        with app.app_context():
            together.wait()
            try:
                desk.reply(number, text="Mine.", by=db.session.get(Person, person_id), **read)
            except News:
                return "stopped"
            finally:
                db.session.remove()
            return "sent"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(answer, ids)) == ["sent", "stopped"]
    assert db.session.scalars(SENT).all() == ["Mine."]


def test_one_who_sends_twice_sends_once(writer):
    writer.sends()
    with pytest.raises(News):
        writer.sends()
    assert db.session.scalars(SENT).all() == ["Mine."]
