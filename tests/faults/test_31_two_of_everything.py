"""Row 31: two ticks and two workers at once, and the leader killed with its lease: everything once, nothing missed."""

import os
import signal

from sqlalchemy import func, select

from helpdesk.orm import Lease
from helpdesk.services.database import db
from helpdesk.services.history import verify_all
from helpdesk.sla.models import Firing
from helpdesk.tickets.models import Event, Ticket
from tests import making
from tests.processes import begun, eventually, process

MAILS = 40


def count(kind, *conditions):
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(kind).where(*conditions))


def leader():
    db.session.rollback()
    row = db.session.get(Lease, "tick", populate_existing=True)
    return int(row.holder.rpartition(":")[2]) if row else None


def test_each_contact_is_filed_once_and_each_breach_fired_once(app, config):
    making.make_policy({"first_response": 2, "answer": None, "update": None, "resolution": None})
    mailbox = making.make_mailbox(making.make_team())
    ticks = [process(config, "workers.schedule") for _ in range(2)]
    workers = [process(config, "workers.run") for _ in range(2)]
    with ticks[0] as one, ticks[1] as other, workers[0] as first, workers[1] as second:
        for started in (one, other, first, second):
            begun(started)
        for number in range(MAILS):
            making.arrive(mailbox, making.eml())
            if number == MAILS // 2:
                os.kill(eventually(leader), signal.SIGKILL)
        eventually(lambda: count(Ticket) == MAILS, 30)
        eventually(lambda: count(Firing, Firing.threshold == "100%") == MAILS, 30)
    assert count(Ticket) == MAILS
    assert count(Event, Event.kind == "breached") == MAILS
    assert sorted(db.session.scalars(select(Ticket.number))) == list(range(1, MAILS + 1))
    assert verify_all() == []
