"""Reply-To that leads to us, to a victim or to a list: no automatic mail goes there, and the requester stays who wrote."""

import pytest
from sqlalchemy import select

from helpdesk.services import intake
from helpdesk.services.database import db
from helpdesk.tickets.models import Delivery, Ticket
from tests.making import arrive, eml, make_mailbox, make_policy, make_team


@pytest.fixture
def mailbox(app):
    make_policy()
    return make_mailbox(make_team())


def comes(mailbox, **more):
    """Whom the ticket is for, and whom something was promised to."""
    arrive(mailbox, eml(**more))
    intake.file_waiting()
    db.session.rollback()
    customer = db.session.scalars(select(Ticket).order_by(Ticket.id.desc())).first().customer
    return customer.contact("email").value, db.session.scalars(select(Delivery.recipient)).all()


ELSEWHERE = {
    "our own mailbox": "support@helpdesk.test",
    "a reply address of ours": f"support+{'a' * 44}@helpdesk.test",
    "a victim": "Victim <victim@elsewhere.test>",
    "a list": "everybody@lists.elsewhere.test",
    "many": ", ".join(f"v{number}@elsewhere.test" for number in range(50)),
    "nobody": "<>",
}


@pytest.mark.parametrize("reply_to", ELSEWHERE.values(), ids=ELSEWHERE.keys())
def test_the_requester_stays_from_and_nothing_goes_elsewhere(mailbox, reply_to):
    assert comes(mailbox, Reply_To=reply_to) == ("marat@customer.test", ["marat@customer.test"])


@pytest.mark.parametrize("more", [{"List_Id": "<all.lists.test>"}, {"Precedence": "list"}])
def test_a_list_is_sent_nothing(mailbox, more):
    assert comes(mailbox, Reply_To="all@lists.test", **more)[1] == []


def test_a_robot_that_names_a_victim_makes_nobody_write_to_them(mailbox):
    assert comes(mailbox, sender="no-reply@form.test", Reply_To="victim@elsewhere.test")[1] == []


def test_a_mail_in_our_own_name_that_names_a_victim_makes_nobody_write_to_them(mailbox):
    assert comes(mailbox, sender="support@helpdesk.test", Reply_To="victim@elsewhere.test")[1] == []
