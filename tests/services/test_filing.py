"""A contact becomes a ticket, a follow-up, or a refusal with a name."""

import pytest
from sqlalchemy import func, select

from helpdesk.channels.ledger import Inbox
from helpdesk.people.models import Person
from helpdesk.services import desk, history, intake
from helpdesk.services.database import db
from helpdesk.services.sending import _key
from helpdesk.services.store import settings
from helpdesk.tickets.models import Delivery, Event, Message, Ticket
from helpdesk.tickets.tokens import token
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team


@pytest.fixture
def team(app):
    make_policy()
    return make_team("Coupons")


@pytest.fixture
def mailbox(team):
    return make_mailbox(team)


@pytest.fixture
def ana(team):
    return make_staff(teams=[team], name="Ana")


def file(mailbox, raw, key=None):
    arrive(mailbox, raw, key=key)
    intake.file_waiting()
    return db.session.scalar(select(Inbox).order_by(Inbox.id.desc()).limit(1).execution_options(populate_existing=True))


def tickets():
    return db.session.scalars(select(Ticket).order_by(Ticket.number).execution_options(populate_existing=True)).all()


def test_a_mail_opens_a_numbered_ticket_of_the_mailbox_team(mailbox, team):
    row = file(mailbox, eml(subject="The coupon", text="It does not work."))
    (ticket,) = tickets()
    assert (row.state, row.ticket_id) == ("filed", ticket.id)
    assert (ticket.number, ticket.subject, ticket.team, ticket.status) == (1, "The coupon", team, "new")
    assert ticket.customer.contact("email").value == "marat@customer.test"
    assert ticket.messages[0].text == "It does not work."


def test_what_has_no_subject_is_called_by_as_many_first_words_as_fit(mailbox):
    for text in ("My film stops. " * 9, "x" * 100):
        file(mailbox, eml(subject="", text=text))
    assert set(db.session.scalars(select(Ticket.subject))) == {"My film stops. " * 5 + "My…", "x" * 79 + "…"}


def test_the_new_ticket_has_its_clocks_and_shows_the_nearest(mailbox):
    file(mailbox, eml())
    (ticket,) = tickets()
    assert ticket.due_kind == "first_response"
    assert (ticket.due_at - ticket.opened_at).total_seconds() == 3600


def test_filing_the_same_row_twice_changes_nothing(mailbox):
    row = file(mailbox, eml())
    intake.file_one(row.id)
    intake.file_waiting()
    assert len(tickets()) == 1
    assert db.session.scalar(select(func.count(Message.id)).where(Message.direction == "in")) == 1


def test_the_same_key_is_written_down_once(mailbox):
    raw = eml()
    assert arrive(mailbox, raw, key="7:1") is True
    assert arrive(mailbox, raw, key="7:1") is False


def answer_to(ticket, **more):
    return eml(text="And now?", In_Reply_To=f"<{_key(ticket, _mailbox_of(ticket), 'marat@customer.test')}>", **more)


def _mailbox_of(ticket):
    from helpdesk.channels.models import Channel

    return db.session.get(Channel, ticket.channel_id)


def test_the_customers_answer_lands_in_the_same_ticket(mailbox):
    file(mailbox, eml())
    file(mailbox, answer_to(tickets()[0]))
    (ticket,) = tickets()
    assert [message.kind for message in ticket.messages] == ["received", "acknowledgement", "received"]


def test_an_answer_to_the_reply_address_finds_its_ticket(mailbox):
    file(mailbox, eml())
    signed = token(tickets()[0].secret, settings().secret_key)
    file(mailbox, eml(to=f"support+{signed}@helpdesk.test", subject="Something else"))
    assert len(tickets()) == 1


def test_an_answer_reopens_what_was_solved(mailbox, ana):
    file(mailbox, eml())
    desk.solve(1, by=ana)
    file(mailbox, answer_to(tickets()[0]))
    (ticket,) = tickets()
    assert (ticket.status, ticket.open) == ("open", True)


def test_an_answer_to_a_closed_ticket_opens_a_new_one(mailbox, ana):
    file(mailbox, eml())
    desk.close(1, by=ana)
    file(mailbox, answer_to(tickets()[0]))
    assert [ticket.status for ticket in tickets()] == ["closed", "new"]


def test_a_strangers_answer_waits_for_approval_and_moves_nothing(mailbox, ana):
    file(mailbox, eml())
    desk.reply(1, text="Yes?", by=ana)
    file(mailbox, answer_to(tickets()[0], sender="stranger@elsewhere.test"))
    (ticket,) = tickets()
    assert ticket.messages[-1].kind == "unapproved"
    assert ticket.waiting_since is None
    desk.approve(1, ticket.messages[-1].id, by=ana)
    assert tickets()[0].waiting_since is not None


@pytest.mark.parametrize("forged", ["x" * 42, "a" * 42, "", "legacy-1"])
def test_a_wrong_token_opens_a_new_ticket(mailbox, forged):
    file(mailbox, eml())
    file(mailbox, eml(In_Reply_To=f"<1.{forged}@helpdesk.example>"))
    assert len(tickets()) == 2


def test_a_number_in_the_subject_is_no_key_to_a_ticket(mailbox):
    file(mailbox, eml())
    file(mailbox, eml(sender="stranger@elsewhere.test", subject="Re: [#1] The coupon"))
    assert len(tickets()) == 2


def test_a_mail_from_staff_without_a_token_is_an_ordinary_mail(mailbox, ana):
    file(mailbox, eml(sender="Ana <agent1@staff.test>"))
    assert tickets()[0].messages[0].kind == "received"


def test_the_follow_up_of_a_customer_to_their_own_mail_joins(mailbox):
    file(mailbox, eml(Message_ID="<one@customer.test>"))
    file(mailbox, eml(Message_ID="<two@customer.test>", References="<one@customer.test>"))
    assert len(tickets()) == 1


def test_a_foreign_reference_to_a_customers_mail_does_not_join(mailbox):
    file(mailbox, eml(Message_ID="<one@customer.test>"))
    file(mailbox, eml(sender="other@elsewhere.test", References="<one@customer.test>"))
    assert len(tickets()) == 2


def test_automatic_mail_is_refused_by_name_and_can_be_filed_by_hand(mailbox, team):
    lead = make_staff("supervisor", teams=[team])
    row = file(mailbox, eml(subject="Out of office", Auto_Submitted="auto-replied"))
    assert (row.state, row.reason) == ("refused", "automatic")
    intake.file_as_ticket(row.id, by=lead)
    intake.file_waiting()
    assert len(tickets()) == 1


REPORT = (
    b"From: mailer-daemon@mx.test\nTo: support@helpdesk.test\nSubject: Undelivered\nMIME-Version: 1.0\n"
    b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n--b\n'
    b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n"
    b"Final-Recipient: rfc822; gone@x.test\nAction: failed\nStatus: 5.1.1\n\n--b--\n"
)
REFUSED = {
    "bounce": REPORT,
    "own": eml(sender="support@helpdesk.test"),
    "empty": eml(subject="", text=""),
    "drop": b"Return-Path: <>\nSubject: Undelivered Mail Returned to Sender\n\nIt could not be delivered.\n",
}


@pytest.mark.parametrize("reason", REFUSED)
def test_whatever_it_was_refused_for_it_can_be_filed_by_hand(mailbox, team, reason):
    row = file(mailbox, REFUSED[reason])
    assert (row.state, row.reason) == ("refused", reason)
    intake.file_as_ticket(row.id, by=make_staff("supervisor", teams=[team]))
    intake.file_waiting()
    assert (len(tickets()), row.state) == (1, "filed")


def test_an_out_of_office_answer_moves_no_clock(mailbox, ana):
    file(mailbox, eml())
    desk.reply(1, text="Yes?", by=ana)
    file(mailbox, answer_to(tickets()[0], Auto_Submitted="auto-replied"))
    (ticket,) = tickets()
    assert ticket.messages[-1].kind == "automatic"
    assert ticket.waiting_since is None


def test_what_cannot_be_read_is_kept_as_poison(mailbox):
    row = file(mailbox, b"\0" * 100 + b"X: " + b"a" * 70_000 + b"\r\n\r\n")
    assert row.state in ("poison", "filed", "refused")
    deep = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(1000))
    assert file(mailbox, b"From: a@b.test\r\n" + deep).state == "poison"
    assert file(mailbox, eml()).state == "filed"


def test_the_acknowledgement_says_nothing_of_the_senders(mailbox):
    file(mailbox, eml(subject="Buy pills at evil.test", text="evil.test"))
    delivery = db.session.scalar(select(Delivery))
    message = db.session.get(Message, delivery.message_id)
    assert (delivery.kind, delivery.recipient) == ("acknowledgement", "marat@customer.test")
    assert "evil" not in message.text
    assert "1" in message.text


def test_one_address_is_acknowledged_once_a_day(mailbox):
    for _ in range(3):
        file(mailbox, eml())
    assert db.session.scalar(select(func.count(Delivery.id))) == 1
    assert len(tickets()) == 3


@pytest.mark.parametrize(
    "header", [{"Precedence": "bulk"}, {"List_Id": "<news.test>"}, {"Auto_Submitted": "auto-generated"}]
)
def test_machines_get_no_acknowledgement(mailbox, header):
    file(mailbox, eml(**header))
    assert db.session.scalar(select(func.count(Delivery.id))) == 0


def test_the_same_mail_under_another_uid_is_a_duplicate(mailbox):
    from helpdesk.services.ledger import accept
    from helpdesk.services.store import transaction

    raw = eml()
    for key in ("1:1", "2:1"):
        with transaction():
            accept(channel_id=mailbox.id, source="mail", key=key, raw=raw, content_key="same")
    intake.file_waiting()
    assert len(tickets()) == 1
    assert db.session.scalar(select(Inbox.reason).where(Inbox.key == "2:1")) == "duplicate"


def test_a_customer_is_one_person_however_they_spell_their_address(mailbox):
    file(mailbox, eml(sender="Marat <MARAT@customer.test>"))
    file(mailbox, eml(sender="marat@Customer.test"))
    assert db.session.scalar(select(func.count(Person.id)).where(Person.role.is_(None))) == 1


def test_every_history_holds_its_chain(mailbox, ana):
    file(mailbox, eml())
    desk.reply(1, text="Yes?", by=ana, then="pend")
    file(mailbox, answer_to(tickets()[0]))
    assert list(history.verify_all()) == []
    kinds = db.session.scalars(select(Event.kind).order_by(Event.seq)).all()
    assert kinds == ["opened", "acknowledged", "taken", "replied", "pended", "resumed", "received"]
