"""A batch of contacts is filed by as many statements as a few of them."""

import pytest
import structlog
from sqlalchemy import event, select

from helpdesk.services import intake
from helpdesk.services.database import db
from helpdesk.tickets.belonging import Belonging
from helpdesk.tickets.models import Message
from tests.making import arrive, eml, make_mailbox, make_policy, make_team


@pytest.fixture
def mailbox(app):
    make_policy()
    return make_mailbox(make_team())


@pytest.fixture
def filed(mailbox):
    """Files mails together; how many statements that took."""

    def file(mails):
        for raw in mails:
            arrive(mailbox, raw)
        seen = []
        event.listen(db.engine, "before_cursor_execute", lambda *given: seen.append(given[2]))
        intake.file_waiting()
        db.session.rollback()
        return len(seen)

    return file


def of_customers(people, **more):
    return [eml(sender=f"{one}@customer.test", **more) for one in people]


def test_mails_of_known_customers_with_others_in_copy_and_answers_to_unknown_mail(filed):
    few, many = [f"few{n}" for n in range(2)], [f"many{n}" for n in range(9)]
    filed(of_customers(few + many))
    headers = {"Cc": "olga@customer.test", "References": "<nobody@knows.test>"}
    assert filed(of_customers(few, **headers)) == filed(of_customers(many, **headers))


def test_answers_to_what_their_senders_wrote_before_and_within_the_batch(filed):
    (first,) = of_customers(["few"], Message_ID="<1@customer.test>")
    filed([first])
    filed([one for n in "ab" for one in of_customers(["few"], References="<1@customer.test>", subject=n, text=n)])
    filed(
        [
            *of_customers(["vera"], Message_ID="<3@customer.test>"),
            *of_customers(["vera"], Message_ID="<4@customer.test>", References="<3@customer.test>"),
            *of_customers(["vera"], References="<4@customer.test>"),
        ]
    )
    talks = db.session.execute(select(Message.ticket_id, Message.kind).where(Message.direction == "in")).all()
    assert sorted(talks) == [(1, "received")] * 3 + [(2, "received")] * 3


def test_new_tickets_that_perhaps_belong_to_another_one_are_filed_together(filed):
    filed(of_customers(["few"], Message_ID="<1@customer.test>"))
    with structlog.testing.capture_logs() as lines:
        filed(of_customers(["eve", "vera", "ida"], References="<1@customer.test>"))
    assert lines == []
    assert db.session.scalars(select(Belonging.why)).all() == ["foreign"] * 3
