"""What benchmarks are taken in: a desk with open and solved tickets, as the product reads it."""

from sqlalchemy import func, select

from bench import filling, settled
from helpdesk.people.models import Person
from helpdesk.services import desk, queue, taking, views
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.queue import Wanted
from helpdesk.tickets.models import Ticket


def test_each_open_ticket_stands_beside_so_many_that_are_solved(app):
    filling.fill(30)
    settled.settle(3)
    agent = db.session.scalars(select(Person).where(Person.login == "everywhere")).one()
    seen = views.sight(agent, now())
    assert db.session.execute(select(Ticket.open, func.count()).group_by(Ticket.open)).all() == [
        (False, 90),
        (True, 30),
    ]
    assert views.counts(seen)["team"] == 30
    assert {line.status for line in queue.page(Wanted("solved"), seen=seen, at=now(), duty={}).lines} == {"solved"}
    taken = taking.take_next(by=agent)
    assert taken is not None
    assert taken.ticket.open
    desk.note(taken.ticket.number, text="Still the same ticket.", by=agent)
