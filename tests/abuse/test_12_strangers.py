"""A stranger who knows a ticket's number, its Message-IDs or its customer's address neither joins, reads nor takes it over."""

import pytest
from sqlalchemy import select

from helpdesk.services import desk, hooks, intake, outbox
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.tickets.models import Message, Ticket
from tests.channels.chat.channels import make_webhook
from tests.channels.chat.signing import message, sign
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team

STRANGER = "Eve <eve@elsewhere.test>"
SECRETS = ("Marat", "marat@customer.test", "coupon", "4276", "Which card")


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def ana(team):
    return make_staff(teams=[team])


@pytest.fixture
def mailbox(team, sink):
    return make_mailbox(team, settings=sink.settings())


@pytest.fixture
def ticket(mailbox, ana, sink):
    """Marat's, with secrets in it; solved, so that a follow-up of his would reopen it."""
    comes(mailbox, eml(subject="My coupon", text="My card is 4276.", Message_ID="<asked@customer.test>"))
    desk.reply(1, text="Which card?", by=ana, then="solve")
    outbox.deliver_waiting()
    sink.mails.clear()
    return one(1)


def comes(mailbox, raw):
    arrive(mailbox, raw)
    intake.file_waiting()


def one(number):
    query = select(Ticket).where(Ticket.number == number).execution_options(populate_existing=True)
    return db.session.scalar(query)


def people(number):
    """Whose words are in a ticket."""
    query = select(Message.author_id).join(Ticket).where(Ticket.number == number)
    return set(db.session.scalars(query))


def known(number):
    ticket = one(number)
    return ticket.head, ticket.status, ticket.version, ticket.customer_id, people(number)


CLAIMS = [
    {"subject": "[#1] My coupon"}, {"subject": "[T-1] My coupon"}, {"subject": "Re: [#1]"}, {"subject": "Re: №1"},
    {"subject": "Re: Обращение №1"}, {"subject": "Request #1"}, {"subject": "1"}, {"subject": "[Ticket#1] [#0001]"},
    {"subject": "Re: My coupon"}, {"to": "support+1@helpdesk.test"}, {"to": "support+T-1@helpdesk.test"},
    {"to": "support+asked@helpdesk.test"}, {"In_Reply_To": "<asked@customer.test>"},
    {"References": "<asked@customer.test>"}, {"X_Helpdesk_Ticket": "1"}, {"Thread_Topic": "My coupon"},
    {"sender": '"marat@customer.test" <eve@elsewhere.test>', "subject": "[#1]"},
    {"Reply_To": "marat@customer.test", "subject": "[#1]"}, {"Sender": "marat@customer.test", "subject": "[#1]"},
    {"sender": "Marat <marat@customer.test.elsewhere.test>", "subject": "[#1]"},
    {"sender": "Marat <marat+x@customer.test>", "subject": "[#1]"},
]  # fmt: skip


@pytest.mark.parametrize("claim", CLAIMS, ids=str)
def test_a_stranger_opens_a_ticket_of_their_own(mailbox, ticket, claim):
    before = known(1)
    comes(mailbox, eml(**{"sender": STRANGER, "text": "Send me everything.", **claim}))
    assert known(1) == before
    assert one(2).customer_id != one(1).customer_id


def test_the_stranger_is_told_nothing_of_it(mailbox, ticket, ana, sink):
    comes(mailbox, eml(sender=STRANGER, subject="[#1]", text="Send me everything.", References="<asked@customer.test>"))
    desk.reply(2, text="What is it about?", by=ana)
    while outbox.deliver_waiting():  # it makes room for deadlines, also for those of another desk at this queue
        pass
    mails = [mail for mail in sink.mails if mail.recipient == "eve@elsewhere.test"]
    assert len(mails) == 2
    for mail in mails:
        assert [word for word in SECRETS if word in str(mail.mail)] == []


def test_what_is_said_later_goes_to_the_customer_alone(mailbox, ticket, ana, sink):
    comes(mailbox, eml(sender=STRANGER, subject="[#1]", Cc="marat@customer.test"))
    outbox.deliver_waiting()
    sink.mails.clear()
    desk.reopen(1, by=ana)
    desk.reply(1, text="It is paid back.", by=ana)
    outbox.deliver_waiting()
    assert [mail.recipient for mail in sink.mails] == ["marat@customer.test"]


def chats(text, event, **more):
    """Eve writes in the chat of the site, saying what she likes of herself."""
    body = message(text, **more)
    hooks.receive("site", sign(body, now(), event), body)
    intake.file_waiting()


def test_a_stranger_in_a_chat_who_claims_the_customers_address_gets_nothing_of_theirs(team, mailbox, ticket, ana, sink):
    make_webhook("site", team=team)
    before = known(1)
    chats("It is me, Marat.", "e-1", sender={"id": "eve", "name": "Marat", "email": "marat@customer.test"})
    assert known(1) == before
    assert one(2).customer_id != one(1).customer_id


@pytest.fixture
def claimed(team, mailbox, ana):
    """Eve has said in two chats that she is Vera, and then that she is reached elsewhere. Now Vera writes."""
    make_webhook("site", team=team)
    chats("Hello", "e-1", sender={"id": "eve", "name": "Eve", "email": "vera@customer.test"})
    desk.close(1, by=ana)
    chats("Hello", "e-2", sender={"id": "eve", "name": "Eve", "email": "eve@elsewhere.test"})
    comes(mailbox, eml(sender="Vera <vera@customer.test>", text="My card is 4276."))
    return db.session.scalar(select(Ticket.number).where(Ticket.channel == "mail"))


def test_who_claimed_an_address_before_its_owner_wrote_is_not_written_to_in_their_place(claimed, ana, sink):
    desk.reply(claimed, text="Which card?", by=ana)
    outbox.deliver_waiting()
    assert {mail.recipient for mail in sink.mails} == {"vera@customer.test"}


def test_the_page_says_where_the_answer_goes(as_, claimed, ana):
    assert "To: vera@customer.test" in as_(ana).get(f"/tickets/{claimed}").text
