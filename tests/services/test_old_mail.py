"""A mail counts from when our server got it; what is old, or was there before us, is not acknowledged."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select

from helpdesk.channels.ledger import Inbox
from helpdesk.services import history, intake
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.ledger import accept
from helpdesk.services.store import transaction
from helpdesk.sla.models import Clock
from helpdesk.tickets.models import Delivery, Ticket
from tests.making import HOUR, MINUTE, eml, make_mailbox, make_policy, make_team

DAY = timedelta(days=1)
EAST = timezone(timedelta(hours=5))
LONG_AGO = datetime(2023, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def mailbox(app):
    make_policy()
    return make_mailbox(make_team(), settings={"connected_at": (now() - 2 * HOUR).isoformat()})


def fetch(mailbox, arrived):
    """The ticket of a mail that the server had at that instant."""
    with transaction():
        accept(channel_id=mailbox.id, source="mail", key="1:1", raw=eml(), facts={"arrived": arrived.isoformat()})
    intake.file_waiting()
    return db.session.scalars(select(Ticket)).one()


def deliveries():
    return db.session.scalars(select(Delivery)).all()


@pytest.mark.parametrize("zone", [UTC, EAST])
def test_the_clocks_start_when_the_server_got_it(mailbox, zone):
    arrived = (now() - HOUR).replace(microsecond=0)
    assert fetch(mailbox, arrived.astimezone(zone)).opened_at.replace(microsecond=0) == arrived
    assert history.verify_all() == []


def test_what_was_late_before_we_could_know_is_known_late(mailbox):
    fetch(mailbox, now() - 90 * MINUTE)
    clock = db.session.scalars(select(Clock).where(Clock.kind == "first_response")).one()
    assert (clock.due_at < now(), clock.known_late) == (True, True)


def test_a_server_whose_clock_is_ahead_starts_no_clock_in_the_future(mailbox):
    ticket = fetch(mailbox, now() + HOUR)
    assert ticket.opened_at == db.session.scalar(select(Inbox.received_at))
    assert ticket.due_kind == "first_response"


@pytest.mark.parametrize("age", [timedelta(0), HOUR])
def test_what_came_since_the_mailbox_is_connected_is_acknowledged(mailbox, age):
    fetch(mailbox, now() - age)
    assert len(deliveries()) == 1


@pytest.mark.parametrize("arrived", [LONG_AGO, now() - 3 * HOUR])
def test_what_was_there_before_is_not_acknowledged(mailbox, arrived):
    fetch(mailbox, arrived)
    assert deliveries() == []


def test_what_is_older_than_a_day_is_not_acknowledged(mailbox):
    mailbox.settings = {"connected_at": LONG_AGO.isoformat()}
    db.session.commit()
    fetch(mailbox, now() - DAY - MINUTE)
    assert deliveries() == []
