"""What bears an old, foreign or broken token opens a ticket that perhaps belongs to another; staff decide."""

import pytest
from sqlalchemy import select, update

from helpdesk.channels.ledger import Inbox
from helpdesk.errors import Conflict, NotFound
from helpdesk.services import belongings, desk, history, intake
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.services.store import settings, transaction
from helpdesk.sla.models import Clock
from helpdesk.tickets.belonging import Belonging
from helpdesk.tickets.models import Delivery, Ticket
from helpdesk.tickets.tokens import token
from tests.differing import differing_clocks
from tests.making import HOUR, arrive, eml, make_mailbox, make_policy, make_staff, make_team
from tests.oracle import Oracle

EVE = "eve@elsewhere.test"


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def ana(team):
    return make_staff(teams=[team])


@pytest.fixture
def mailbox(team):
    return make_mailbox(team)


@pytest.fixture
def ticket(mailbox):
    comes(mailbox, eml(Message_ID="<asked@customer.test>"))
    return one(1)


def comes(mailbox, *mails):
    for raw in mails:
        arrive(mailbox, raw)
    intake.file_waiting()
    db.session.rollback()


def one(number):
    return db.session.scalar(select(Ticket).where(Ticket.number == number).execution_options(populate_existing=True))


def signed(ticket, addressee=""):
    return token(ticket.secret, settings().secret_key, addressee)


def offered():
    rows = db.session.scalars(select(Belonging).order_by(Belonging.id))
    return [(row.ticket.number, row.other.number, row.why) for row in rows]


WRONG = {
    "old": lambda ticket: {"to": f"support+{signed(ticket)}@helpdesk.test"},
    "foreign": lambda ticket: {"References": f"<x.{signed(ticket, 'marat@customer.test')}@y> <z@elsewhere.test>"},
    "broken": lambda ticket: {"In_Reply_To": f"<x.{signed(ticket, 'marat@customer.test')[:-3]}@y>"},
}


@pytest.mark.parametrize("why", WRONG)
def test_it_is_linked_and_says_why(mailbox, ticket, ana, why):
    comes(mailbox, eml(sender=EVE, **WRONG[why](ticket)))
    assert offered() == [(2, 1, why)]
    assert [row.why for row in belongings.suggestions(ticket, by=ana)] == [why]


def test_a_forged_mac_on_a_real_secret_is_broken(mailbox, ticket):
    comes(mailbox, eml(sender=EVE, to=f"support+{ticket.secret}{'a' * 18}@helpdesk.test"))
    assert offered() == [(2, 1, "broken")]


def test_an_answer_to_somebody_elses_mail_is_linked_to_its_ticket(mailbox, ticket):
    comes(mailbox, eml(sender=EVE, References="<asked@customer.test>"))
    assert offered() == [(2, 1, "foreign")]


def test_an_answer_to_what_is_closed_is_linked(mailbox, ticket, ana):
    desk.close(1, by=ana)
    comes(mailbox, eml(to=f"support+{signed(ticket, 'marat@customer.test')}@helpdesk.test"))
    assert offered() == [(2, 1, "closed")]


def test_a_mail_that_answers_nothing_is_linked_to_nothing(mailbox, ticket):
    comes(mailbox, eml(sender=EVE, subject="Re: [#1] The coupon", In_Reply_To="<x.aaaa@y>"))
    assert offered() == []


@pytest.fixture
def two(mailbox, ticket, ana):
    """Marat's ticket, answered, and Eve's that perhaps belongs to it."""
    desk.reply(1, text="Which coupon?", by=ana)
    comes(mailbox, eml(sender=EVE, text="The blue one.", **WRONG["broken"](ticket)))


def test_joined_its_words_are_in_the_other_ticket_which_waits_for_an_answer(two, ana):
    other = belongings.join(2, by=ana)
    moved = [message for message in one(1).messages if message.text == "The blue one."]
    assert [(message.kind, message.author.name) for message in moved] == [("received", EVE)]
    assert (other.number, one(1).waiting_since, one(1).preview) == (1, moved[0].at, "The blue one.")


def test_joined_it_is_closed_counts_nowhere_and_the_answer_is_owed_once(two, ana):
    belongings.join(2, by=ana)
    states = {(clock.ticket_id, clock.kind): clock.state for clock in db.session.scalars(select(Clock))}
    assert (one(2).status, one(2).voided["into"]) == ("closed", 1)
    assert {state for (ticket, _), state in states.items() if ticket == one(2).id} == {"void"}
    assert states[one(1).id, "answer"] == "running"


def test_the_answer_is_owed_from_when_it_was_written(two, ana):
    with pretend(now() + 3 * HOUR):
        belongings.join(2, by=ana)
        (clock,) = db.session.scalars(select(Clock).where(Clock.ticket_id == one(1).id, Clock.kind == "answer"))
    assert (clock.started_at, clock.state) == (one(2).opened_at, "missed")


def clocks_of(ticket):
    """The clocks of an answer, by their state."""
    rows = db.session.scalars(select(Clock).where(Clock.ticket_id == ticket.id, Clock.kind == "answer"))
    return [clock.state for clock in rows]


def test_what_was_answered_before_it_was_joined_is_answered_there_too(two, ana):
    desk.reply(2, text="That one is fine.", by=ana)
    outbox_is_empty()
    with pretend(now() + 3 * HOUR):
        belongings.join(2, by=ana)
    moved = [(message.kind, message.text) for message in one(1).messages][-2:]
    assert moved == [("received", "The blue one."), ("reply", "That one is fine.")]
    assert (clocks_of(one(1)), one(1).waiting_since) == (["met"], None)


def test_what_was_answered_in_the_other_ticket_meanwhile_waits_for_nothing(two, ana):
    desk.reply(1, text="The blue one?", by=ana)
    belongings.join(2, by=ana)
    assert (clocks_of(one(1)), one(1).waiting_since) == (["met"], None)


def test_an_answer_that_can_still_be_taken_back_is_not_moved(two, ana):
    desk.reply(2, text="That one is fine.", by=ana)
    with pytest.raises(Conflict, match="has not left yet"):
        belongings.join(2, by=ana)


def outbox_is_empty():
    with transaction():
        db.session.execute(update(Delivery).values(state="sent"))


def test_what_the_sender_writes_next_counts_in_the_joined_ticket(mailbox, two, ana):
    belongings.join(2, by=ana)
    comes(mailbox, eml(sender=EVE, to=f"support+{signed(one(1), 'marat@customer.test')}@helpdesk.test"))
    assert one(1).messages[-1].kind == "received"


def test_an_answer_to_a_mail_of_the_ticket_that_was_moved_comes_to_where_it_is_now(mailbox, two, ana):
    belongings.join(2, by=ana)
    comes(mailbox, eml(sender=EVE, to=f"support+{signed(one(2), EVE)}@helpdesk.test", text="And?"))
    assert (one(1).messages[-1].text, one(1).messages[-1].kind, one(3)) == ("And?", "received", None)


def test_moved_on_it_comes_to_where_it_is_now(mailbox, two, ana):
    belongings.join(2, by=ana)
    outbox_is_empty()
    comes(mailbox, eml(sender="vera@elsewhere.test"))
    with transaction():
        db.session.add(Belonging(ticket=one(1), other=one(3), why="broken", state="offered", offered_at=now()))
    belongings.join(1, by=ana)
    comes(mailbox, eml(sender=EVE, to=f"support+{signed(one(2), EVE)}@helpdesk.test", text="And?"))
    assert one(3).messages[-1].text == "And?"


def test_what_perhaps_belongs_to_a_ticket_that_was_moved_is_linked_to_where_it_is_now(mailbox, two, ana):
    belongings.join(2, by=ana)
    comes(mailbox, eml(sender="vera@elsewhere.test", **WRONG["broken"](one(2))))
    assert offered()[-1] == (3, 1, "broken")


def test_what_comes_to_junk_is_linked_to_nothing(mailbox, ticket, ana):
    desk.junk(1, by=ana)
    comes(mailbox, eml(to=f"support+{signed(ticket, 'marat@customer.test')}@helpdesk.test"))
    assert (offered(), one(2).status) == ([], "new")


@pytest.mark.parametrize("rest", ["pend", "solve", "close"])
def test_joined_to_what_was_put_to_rest_it_is_open_again(two, ana, rest):
    getattr(desk, rest)(1, by=ana)
    belongings.join(2, by=ana)
    assert (one(1).status, one(1).waiting_since is not None) == ("open", True)


def test_joined_to_what_is_junk_it_is_not(two, ana):
    desk.junk(1, by=ana)
    with pytest.raises(Conflict):
        belongings.join(2, by=ana)
    assert one(2).status == "new"


def test_dismissed_both_tickets_stay_and_nothing_is_offered_any_more(two, ana):
    belongings.dismiss(2, by=ana)
    assert list(belongings.suggestions(one(1), by=ana)) == []
    assert one(2).status == "new"
    with pytest.raises(Conflict):
        belongings.join(2, by=ana)


def test_whoever_may_not_see_one_of_them_joins_nothing(two, ana, team):
    desk.change_team(1, to=make_team().id, by=ana)
    with pytest.raises(NotFound):
        belongings.join(2, by=ana)


def test_histories_and_clocks_are_whole_afterwards(app, config, two, ana):
    desk.solve(1, by=ana)
    belongings.join(2, by=ana)
    db.session.rollback()
    assert (history.verify_all(), differing_clocks(), Oracle(config).problems()) == ([], [], [])


def test_files_come_along(mailbox, ticket, ana):
    with_file = (
        b"From: eve@elsewhere.test\r\nTo: support@helpdesk.test\r\nSubject: x\r\nReferences: <asked@customer.test>\r\n"
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSee there.\r\n'
        b'--b\r\nContent-Type: text/plain; name="a.txt"\r\nContent-Disposition: attachment; filename="a.txt"\r\n\r\n'
        b"content\r\n--b--\r\n"
    )
    comes(mailbox, with_file)
    belongings.join(2, by=ana)
    assert [file.filename for file in one(1).messages[-1].attachments] == ["a.txt"]
    assert db.session.scalars(select(Inbox.state)).all() == ["filed", "filed"]
