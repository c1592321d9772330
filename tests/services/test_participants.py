"""Whom a mail names beside us waits for staff to let them in; only then they take part."""

import pytest
from sqlalchemy import select

from helpdesk.errors import NotFound
from helpdesk.services import desk, intake, participants, trust
from helpdesk.services.database import db
from helpdesk.services.store import settings
from helpdesk.tickets.models import Message, Ticket
from helpdesk.tickets.participants import Participant
from helpdesk.tickets.tokens import token
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def mailbox(team):
    return make_mailbox(team)


@pytest.fixture
def ana(team):
    return make_staff(teams=[team], email="ana@staff.test")


def comes(mailbox, *mails):
    for raw in mails:
        arrive(mailbox, raw)
    intake.file_waiting()
    db.session.rollback()


def ticket():
    return db.session.scalars(select(Ticket).order_by(Ticket.id)).first()


def answer(**more):
    return eml(
        to=f"support+{token(ticket().secret, settings().secret_key, 'marat@customer.test')}@helpdesk.test", **more
    )


def named():
    """Addresses and states, in order."""
    rows = db.session.scalars(select(Participant).order_by(Participant.id).execution_options(populate_existing=True))
    return [(one.address, one.state) for one in rows]


def test_who_is_in_copy_waits(mailbox, ana):
    comes(mailbox, eml(Cc="Olga <Olga@Customer.test>, support@helpdesk.test"))
    assert named() == [("olga@customer.test", "pending")]
    assert trust.of(ticket(), by=ana).approved == []


def test_who_is_let_in_takes_part_and_their_mail_counts(mailbox, ana):
    comes(mailbox, eml(Cc="olga@customer.test"))
    (olga,) = trust.of(ticket(), by=ana).pending
    participants.approve(1, olga.id, by=ana)
    comes(mailbox, answer(sender="olga@customer.test"))
    assert [one.address for one in trust.of(ticket(), by=ana).approved] == ["olga@customer.test"]
    assert db.session.scalars(select(Message.kind).order_by(Message.id.desc())).first() == "received"


@pytest.mark.parametrize("decided", [False, True])
def test_who_waits_or_is_kept_out_writes_in_vain_until_approved(mailbox, ana, decided):
    comes(mailbox, eml(Cc="olga@customer.test"))
    if decided:
        participants.refuse(1, trust.of(ticket(), by=ana).pending[0].id, by=ana)
    comes(mailbox, answer(sender="olga@customer.test"))
    assert db.session.scalars(select(Message.kind).order_by(Message.id.desc())).first() == "unapproved"


def test_one_mail_names_ten_and_each_of_them_once(mailbox):
    many = ", ".join(f"p{number}@customer.test" for number in range(15))
    comes(mailbox, eml(Cc=f"{many}, {many}"))
    comes(mailbox, answer(Cc="p1@customer.test, p14@customer.test"))
    assert [address for address, _ in named()] == [f"p{number}@customer.test" for number in (*range(10), 14)]


def test_mails_filed_together_name_each_person_once(mailbox):
    comes(mailbox, eml(Message_ID="<first@customer.test>"))
    comes(mailbox, answer(Cc="olga@customer.test"), answer(Cc="olga@customer.test, vera@customer.test"))
    assert [address for address, _ in named()] == ["olga@customer.test", "vera@customer.test"]


def test_neither_we_nor_the_customer_nor_colleagues_are_named(mailbox, ana):
    make_mailbox(make_team(), address="sales@helpdesk.test")
    comes(mailbox, eml(Cc="marat@customer.test, sales@helpdesk.test, ana@staff.test, support+x@helpdesk.test"))
    assert named() == []


def test_another_name_of_the_mailbox_is_nobody(mailbox):
    comes(mailbox, eml(to="info@brand.test", Cc="Olga <olga@customer.test>"))
    assert named() == [("olga@customer.test", "pending")]


def test_what_a_stranger_names_is_not_taken_down(mailbox):
    comes(mailbox, eml())
    comes(mailbox, answer(sender="eve@elsewhere.test", Cc="mallory@elsewhere.test"))
    assert named() == []


def test_what_a_stranger_names_is_taken_down_once_their_message_is_approved(mailbox, ana):
    comes(mailbox, eml())
    comes(mailbox, answer(sender="eve@elsewhere.test", Cc="Vera <vera@elsewhere.test>, marat@customer.test"))
    desk.approve(1, ticket().messages[-1].id, by=ana)
    assert named() == [("vera@elsewhere.test", "pending")]


def test_a_participant_of_another_ticket_is_not_found(mailbox, ana):
    comes(mailbox, eml(Cc="olga@customer.test"), eml(sender="vera@customer.test"))
    with pytest.raises(NotFound):
        participants.approve(2, db.session.scalar(select(Participant.id)), by=ana)


def test_the_history_says_who_let_them_in(mailbox, ana):
    comes(mailbox, eml(Cc="olga@customer.test"))
    participants.approve(1, db.session.scalar(select(Participant.id)), by=ana)
    (event,) = [one for one in ticket().events if one.kind == "participant_approved"]
    assert (event.actor_id, event.facts) == (ana.id, {"address": "olga@customer.test"})
