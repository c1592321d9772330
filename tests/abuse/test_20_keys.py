"""Same Message-ID and another body, no Message-ID twice: different mails. The same raw mail twice: one."""

import pytest
from sqlalchemy import select

from helpdesk.channels.ledger import Inbox
from helpdesk.services import intake
from helpdesk.services.database import db
from helpdesk.tickets.models import Ticket
from tests.channels.mail.mails import make, seen
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team


def test_another_body_under_the_same_message_id_is_another_mail():
    first, second = seen(make("Раз")), seen(make("Два"))
    assert first.message_id == second.message_id
    assert first.key != second.key


def test_the_same_raw_mail_is_the_same():
    assert seen(make()).key == seen(make()).key


def test_without_message_id_the_body_tells_mails_apart():
    assert seen(make("Раз", Message_ID=None)).key != seen(make("Два", Message_ID=None)).key


@pytest.fixture
def mailboxes(app):
    """Two of ours; the setting of each is given."""
    make_policy()

    def made(first="each", second="each"):
        team = make_team()
        return [
            make_mailbox(team, address="support@helpdesk.test", settings={"copies": first}),
            make_mailbox(team, address="sales@helpdesk.test", settings={"copies": second}),
        ]

    return made


def tickets():
    intake.file_waiting()
    db.session.rollback()
    return len(db.session.scalars(select(Ticket)).all())


def copies(text="Hello.", **more):
    """The same mail as it came to either mailbox."""
    mail = eml(text=text, Message_ID="<one@customer.test>", **more)
    return b"Delivered-To: support@helpdesk.test\r\n" + mail, b"Delivered-To: sales@helpdesk.test\r\n" + mail


@pytest.mark.parametrize(
    ("first", "second", "expected"), [("each", "each", 2), ("first", "first", 1), ("each", "first", 1)]
)
@pytest.mark.parametrize("together", [True, False])
def test_a_mail_to_two_of_our_mailboxes_is_as_their_setting_says(mailboxes, first, second, expected, together):
    for mailbox, raw in zip(mailboxes(first, second), copies(), strict=True):
        arrive(mailbox, raw)
        if not together:
            tickets()
    assert tickets() == expected


def test_what_is_refused_as_a_copy_says_so_and_can_be_filed(mailboxes):
    for mailbox, raw in zip(mailboxes("first", "first"), copies(), strict=True):
        arrive(mailbox, raw)
    tickets()
    row = db.session.scalars(select(Inbox).where(Inbox.state == "refused")).one()
    assert row.reason == "copy"
    intake.file_as_ticket(row.id, by=make_staff("administrator"))
    assert tickets() == 2


def test_another_text_under_the_same_message_id_is_no_copy(mailboxes):
    first, second = mailboxes("first", "first")
    arrive(first, copies()[0])
    arrive(second, copies("Quite another thing.")[1])
    assert tickets() == 2
