"""References without a signature of ours, with a wrong, cut or foreign one, or 10,000 of them: a new ticket."""

import pytest
from sqlalchemy import func, select

from helpdesk.services import intake
from helpdesk.services.database import db
from helpdesk.services.store import settings
from helpdesk.tickets.models import Message, Ticket
from helpdesk.tickets.tokens import MAC, SECRET, fresh_secret, token
from tests.making import arrive, eml, make_mailbox, make_policy, make_team


@pytest.fixture
def mailbox(app):
    make_policy()
    return make_mailbox(make_team())


@pytest.fixture
def signed(mailbox):
    """The token of Marat's ticket; Olga has one as well."""
    comes(mailbox, eml(Message_ID="<asked@customer.test>"))
    comes(mailbox, eml(sender="Olga <olga@customer.test>", Message_ID="<olga@customer.test>"))
    return token(secret(1), settings().secret_key)


def comes(mailbox, raw):
    arrive(mailbox, raw)
    intake.file_waiting()


def secret(number):
    return db.session.scalar(select(Ticket.secret).where(Ticket.number == number))


def said():
    """How many messages came into each ticket."""
    query = select(Ticket.number, func.count()).join(Message).where(Message.direction == "in").group_by(Ticket.number)
    return {number: count for number, count in db.session.execute(query)}


WRONG = {
    "no HMAC": lambda signed: signed[:SECRET],
    "a cut HMAC": lambda signed: signed[:-1],
    "an HMAC cut to nothing much": lambda signed: signed[: SECRET + 1],
    "a wrong HMAC": lambda signed: signed[:-1] + ("a" if signed[-1] != "a" else "b"),
    "an empty HMAC": lambda signed: signed[:SECRET] + "a" * MAC,
    "a longer HMAC": lambda signed: signed + "a",
    "something before it": lambda signed: "a" + signed,
    "the HMAC of another key": lambda signed: token(signed[:SECRET], "other " * 8),
    "the HMAC of another ticket": lambda signed: signed[:SECRET] + token(secret(2), settings().secret_key)[SECRET:],
    "a secret of nobody's, rightly signed": lambda signed: token(fresh_secret(), settings().secret_key),
    "the number": lambda signed: "1",
    "the old ways": lambda signed: "ticket-1.1@helpdesk.test",
    "a pattern of the database": lambda signed: "%" * (SECRET + MAC),
}


@pytest.mark.parametrize("forge", WRONG.values(), ids=WRONG.keys())
def test_what_is_not_signed_by_us_for_this_ticket_opens_a_new_one(mailbox, signed, forge):
    bad = forge(signed)
    comes(mailbox, eml(In_Reply_To=f"<x.{bad}@helpdesk.example>", References=f"<x.{bad}@helpdesk.example> <{bad}@y>"))
    comes(mailbox, eml(to=f"support+{bad}@helpdesk.test", Delivered_To=f"support+{bad}@helpdesk.test"))
    assert said() == {1: 1, 2: 1, 3: 1, 4: 1}


def test_the_message_id_of_another_customers_mail_opens_a_new_one(mailbox, signed):
    comes(mailbox, eml(In_Reply_To="<olga@customer.test>", References="<olga@customer.test>"))
    assert said() == {1: 1, 2: 1, 3: 1}


def test_a_token_before_ten_thousand_references_is_not_looked_for(mailbox, signed):
    many = f"<x.{signed}@y> " + " ".join(f"<{number}@elsewhere.test>" for number in range(10_000))
    comes(mailbox, eml(References=many))
    assert said() == {1: 1, 2: 1, 3: 1}


def test_ten_thousand_wrong_tokens_open_one_new_ticket(mailbox, signed):
    bad = WRONG["a wrong HMAC"](signed)
    comes(mailbox, eml(References=" ".join(f"<{number}.{bad}@y>" for number in range(10_000))))
    assert said() == {1: 1, 2: 1, 3: 1}


@pytest.mark.parametrize("written", [str, str.upper])
def test_the_right_one_finds_its_ticket_in_whatever_case_it_comes_back(mailbox, signed, written):
    comes(mailbox, eml(In_Reply_To=f"<x.{written(signed)}@y>"))
    comes(mailbox, eml(to=f"support+{written(signed)}@helpdesk.test"))
    assert said() == {1: 3, 2: 1}
