"""Contacts are filed in batches; whatever happens in one, each contact fares as if it had come alone."""

import sys
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from helpdesk.channels.ledger import Inbox
from helpdesk.channels.mail.apart import Missing
from helpdesk.people.models import Person
from helpdesk.services import history, intake
from helpdesk.services.database import db
from helpdesk.services.ledger import accept
from helpdesk.services.store import transaction
from helpdesk.tickets.models import Delivery, Ticket
from tests.making import arrive, eml, make_mailbox, make_policy, make_team


@pytest.fixture
def mailbox(app):
    make_policy()
    return make_mailbox(make_team())


def count(kind, *conditions):
    return db.session.scalar(select(func.count()).select_from(kind).where(*conditions))


def states():
    rows = db.session.scalars(select(Inbox).order_by(Inbox.id).execution_options(populate_existing=True))
    return [row.state for row in rows]


def odd(mailbox):
    """A contact that can be read but not filed: what its source noted down beside it makes no sense."""
    with transaction():
        accept(channel_id=mailbox.id, source="mail", key="odd", raw=eml(), facts={"recipients": [None]})


def test_what_cannot_be_filed_is_poison_and_takes_no_neighbour_along(mailbox):
    arrive(mailbox, eml())
    odd(mailbox)
    arrive(mailbox, eml())
    intake.file_waiting()
    assert states() == ["filed", "poison", "filed"]
    assert list(db.session.scalars(select(Ticket.number).order_by(Ticket.number))) == [1, 2]


def test_what_is_refused_or_unreadable_stops_no_neighbour(mailbox):
    arrive(mailbox, eml(Auto_Submitted="auto-replied"))
    arrive(mailbox, b"Subject:\r\n\r\n")
    arrive(mailbox, eml())
    intake.file_waiting()
    assert states() == ["refused", "refused", "filed"]


def test_a_mail_that_burns_is_poison_and_stops_no_neighbour(app, mailbox):
    app.config["HELPDESK"] = replace(app.config["HELPDESK"], read_seconds=0.1)
    arrive(mailbox, eml())
    arrive(mailbox, eml(text="<b><i>a</i></b>" * 200_000).replace(b"text/plain", b"text/html"))
    arrive(mailbox, eml())
    intake.file_waiting()
    assert states() == ["filed", "poison", "filed"]
    assert count(Inbox, Inbox.reason.contains("than HELPDESK_READ_SECONDS allows")) == 1


def test_where_no_mail_can_be_read_apart_none_is_tried(app, mailbox, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    app.config["HELPDESK"] = replace(app.config["HELPDESK"], read_seconds=4.0)
    for _ in range(2):
        arrive(mailbox, eml())
    with pytest.raises(Missing):
        intake.file_waiting()
    assert count(Inbox, Inbox.state == "received", Inbox.attempts == 0) == 2


def test_two_mails_of_somebody_new_are_of_one_person(mailbox):
    for _ in range(2):
        arrive(mailbox, eml())
    intake.file_waiting()
    assert count(Person, Person.role.is_(None)) == 1


def test_a_second_mail_joins_the_first_though_both_came_together(mailbox):
    arrive(mailbox, eml(Message_ID="<one@customer.test>"))
    arrive(mailbox, eml(Message_ID="<two@customer.test>", References="<one@customer.test>"))
    intake.file_waiting()
    (ticket,) = db.session.scalars(select(Ticket))
    assert [message.kind for message in ticket.messages] == ["received", "acknowledgement", "received"]


def test_one_address_is_acknowledged_once_though_all_came_together(mailbox):
    for _ in range(3):
        arrive(mailbox, eml())
    intake.file_waiting()
    assert (count(Delivery), count(Ticket)) == (1, 3)


def test_numbers_have_no_gaps_whatever_was_refused_between(mailbox):
    for refused in (False, True, False):
        arrive(mailbox, eml(**({"Auto_Submitted": "auto-replied"} if refused else {})))
    intake.file_waiting()
    arrive(mailbox, eml())
    intake.file_waiting()
    assert list(db.session.scalars(select(Ticket.number).order_by(Ticket.number))) == [1, 2, 3]


def test_a_large_mail_is_filed_by_itself(mailbox):
    arrive(mailbox, eml(text="x" * 2 * intake.BATCH_SIZE))
    for _ in range(3):
        arrive(mailbox, eml())
    intake.file_waiting()
    assert states() == ["filed"] * 4
    assert history.verify_all() == []


def test_the_log_of_what_cannot_be_filed_says_why_and_nothing_that_was_written(mailbox, capsys):
    with transaction():
        raw = eml(text="Nobody else may read this.")
        accept(channel_id=mailbox.id, source="mail", key="odd", raw=raw, facts={"recipients": [None]})
    intake.file_waiting()
    said = capsys.readouterr().err
    assert "intake.poison" in said
    assert "TypeError" in said
    assert "Nobody else" not in said
