"""The sheet of a shift and the board: as many statements for many offers as for a few."""

import pytest
from sqlalchemy import event

from helpdesk.services import desk, handover, intake
from helpdesk.services.database import db
from helpdesk.tickets.models import Ticket
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def offer(team):
    """Make so many offers, each of a customer's own ticket, from one colleague to another."""
    ana, bea = make_staff(teams=[team]), make_staff(teams=[team])
    box = make_mailbox(team)

    def offer(count):
        for _ in range(count):
            arrive(box, eml(sender=f"c{db.session.query(Ticket).count()}{_}@customer.test"))
        intake.file_waiting()
        for ticket in db.session.query(Ticket).filter(Ticket.owner_id.is_(None)):
            desk.take(ticket.number, by=ana)
            handover.offer(ticket.number, to=bea.id, note="Call back.", by=ana)
        return bea

    return offer


@pytest.fixture
def statements(app):
    """How many statements a page needs."""
    seen = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: seen.append(given[2]))

    def count(client, path):
        seen.clear()
        assert client.get(path).status_code == 200
        return len(seen)

    return count


def test_25_offers_need_no_more_statements_than_3(as_, team, offer, statements):
    bea, lead = as_(offer(3)), as_(make_staff("supervisor", teams=[team]))
    pages = ((bea, "/shift"), (lead, "/shift"), (lead, "/board"))
    few = [statements(client, path) for client, path in pages]
    offer(22)
    assert [statements(client, path) for client, path in pages] <= few
