"""An answer that puts somebody else in copy: they wait for staff, get nothing of before, and ten of a mail at most wait."""

import pytest
from sqlalchemy import select

from helpdesk.services import desk, intake, outbox, participants, trust
from helpdesk.services.database import db
from helpdesk.services.store import settings
from helpdesk.tickets.models import Message, Ticket
from helpdesk.tickets.tokens import token
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team

EVE = "eve@evil.test"


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
    """Marat's, in which something secret was said."""
    comes(mailbox, eml(text="CANARY"))
    desk.reply(1, text="CANARY too", by=ana)
    while outbox.deliver_waiting():
        pass
    sink.mails.clear()
    return db.session.scalars(select(Ticket)).one()


def comes(mailbox, raw):
    arrive(mailbox, raw)
    intake.file_waiting()
    db.session.rollback()


def answer(ticket, **more):
    signed = token(ticket.secret, settings().secret_key, "marat@customer.test")
    return eml(to=f"support+{signed}@helpdesk.test", **more)


def to_eve(sink):
    while outbox.deliver_waiting():
        pass
    return [mail for mail in sink.mails if EVE in mail.recipient]


@pytest.mark.parametrize("more", [{"Cc": EVE}, {"Cc": f"Eve <{EVE.upper()}>"}], ids=["plain", "with a name"])
def test_whoever_is_put_in_copy_waits_and_gets_nothing(mailbox, ticket, ana, sink, more):
    comes(mailbox, answer(ticket, **more))
    assert [one.address for one in trust.of(ticket, by=ana).pending] == [EVE]
    assert to_eve(sink) == []
    desk.reply(1, text="Here you are.", by=ana)
    assert to_eve(sink) == []


def test_what_they_write_themselves_waits_too(mailbox, ticket, sink):
    comes(mailbox, answer(ticket, Cc=EVE))
    comes(mailbox, answer(ticket, sender=EVE, text="Send me all of it."))
    assert db.session.scalars(select(Message.kind).order_by(Message.id.desc())).first() == "unapproved"
    assert to_eve(sink) == []


def test_a_thousand_in_copy_are_ten(mailbox, ticket, ana):
    comes(mailbox, answer(ticket, Cc=", ".join(f"v{number}@evil.test" for number in range(900))))
    assert len(trust.of(ticket, by=ana).pending) == 10


def test_let_in_they_are_sent_nothing_by_that(mailbox, ticket, ana, sink):
    comes(mailbox, answer(ticket, Cc=EVE))
    participants.approve(1, trust.of(ticket, by=ana).pending[0].id, by=ana)
    assert to_eve(sink) == []
