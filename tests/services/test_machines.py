"""What machines write about our mails lands on their tickets, under its name, and moves nothing."""

import pytest
from sqlalchemy import select

from helpdesk.services import desk, intake
from helpdesk.services.database import db
from helpdesk.services.store import settings
from helpdesk.tickets.models import Delivery, Ticket
from helpdesk.tickets.tokens import token
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team

NOTIFICATION = (
    "Content-Type: message/disposition-notification\r\n\r\n"
    "Original-Message-ID: <{id}>\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n"
)
COMPLAINT = (
    "Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n\r\n"
    "--edge\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{id}>\r\n"
)


@pytest.fixture
def mailbox(app):
    make_policy()
    return make_mailbox(make_team())


@pytest.fixture
def ticket(mailbox):
    """A solved ticket."""
    arrive(mailbox, eml())
    intake.file_waiting()
    ticket = db.session.scalar(select(Ticket))
    desk.reply(ticket.number, text="Done.", by=make_staff(teams=[ticket.team]), then="solve")
    return ticket


def report(kind, part, ticket):
    """A report that names a mail of ours within, and nowhere else."""
    known = f"1.{token(ticket.secret, settings().secret_key)}@helpdesk.test"
    body = f"--edge\r\nContent-Type: text/plain\r\n\r\nSee below.\r\n--edge\r\n{part.format(id=known)}\r\n--edge--\r\n"
    raw = eml(subject="Report", text=body)
    return raw.replace(b"text/plain; charset=utf-8", f"multipart/report; report-type={kind}; boundary=edge".encode(), 1)


CASES = {
    "receipt": ("disposition-notification", NOTIFICATION),
    "abuse": ("feedback-report", COMPLAINT),
}


@pytest.mark.parametrize("nature", CASES)
def test_a_report_on_a_mail_of_ours_lands_on_its_ticket_by_name(mailbox, ticket, nature):
    arrive(mailbox, report(*CASES[nature], ticket))
    intake.file_waiting()
    last = ticket.messages[-1]
    assert (last.kind, last.facts["nature"]) == ("automatic", nature)


@pytest.mark.parametrize("nature", CASES)
def test_a_report_reopens_nothing_and_is_not_answered(mailbox, ticket, nature):
    before = len(db.session.scalars(select(Delivery)).all())
    arrive(mailbox, report(*CASES[nature], ticket))
    intake.file_waiting()
    assert (ticket.status, ticket.waiting_since) == ("solved", None)
    assert len(db.session.scalars(select(Delivery)).all()) == before
