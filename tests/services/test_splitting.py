"""What belongs to a second matter opens a ticket of its own, with clocks from when it was asked; notes stay notes."""

import pytest
from sqlalchemy import select

from helpdesk.channels.incoming import File
from helpdesk.errors import Conflict, NotFound
from helpdesk.services import desk, firing, history, intake, outbox, splitting
from helpdesk.services.database import db
from helpdesk.services.instant import pretend
from helpdesk.services.sending import Manner
from helpdesk.services.store import settings
from helpdesk.tickets.models import Message, Ticket
from helpdesk.tickets.tokens import token
from tests.differing import differing_clocks
from tests.making import HOUR, MINUTE, MONDAY, arrive, eml, make_mailbox, make_policy, make_staff, make_team
from tests.oracle import Oracle


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def ana(team):
    return make_staff(teams=[team])


@pytest.fixture
def ticket(team, ana, sink):
    box = make_mailbox(team, settings=sink.settings(acknowledge=False))
    comes(box, MONDAY, eml(text="The cup."))
    found = db.session.scalar(select(Ticket))
    signed = token(found.secret, settings().secret_key)
    comes(box, MONDAY + HOUR, eml(to=f"support+{signed}@helpdesk.test", text="And the plate."))
    with pretend(MONDAY + HOUR + MINUTE):
        desk.note(found.number, text="canary", by=ana, files=[File("canary.txt", "text/plain", b"canary")])
    return found


def comes(box, at, raw):
    with pretend(at):
        arrive(box, raw)
        intake.file_waiting()


def ids(*texts):
    return set(db.session.scalars(select(Message.id).where(Message.text.in_(texts))))


def split(ticket, ana, *texts):
    with pretend(MONDAY + 90 * MINUTE):
        return splitting.split(ticket.number, ids(*texts), subject="Plate", by=ana)


def test_its_clock_begins_when_it_was_asked(ticket, ana, config):
    made = split(ticket, ana, "And the plate.", "canary")
    assert (made.opened_at, made.due_at, made.customer_id) == (MONDAY + HOUR, MONDAY + 2 * HOUR, ticket.customer_id)
    kinds = db.session.scalars(select(Message.kind).where(Message.ticket_id == made.id).order_by(Message.id)).all()
    assert kinds == ["received", "note"]
    with pretend(MONDAY + 90 * MINUTE):
        firing.fire_due()
        assert (differing_clocks(), Oracle(config).problems(), history.verify_all()) == ([], [], [])


def test_no_note_leaves_the_house_by_it(ticket, ana, sink):
    made = split(ticket, ana, "And the plate.", "canary")
    desk.reply(made.number, text="See.", by=ana, manner=Manner(quote="thread"))
    outbox.deliver_waiting()
    assert "And the plate." in sink.mails[-1].mail.get_body(("plain",)).get_content()
    assert all(b"canary" not in bytes(mail.mail) for mail in sink.mails)


@pytest.mark.once
def test_it_begins_with_the_customer(ticket, ana):
    with pytest.raises(Conflict, match="message of the customer"):
        split(ticket, ana, "canary")


@pytest.mark.once
def test_a_message_of_another_ticket_is_not_found_and_nothing_changes(ticket, ana):
    other = make_team()
    eve = make_staff(teams=[other])
    foreign = desk.open_ticket(customer=ticket.customer, team_id=other.id, subject="x", text="Foreign", by=eve)
    before = (ticket.event_count, foreign.event_count)
    with pytest.raises(NotFound):
        split(ticket, ana, "The cup.", "Foreign")
    db.session.expire_all()
    assert (ticket.event_count, foreign.event_count) == before
