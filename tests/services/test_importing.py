"""Old mail becomes tickets: talks with their own dates, once, and nothing is sent or promised for them."""

from datetime import UTC, datetime

import pytest
import structlog
from sqlalchemy import func, select, text

from helpdesk.channels.ledger import Inbox
from helpdesk.reports import flow
from helpdesk.services import collecting, deadlines, desk, importing, intake
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import transaction
from helpdesk.sla.models import Clock
from helpdesk.tickets.models import Delivery, Event, Message, Notice, Ticket
from tests.archives import bring_in, mbox, old
from tests.making import HOUR, arrive, eml, make_mailbox, make_policy, make_shift, make_staff, make_team
from tests.oracle import Oracle

REFUSE = {
    "sqlite": "CREATE TRIGGER refuse BEFORE INSERT ON message WHEN new.text = 'Text 2.'"
    " BEGIN SELECT RAISE(ABORT, 'no'); END",
    "postgresql": "ALTER TABLE message ADD CONSTRAINT refuse CHECK (text <> 'Text 2.')",
}


@pytest.fixture
def team(app):
    return make_team()


@pytest.fixture
def support(team):
    return make_mailbox(team)


@pytest.fixture
def file(tmp_path):
    return lambda *mails: mbox(tmp_path / "old.mbox", *mails)


def tickets():
    db.session.rollback()
    return db.session.scalars(select(Ticket).order_by(Ticket.id)).all()


def talk(ticket):
    """Kind and text of what was said, in its order."""
    said = select(Message).where(Message.ticket_id == ticket.id).order_by(Message.at, Message.id)
    return [(message.kind, message.text) for message in db.session.scalars(said)]


def count(kind, *conditions):
    return db.session.scalar(select(func.count()).select_from(kind).where(*conditions))


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class TestTalks:
    def test_mails_that_answer_each_other_are_one_ticket(self, support, file):
        bring_in(support, file(old(1), old(2, answers=[1]), old(3, answers=[1, 2]), old(9)))
        assert [len(talk(ticket)) for ticket in tickets()] == [3, 1]

    def test_an_answer_that_lies_before_what_it_answers_comes_after_it(self, support, file):
        bring_in(support, file(old(3, answers=[1, 2]), old(2, answers=[1]), old(1)))
        (ticket,) = tickets()
        assert [text for _, text in talk(ticket)] == ["Text 1.", "Text 2.", "Text 3."]

    def test_two_answers_to_a_mail_that_is_lost_belong_together(self, support, file):
        bring_in(support, file(old(2, answers=[1]), old(3, answers=[1])))
        assert len(tickets()) == 1

    def test_a_talk_longer_than_a_batch_is_one_ticket(self, support, file, monkeypatch):
        monkeypatch.setattr(importing, "BATCH", 2)
        bring_in(support, file(old(1), *(old(n, answers=[1]) for n in range(2, 8))))
        (ticket,) = tickets()
        assert (len(talk(ticket)), ticket.status) == (7, "solved")

    def test_what_a_colleague_wrote_is_a_reply_of_theirs(self, support, team, file):
        ana = make_staff(teams=[team], email="ana@helpdesk.test")
        bring_in(support, file(old(1), old(2, "Ana <ana@helpdesk.test>", "marat@customer.test", answers=[1])))
        reply = db.session.scalar(select(Message).where(Message.kind == "reply"))
        assert (reply.author_id, reply.direction, reply.ticket_id) == (ana.id, "out", tickets()[0].id)

    def test_what_the_mailbox_wrote_is_a_reply_of_nobody_but_it(self, support, file):
        bring_in(support, file(old(1), old(2, support.address, "marat@customer.test", answers=[1])))
        (ticket,) = tickets()
        assert talk(ticket) == [("received", "Text 1."), ("reply", "Text 2.")]

    def test_a_talk_that_we_began_is_a_ticket_of_whom_we_wrote_to(self, support, file):
        bring_in(support, file(old(1, support.address, "Marat <marat@customer.test>"), old(2, answers=[1])))
        (ticket,) = tickets()
        assert (ticket.customer.name, talk(ticket)[0]) == ("Marat", ("reply", "Text 1."))

    def test_an_automatic_answer_is_kept_where_it_belongs_and_is_no_ticket_by_itself(self, support, file):
        machine = {"Auto_Submitted": "auto-replied"}
        done = bring_in(support, file(old(1), old(2, answers=[1], **machine), old(9, **machine)))
        (ticket,) = tickets()
        assert talk(ticket) == [("received", "Text 1."), ("automatic", "Text 2.")]
        assert done.refused == {"automatic": 1}

    def test_it_joins_a_ticket_of_the_desk_when_the_same_customer_wrote_both(self, support, file):
        arrive(support, eml(Message_ID="<1@archive.test>"))
        intake.file_waiting()
        bring_in(support, file(old(2, answers=[1]), old(3, "x@stranger.test", answers=[1])))
        first, second = tickets()
        assert [text for _, text in talk(first)][:2] == ["Text 2.", "Hello, help me."]
        assert (first.status, second.customer.name) == ("new", "x@stranger.test")

    def test_another_archive_goes_on_with_the_talk(self, support, tmp_path):
        bring_in(support, mbox(tmp_path / "a", old(1)))
        bring_in(support, mbox(tmp_path / "b", old(2, answers=[1])))
        (ticket,) = tickets()
        assert (len(talk(ticket)), ticket.solved_at) == (2, at("2020-09-12 10:02"))


class TestDates:
    def test_messages_and_ticket_bear_the_dates_of_the_mails(self, support, file):
        bring_in(support, file(old(1), old(2, answers=[1])))
        (ticket,) = tickets()
        assert (ticket.opened_at, ticket.solved_at) == (at("2020-09-12 10:01"), at("2020-09-12 10:02"))
        assert ticket.imported_at >= now() - HOUR

    @pytest.mark.parametrize(
        ("more", "said"),
        [
            ({"Received": "from a by b; Sun, 13 Sep 2020 08:00:00 +0000"}, "2020-09-13 08:00"),
            ({"Received": "from a by b; Sun, 13 Sep 2099 08:00:00 +0000"}, "2020-09-12 10:01"),
            ({"Date": "Sun, 13 Sep 2099 08:00:00 +0000"}, "2020-09-12 10:00"),
            ({"Date": "yesterday"}, "2020-09-12 10:00"),
        ],
    )
    def test_the_server_is_believed_then_the_mail_then_the_archive(self, support, file, more, said):
        bring_in(support, file(old(1, **more)))
        assert tickets()[0].opened_at == at(said)

    def test_the_history_tells_when_it_was_and_when_it_was_learned_of(self, support, file):
        bring_in(support, file(old(1), old(2, answers=[1])))
        events = db.session.scalars(select(Event).order_by(Event.seq)).all()
        assert [event.kind for event in events] == ["opened", "imported", "import_ended"]
        assert events[1].at == at("2020-09-12 10:02")
        assert all(event.recorded_at >= now() - HOUR for event in events)

    def test_older_mail_is_left_out_when_a_day_is_given(self, support, file):
        early = old(1, date="Sat, 12 Sep 2015 10:00:00 +0000")
        bring_in(support, file(early, old(2)), since=at("2016-01-01"))
        assert [talk(ticket)[0][1] for ticket in tickets()] == ["Text 2."]


class TestOnce:
    def test_an_archive_that_is_imported_twice_is_there_once(self, support, file):
        path = file(old(1), old(2))
        bring_in(support, path)
        done = bring_in(support, path)
        assert (len(tickets()), done.there, done.filed) == (2, 2, 0)

    def test_the_same_mail_twice_in_an_archive_is_there_once(self, support, file):
        bring_in(support, file(old(1), old(1)))
        assert count(Message) == 1

    def test_a_copy_to_which_a_program_added_headers_is_refused_as_a_duplicate(self, support, file):
        done = bring_in(support, file(old(1), b"X-Mozilla-Status: 0001\r\n" + old(1)))
        assert (count(Message), done.refused) == (1, {"duplicate": 1})

    def test_two_mails_that_share_a_message_id_and_differ_are_both_kept(self, support, file):
        bring_in(support, file(old(1), old(1, text="Another.")))
        assert [len(talk(ticket)) for ticket in tickets()] == [2]

    def test_what_was_collected_from_the_server_is_not_imported_again(self, support, file):
        raw = old(1)
        mailbox = collecting.Mailbox(support.id, "me", None)
        listed = collecting.Listed(7, len(raw), now())
        row = collecting._row(mailbox, collecting.Progress(label="1"), listed, raw)
        db.session.add(Inbox(**row))
        db.session.commit()
        intake.file_waiting()
        done = bring_in(support, file(raw))
        assert (len(tickets()), done.there) == (1, 1)

    def test_a_limit_ends_a_call_and_the_next_one_goes_on(self, support, file):
        path = file(*(old(n) for n in range(1, 6)))
        counts = []
        for _ in range(3):
            bring_in(support, path, limit=2)
            counts.append(len(tickets()))
        assert counts == [2, 4, 5]

    def test_what_a_batch_fails_with_takes_no_other_mail_with_it(self, support, file, config, monkeypatch):
        """The reader brings nothing that the database does not take, so here a trigger refuses one text."""
        with transaction():
            db.session.execute(text(REFUSE[db.engine.dialect.name]))
        done = bring_in(support, file(old(1), old(2), old(3)))
        assert (len(tickets()), done.filed, done.poison) == (2, 2, 1)
        assert Oracle(config).problems() == []


class TestTriedAgain:
    def test_with_new_mail_in_the_batch_each_is_filed_as_what_it_is_and_none_alone(self, support, team, file):
        bring_in(support, file(old(1, Auto_Submitted="auto-replied")))
        row = db.session.scalars(select(Inbox)).one()
        intake.file_as_ticket(row.id, by=make_staff("supervisor", [team]))
        arrive(support, eml())
        with structlog.testing.capture_logs() as lines:
            intake.file_waiting()
        assert [ticket.imported_at is not None for ticket in tickets()] == [True, False]
        assert [line["event"] for line in lines] == []


class TestNothingIsSent:
    @pytest.mark.parametrize("status", ["solved", "closed", "open"])
    def test_no_delivery_and_no_notice(self, support, team, file, status):
        make_policy()
        make_shift(make_staff("supervisor", [team]), team)
        bring_in(support, file(old(1), old(2)), status=status)
        assert (count(Delivery), count(Notice)) == (0, 0)

    def test_solved_tickets_have_no_policy_and_no_clock(self, support, file):
        make_policy()
        bring_in(support, file(old(1)))
        assert (tickets()[0].policy_version_id, count(Clock)) == (None, 0)

    def test_the_histories_are_whole(self, support, file, config):
        bring_in(support, file(old(1), old(2, answers=[1]), old(3, support.address, "marat@customer.test")))
        assert Oracle(config).problems() == []


class TestAfterwards:
    def test_open_tickets_wait_from_now_on(self, support, file):
        make_policy({"first_response": 3600, "answer": 7200, "resolution": 28800})
        bring_in(support, file(old(1)), status="open")
        (ticket,) = tickets()
        due = {clock.kind: clock.due_at - ticket.waiting_since for clock in db.session.scalars(select(Clock))}
        assert due == {"answer": 2 * HOUR, "resolution": 8 * HOUR}
        assert ticket.waiting_since >= ticket.imported_at

    def test_an_open_ticket_whose_last_word_was_ours_waits_for_nobody(self, support, file):
        make_policy({"answer": 7200})
        bring_in(support, file(old(1), old(2, support.address, "marat@customer.test", answers=[1])), status="open")
        assert (tickets()[0].waiting_since, count(Clock)) == (None, 0)

    def test_a_customer_who_writes_again_is_promised_an_answer(self, support, file):
        make_policy({"first_response": 3600, "answer": 7200, "resolution": 28800})
        yesterday = f"{now() - 24 * HOUR:%a, %d %b %Y %H:%M:%S} +0000"
        bring_in(support, file(old(1, date=yesterday)))
        arrive(support, eml(In_Reply_To="<1@archive.test>", Message_ID="<2@customer.test>"))
        intake.file_waiting()
        (ticket,) = tickets()
        assert (ticket.status, ticket.due_kind) == ("open", "answer")
        assert {clock.kind for clock in db.session.scalars(select(Clock))} == {"answer", "resolution"}

    def test_clocks_counted_anew_from_the_history_are_the_same(self, support, file):
        make_policy()
        bring_in(support, file(old(1)), status="open")
        (ticket,) = tickets()
        stored = {clock.kind: clock.due_at for clock in db.session.scalars(select(Clock))}
        assert {clock.clock: clock.due_at for clock in deadlines.replayed(ticket, now()).clocks} == stored

    def test_an_old_ticket_is_not_joined_by_new_mail(self, support, file):
        bring_in(support, file(old(1)))
        arrive(support, eml(In_Reply_To="<1@archive.test>"))
        intake.file_waiting()
        assert [ticket.status for ticket in tickets()] == ["solved", "new"]

    def test_staff_can_take_one_up_and_answer_it(self, support, team, file):
        make_policy()
        ana = make_staff(teams=[team])
        bring_in(support, file(old(1)))
        number = tickets()[0].number
        desk.reopen(number, by=ana)
        desk.reply(number, text="Is it solved?", by=ana, then="solve")
        assert count(Delivery, Delivery.recipient == "marat@customer.test") == 1

    def test_neither_their_arrival_nor_their_solution_counts(self, support, team, file):
        since = now() - 2 * HOUR
        bring_in(support, file(old(1, date=f"{now() - HOUR:%a, %d %b %Y %H:%M:%S} +0000")))
        counted = flow.flow(db.session, [team.id], [since, now()])
        assert (counted.came, counted.solved) == ([0], [0])

    def test_a_mail_that_cannot_be_read_lies_in_the_ledger_as_poison(self, support, file):
        bomb = b"".join(b"X-%d: %s\r\n" % (number, b"x" * 8000) for number in range(9))
        done = bring_in(support, file(bomb + old(1)))
        row = db.session.scalar(select(Inbox))
        assert (done.poison, row.state, row.facts["imported"]["status"]) == (1, "poison", "solved")

    def test_a_refused_one_that_staff_insist_on_becomes_an_old_ticket_too(self, support, team, file):
        bring_in(support, file(old(1, Auto_Submitted="auto-replied")))
        lead = make_staff("supervisor", [team])
        intake.file_as_ticket(db.session.scalar(select(Inbox.id)), by=lead)
        intake.file_waiting()
        (ticket,) = tickets()
        assert (ticket.status, ticket.opened_at, count(Delivery)) == ("solved", at("2020-09-12 10:01"), 0)

    def test_a_mail_of_ours_that_is_put_back_in_line_becomes_a_reply_all_the_same(self, support, team, file):
        ours = old(1, support.address, "marat@customer.test", Auto_Submitted="auto-replied")
        bring_in(support, file(ours))
        intake.file_as_ticket(db.session.scalar(select(Inbox.id)), by=make_staff("supervisor", [team]))
        intake.file_waiting()
        assert [talk(ticket) for ticket in tickets()] == [[("reply", "Text 1.")]]
