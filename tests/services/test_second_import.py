"""A later import goes on with talks that an earlier one brought in, and leaves alone what has been taken up since."""

import pytest
from sqlalchemy import func, select

from helpdesk.services import desk
from helpdesk.services.database import db
from helpdesk.tickets.models import Message, Ticket
from tests.archives import bring_in, mbox, old
from tests.making import make_mailbox, make_staff, make_team


@pytest.fixture
def team(app):
    return make_team()


def test_it_leaves_a_ticket_open_that_staff_have_reopened(team, tmp_path):
    support, ana = make_mailbox(team), make_staff(teams=[team])
    bring_in(support, mbox(tmp_path / "a", old(1)))
    desk.reopen(db.session.scalar(select(Ticket.number)), by=ana)
    bring_in(support, mbox(tmp_path / "b", old(2, answers=[1])))
    ticket = db.session.scalar(select(Ticket).execution_options(populate_existing=True))
    assert (ticket.status, ticket.solved_at) == ("open", None)
    assert db.session.scalar(select(func.count()).select_from(Message)) == 2
