"""A thousand mails in the names of others: at most one acknowledgement each, none of the sender's words in it, and a cap."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from helpdesk.channels.mail.compose import compose
from helpdesk.services import health, intake, letters
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.tickets.models import Delivery, Ticket
from tests.making import HOUR, arrive, eml, make_mailbox, make_team

SPAM = "Buy-Cheap-Watches"


@pytest.fixture
def mailbox(app):
    return make_mailbox(make_team())


@pytest.fixture
def capped(app):
    """At most 20 acknowledgements an hour."""
    app.config["HELPDESK"] = replace(app.config["HELPDESK"], acknowledgements=20)


def flood(mailbox, mails):
    for number in range(mails):
        arrive(mailbox, eml(f'"{SPAM}" <victim{number}@other.test>', subject=SPAM, text=f"{SPAM} http://evil.test"))
    intake.file_waiting()
    db.session.rollback()


def count(kind):
    return db.session.scalar(select(func.count()).select_from(kind))


def test_an_acknowledgement_has_no_word_of_the_senders(mailbox):
    flood(mailbox, 1)
    delivery = db.session.scalars(select(Delivery)).one()
    raw = compose(letters.letter_of(delivery, mailbox))
    assert SPAM.encode() not in raw
    assert b"evil" not in raw


def test_a_name_that_is_used_again_and_again_is_written_to_once_a_day(mailbox):
    for _ in range(3):
        flood(mailbox, 10)
    assert (count(Ticket), count(Delivery)) == (30, 10)
    with pretend(now() + 25 * HOUR):
        flood(mailbox, 10)
    assert count(Delivery) == 20


def test_all_together_get_no_more_than_the_cap_within_an_hour(mailbox, capped):
    flood(mailbox, 60)
    assert (count(Ticket), count(Delivery)) == (60, 20)


def test_the_next_hour_has_room_again(mailbox, capped):
    flood(mailbox, 30)
    with pretend(now() + HOUR):
        arrive(mailbox, eml("new@other.test"))
        intake.file_waiting()
    assert count(Delivery) == 21


def test_the_doctor_says_how_many_went_out_and_that_the_cap_was_reached(mailbox, capped):
    flood(mailbox, 5)
    assert found() == ("ok", "5 of at most 20 in the last hour")
    flood(mailbox, 60)
    assert found() == ("warn", "20 of at most 20 in the last hour: new customers get none")


def found():
    return next((one.state, one.what) for one in health.examine() if one.part == "acknowledgements")
