"""An answer that is still held can be taken back, as if it had never been given; one that is leaving can't."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from helpdesk.channels.incoming import File
from helpdesk.errors import Conflict, NotAllowed
from helpdesk.services import desk, drafts, forwards, handover, intake, outbox, undo
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.services.sending import Manner
from helpdesk.services.store import settings
from helpdesk.sla.models import Clock
from helpdesk.tickets.handover import Offer
from helpdesk.tickets.models import Delivery, Event, Message, Ticket
from helpdesk.tickets.participants import Participant
from helpdesk.tickets.tokens import token
from tests.differing import differing_clocks
from tests.making import HOUR, MINUTE, MONDAY, arrive, eml, make_mailbox, make_policy, make_staff, make_team
from tests.oracle import Oracle

SECONDS = timedelta(seconds=1)


@pytest.fixture
def config(config):
    return dataclasses.replace(config, undo_seconds=10)


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def ana(team):
    return make_staff(teams=[team])


@pytest.fixture
def ticket(team, sink):
    with pretend(MONDAY):
        arrive(make_mailbox(team, settings=sink.settings(acknowledge=False)), eml())
        intake.file_waiting()
    return db.session.scalar(select(Ticket))


def answered(ticket, ana, at, **more):
    with pretend(at):
        return desk.reply(ticket.number, text="Done.", by=ana, **more)


def taken_back(message, by, at):
    with pretend(at):
        return undo.withdraw(message.ticket.number, message.id, by=by)


def fresh(kind):
    db.session.rollback()
    return db.session.scalars(select(kind).execution_options(populate_existing=True)).all()


def kinds():
    return [event.kind for event in fresh(Event)]


def clocks():
    return sorted((one.kind, one.turn, one.state, one.due_at, one.ended_at) for one in fresh(Clock))


def looks(ticket):
    names = ("status", "open", "owner_id", "waiting_since", "solved_at", "due_at", "due_kind", "sort_at", "paused_left")
    db.session.refresh(ticket)
    return {name: getattr(ticket, name) for name in names}


def test_nothing_leaves_within_ten_seconds_and_all_of_it_afterwards(ticket, ana, sink):
    answered(ticket, ana, MONDAY)
    with pretend(MONDAY + 9 * SECONDS):
        assert outbox.deliver_waiting() == 0
    with pretend(MONDAY + 10 * SECONDS):
        assert outbox.deliver_waiting() == 1
    assert len(sink.mails) == 1


@pytest.mark.parametrize("then", ["", "pend", "hold", "solve"])
def test_what_is_taken_back_was_never_given(ticket, ana, sink, config, app, then):
    before, running = looks(ticket), clocks()
    message = answered(ticket, ana, MONDAY + MINUTE, then=then)
    taken_back(message, ana, MONDAY + MINUTE + 5 * SECONDS)
    assert (looks(ticket), clocks()) == (before, running)
    with pretend(MONDAY + HOUR / 2):
        assert differing_clocks() == []
        assert outbox.deliver_waiting() == 0
    assert sink.mails == []
    assert Oracle(config).problems() == []


def test_the_history_keeps_the_answer_and_that_it_was_taken_back(ticket, ana):
    message = answered(ticket, ana, MONDAY, then="solve")
    taken_back(message, ana, MONDAY + SECONDS)
    assert kinds()[1:] == ["taken", "replied", "solved", "reply_withdrawn", "assigned"]
    (kept,) = [one for one in fresh(Message) if one.kind == "withdrawn"]
    assert kept.text == "Done."
    assert [one.state for one in fresh(Delivery)] == ["withdrawn"]


def test_what_was_waiting_before_waits_again(ticket, ana):
    answered(ticket, ana, MONDAY, then="pend")
    with pretend(MONDAY + HOUR):
        desk.resume(ticket.number, by=ana)
    before = looks(ticket)
    message = answered(ticket, ana, MONDAY + 2 * HOUR, then="pend")
    taken_back(message, ana, MONDAY + 2 * HOUR + SECONDS)
    assert looks(ticket) == before


def test_a_customer_who_wrote_meanwhile_is_not_silenced(ticket, ana, team):
    message = answered(ticket, ana, MONDAY + MINUTE, then="pend")
    with pretend(MONDAY + MINUTE + 3 * SECONDS):
        arrive(_channel(ticket.channel_id), _follow_up(ticket))
        intake.file_waiting()
    taken_back(message, ana, MONDAY + MINUTE + 5 * SECONDS)
    db.session.refresh(ticket)
    assert (ticket.status, ticket.waiting_since, ticket.owner_id) == ("open", MONDAY, ana.id)
    (first,) = [one for one in fresh(Clock) if one.kind == "first_response"]
    assert first.ended_at is None


def _channel(channel_id):
    from helpdesk.channels.models import Channel

    return db.session.get(Channel, channel_id)


@pytest.mark.parametrize(("more", "states"), [("", ["offered"]), ("resumed", ["withdrawn"])])
def test_what_was_offered_to_a_colleague_is_offered_again_unless_more_was_done(ticket, ana, team, more, states):
    with pretend(MONDAY):
        desk.take(ticket.number, by=ana)
        handover.offer(ticket.number, to=make_staff(teams=[team]).id, note="Call back.", by=ana)
        message = desk.reply(ticket.number, text="Done.", by=ana, then="solve")
        if more:
            desk.reopen(ticket.number, by=ana)
    taken_back(message, ana, MONDAY + SECONDS)
    assert [one.state for one in fresh(Offer)] == states
    assert (kinds()[-1] == "handover_offered") is not bool(more)


def let_in():
    return {one.address: one.state for one in fresh(Participant)}


def test_whom_it_let_in_is_let_in_no_longer(ticket, ana):
    answered(ticket, ana, MONDAY, manner=Manner(cc="let.in@x.test"))
    message = answered(ticket, ana, MONDAY, manner=Manner(cc="mistyped@x.test, let.in@x.test"))
    taken_back(message, ana, MONDAY + SECONDS)
    assert let_in() == {"let.in@x.test": "approved"}
    assert kinds()[-1] == "participant_withdrawn"


def test_who_waited_to_be_let_in_waits_again(ticket, ana):
    arrive(_channel(ticket.channel_id), _follow_up(ticket, Cc="olga@x.test, vera@x.test"))
    intake.file_waiting()
    message = answered(ticket, ana, MONDAY, manner=Manner(cc="olga@x.test, vera@x.test"))
    answered(ticket, ana, MONDAY, manner=Manner(cc="vera@x.test"))
    taken_back(message, ana, MONDAY + SECONDS)
    assert let_in() == {"olga@x.test": "pending", "vera@x.test": "approved"}


def _follow_up(ticket, **more):
    return eml(to=f"support+{token(ticket.secret, settings().secret_key)}@helpdesk.test", text="And?", **more)


def test_what_was_forwarded_is_taken_back_and_is_no_draft_of_an_answer(ticket, ana, sink):
    asked = db.session.scalars(select(Message.id).where(Message.ticket_id == ticket.id)).one()
    made = forwards.forward(
        ticket.number, asked, to="repair@partner.test", text="Can you mend it?", files=[], hold=True, seen=asked, by=ana
    )
    outbox.deliver_waiting()
    assert (sink.mails, ticket.status) == ([], "on_hold")
    undo.withdraw(ticket.number, made.id, by=ana)
    with pretend(now() + 60 * SECONDS):
        outbox.deliver_waiting()
    db.session.rollback()
    assert (sink.mails, db.session.get_one(Ticket, ticket.id).status, drafts.mine(ana)) == ([], "new", [])


def test_an_answer_that_has_left_is_not_taken_back(ticket, ana):
    message = answered(ticket, ana, now() - HOUR)
    outbox.deliver_waiting()
    with pytest.raises(Conflict, match="It is too late"):
        undo.withdraw(ticket.number, message.id, by=ana)
    assert "reply_withdrawn" not in kinds()


def test_an_answer_that_a_worker_has_in_its_hands_is_not_taken_back(ticket, ana):
    message = answered(ticket, ana, now() - HOUR)
    assert outbox._claim() is not None
    with pytest.raises(Conflict, match="It is too late"):
        undo.withdraw(ticket.number, message.id, by=ana)


def test_nothing_is_taken_back_twice_or_by_somebody_else(ticket, ana, team):
    message = answered(ticket, ana, MONDAY)
    with pytest.raises(NotAllowed):
        taken_back(message, make_staff(teams=[team]), MONDAY + SECONDS)
    taken_back(message, ana, MONDAY + SECONDS)
    with pytest.raises(Conflict):
        taken_back(message, ana, MONDAY + SECONDS)


def test_of_taking_back_and_sending_exactly_one_wins(app, ana, ticket, sink, config):
    messages = [answered(ticket, ana, now() - HOUR) for _ in range(12)]
    number, ids, ana_id = ticket.number, [message.id for message in messages], ana.id

    def work(task):
        with app.app_context():
            try:
                return task()
            except Conflict:
                return False
            finally:
                db.session.remove()

    def back(message_id):
        from helpdesk.people.models import Person

        return undo.withdraw(number, message_id, by=db.session.get(Person, ana_id))

    with ThreadPoolExecutor(3) as pool:
        sender = pool.submit(work, outbox.deliver_waiting)
        won = [bool(work(lambda one=one: back(one))) for one in reversed(ids)]
        sender.result()
    outbox.deliver_waiting()
    states = {one.message_id: one.state for one in fresh(Delivery)}
    assert [states[one] for one in reversed(ids)] == ["withdrawn" if back else "sent" for back in won]
    assert len(sink.mails) == won.count(False)
    assert list(Oracle(config).wrong_deliveries(sink)) == []


class TestInThePage:
    pytestmark = pytest.mark.once

    @pytest.fixture
    def app(self, app):
        from helpdesk import web

        web.init_app(app)
        return app

    def test_the_text_and_the_files_come_back_into_the_composer(self, app, ticket, ana, sink):
        client = self.signed_in(app, ana)
        files = [File("terms.pdf", "application/pdf", b"%PDF")]
        message = desk.reply(ticket.number, text="My answer", by=ana, files=files)
        page = client.get(f"/tickets/{ticket.number}").text
        assert f'action="/tickets/{ticket.number}/messages/{message.id}/withdrawal"' in page
        answer = client.post(f"/tickets/{ticket.number}/messages/{message.id}/withdrawal")
        page = client.get(answer.location).text
        assert "\nMy answer</textarea>" in page
        file = message.attachments[0].id
        assert f'name="again" value="{file}" checked' in page
        client.post(f"/tickets/{ticket.number}/messages", data={"text": "Better", "again": [file]})
        with pretend(now() + MINUTE):
            outbox.deliver_waiting()
        assert [part.get_filename() for part in sink.mails[0].mail.iter_attachments()] == ["terms.pdf"]

    def test_a_file_of_somebody_elses_goes_along_with_nothing(self, app, ticket, ana, team):
        files = [File("terms.pdf", "application/pdf", b"%PDF")]
        message = desk.reply(ticket.number, text="My answer", by=ana, files=files)
        undo.withdraw(ticket.number, message.id, by=ana)
        other = self.signed_in(app, make_staff(teams=[team]))
        form = {"text": "x", "again": [message.attachments[0].id]}
        assert other.post(f"/tickets/{ticket.number}/messages", data=form).status_code == 404
        assert [one.kind for one in fresh(Message)] == ["received", "withdrawn"]

    def test_too_late_is_said_in_the_page(self, app, ticket, ana):
        message = answered(ticket, ana, now() - HOUR)
        outbox.deliver_waiting()
        client = self.signed_in(app, ana)
        answer = client.post(f"/tickets/{ticket.number}/messages/{message.id}/withdrawal")
        assert answer.status_code == 409
        assert "It is too late" in answer.text

    def signed_in(self, app, person):
        from helpdesk.services import sign_in
        from tests.web.conftest import Client

        app.config["WTF_CSRF_ENABLED"] = False
        app.test_client_class = Client
        client = app.test_client()
        client.post(sign_in.issue_link(person).removeprefix(app.config["HELPDESK"].base_url))
        return client
