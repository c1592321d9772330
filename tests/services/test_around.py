"""What stands around a ticket: earlier ones of its customer, what is perhaps the same matter, and notes on the customer."""

import pytest
from sqlalchemy import event, select

from helpdesk.errors import Conflict
from helpdesk.people.models import ContactPoint
from helpdesk.services import customer_notes, demo_removal, desk, intake, timeline
from helpdesk.services.around import around
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.tickets.models import Ticket
from tests.making import HOUR, MONDAY, arrive, eml, make, make_mailbox, make_policy, make_staff, make_team

DAY = 24 * HOUR


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def ana(team):
    return make_staff(teams=[team], name="Ana")


@pytest.fixture
def mail(team):
    """Opens a ticket by mail, some days after Monday."""
    box = make_mailbox(team, settings={"acknowledge": False})

    def mail(days=0, **more):
        with pretend(MONDAY + days * DAY):
            arrive(box, eml(**more))
            intake.file_waiting()
        return db.session.scalars(select(Ticket).order_by(Ticket.number.desc())).first()

    return mail


def numbers(rows):
    return [row.number for row in rows]


def test_open_tickets_of_the_same_customer_within_a_week_are_perhaps_the_same(mail, ana):
    one, near, _far = mail(), mail(6), mail(8)
    found = around(one, by=ana)
    assert (numbers(found.alike), numbers(found.past)) == ([near.number], [3, 2])
    desk.solve(near.number, by=ana)
    assert around(one, by=ana).alike == []


@pytest.mark.parametrize(
    ("words", "is_alike"),
    [
        ({"subject": "Where is order 4711-100234?"}, True),
        ({"text": "Please write to marat@customer.test as well"}, True),
        ({"text": "Call my husband, 8 (916) 555-01-23"}, True),
        ({"text": "Order 99"}, False),
    ],
)
def test_so_is_what_another_customer_wrote_of_the_same_order_address_or_phone(mail, ana, words, is_alike):
    one = mail(subject="Order 100234 is late")
    known = {"kind": "phone", "value": "+79165550123", "shown": "+7 916 555-01-23", "created_at": now()}
    make(ContactPoint(person_id=one.customer_id, **known))
    other = mail(sender="Olga <olga@customer.test>", **words)
    db.session.expire_all()
    assert numbers(around(one, by=ana).alike) == ([other.number] if is_alike else [])
    assert around(one, by=make_staff(teams=[make_team()])).alike == []


@pytest.mark.once
def test_a_note_on_the_customer_is_kept_with_its_history_and_never_written_over_unseen(mail, ana):
    ticket = mail()
    customer_notes.note(ticket.number, "Calls from abroad", seen=0, by=ana)
    first = customer_notes.notes(ticket)[0]
    customer_notes.note(ticket.number, "Calls from abroad ", seen=first.id, by=ana)
    customer_notes.note(mail(1).number, "", seen=first.id, by=ana)
    assert [one.text for one in customer_notes.notes(ticket)] == ["", "Calls from abroad"]
    with pytest.raises(Conflict, match="meanwhile"):
        customer_notes.note(ticket.number, "Mine", seen=first.id, by=ana)


@pytest.mark.once
def test_notes_on_demo_customers_go_with_the_demo(mail, ana):
    ticket = mail()
    customer_notes.note(ticket.number, "Calls from abroad", seen=0, by=ana)
    ticket.customer.demo = ana.demo = True
    db.session.commit()
    demo_removal.remove()
    assert customer_notes.notes(ticket) == []


@pytest.mark.once
def test_the_page_asks_the_database_no_more_for_a_customer_of_many_tickets(mail, ana):
    one = mail()
    few = statements(one, ana)
    for days in (1, 2, 3):
        mail(days)
    assert statements(one, ana) == few


def statements(ticket, by):
    """How many statements a page is read by."""
    asked = []
    db.session.rollback()
    engine = db.engine
    event.listen(engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    with pretend(MONDAY + 4 * DAY):
        timeline.shown(ticket.number, by=by, at=now())
    return len(asked)
