"""What colleagues answer to our notices stays among us; whoever left the team is refused; nothing of it reaches the customer."""

import pytest
from sqlalchemy import select

from helpdesk.channels.ledger import Inbox
from helpdesk.people.models import Membership
from helpdesk.services import desk, intake, notices, outbox
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import settings, transaction
from helpdesk.tickets.models import Delivery, Message, Ticket
from helpdesk.tickets.tokens import token
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team

SERVER = "mx.us.test"
ANA = "Ana <ana@staff.test>"


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def ana(team):
    return make_staff(teams=[team], email="ana@staff.test", name="Ana")


@pytest.fixture
def mailbox(team, sink):
    return make_mailbox(team, settings={**sink.settings(), "trusted_server": SERVER})


@pytest.fixture
def notice(mailbox, ana, sink):
    """The Message-ID of a notice to Ana about Marat's ticket; all mails have gone."""
    comes(mailbox, eml())
    with transaction(), notices.Tellers(now()) as tellers:
        tellers.notify(ana, ticket(), "offered")
    while outbox.deliver_waiting():
        pass
    sink.mails.clear()
    return db.session.scalars(select(Delivery.key).where(Delivery.kind == "notice")).one()


def comes(mailbox, raw):
    arrive(mailbox, raw)
    intake.file_waiting()
    db.session.rollback()


def ticket():
    return db.session.scalars(select(Ticket).order_by(Ticket.id).execution_options(populate_existing=True)).first()


def newest():
    """What became of the last mail: its ticket and kind, or why it was refused."""
    row = db.session.scalars(select(Inbox).order_by(Inbox.id.desc())).first()
    found = db.session.scalars(select(Message).where(Message.inbox_id == row.id)).first()
    return (found.ticket.number, found.kind, found.author.name) if found else row.reason


def sent(sink):
    while outbox.deliver_waiting():
        pass
    return [mail.recipient for mail in sink.mails]


def test_an_answer_to_a_notice_is_a_note_and_moves_nothing(mailbox, notice, sink):
    waiting = ticket().waiting_since
    comes(mailbox, eml(sender=ANA, text="He is right.", In_Reply_To=f"<{notice}>"))
    assert newest() == (1, "note", "Ana")
    assert (ticket().waiting_since, sent(sink)) == (waiting, [])


def test_an_out_of_office_to_a_notice_is_kept_inside(mailbox, notice, sink):
    comes(mailbox, eml(sender=ANA, In_Reply_To=f"<{notice}>", Auto_Submitted="auto-replied"))
    assert newest() == (1, "automatic", "Ana")
    assert sent(sink) == []


def test_an_answer_to_a_notice_of_a_closed_ticket_is_a_note_as_well(mailbox, notice, ana, sink):
    desk.close(1, by=ana)
    comes(mailbox, eml(sender=ANA, text="He called again.", In_Reply_To=f"<{notice}>"))
    assert newest() == (1, "note", "Ana")
    assert (ticket().status, sent(sink)) == ("closed", [])


@pytest.mark.parametrize("close", [False, True])
@pytest.mark.parametrize("how", ["left the team", "left"])
def test_whoever_left_is_refused_and_changes_nothing(mailbox, notice, ana, sink, how, close):
    if close:
        desk.close(1, by=ana)
    with transaction():
        if how == "left":
            ana.active = False
        else:
            db.session.delete(db.session.scalars(select(Membership)).one())
    db.session.expire_all()
    before = ticket().head
    comes(mailbox, eml(sender=ANA, In_Reply_To=f"<{notice}>"))
    assert newest() == "outsider"
    assert (ticket().head, sent(sink)) == (before, [])


def test_refused_it_can_be_filed_as_a_ticket_of_its_own(mailbox, notice, ana):
    with transaction():
        ana.active = False
    comes(mailbox, eml(sender=ANA, In_Reply_To=f"<{notice}>"))
    lead = make_staff("administrator")
    intake.file_as_ticket(db.session.scalars(select(Inbox.id).order_by(Inbox.id.desc())).first(), by=lead)
    intake.file_waiting()
    assert newest() == (2, "received", "Ana")


def test_a_notice_in_somebody_elses_hands_is_no_key(mailbox, notice):
    comes(mailbox, eml(sender="eve@elsewhere.test", In_Reply_To=f"<{notice}>"))
    assert newest() == (2, "received", "eve@elsewhere.test")


def test_with_a_token_that_was_sent_to_them_it_is_a_note(mailbox, notice):
    signed = token(ticket().secret, settings().secret_key, "ana@staff.test")
    comes(mailbox, eml(sender=ANA, to=f"support+{signed}@helpdesk.test"))
    assert newest() == (1, "note", "Ana")


@pytest.mark.parametrize(("result", "kind"), [("pass", "note"), ("none", "unapproved"), ("fail", "unapproved")])
def test_with_the_customers_token_our_own_server_must_vouch_for_them(mailbox, notice, sink, result, kind):
    signed = token(ticket().secret, settings().secret_key, "marat@customer.test")
    results = f"{SERVER}; dmarc={result}"
    comes(mailbox, eml(sender=ANA, to=f"support+{signed}@helpdesk.test", Authentication_Results=results))
    assert newest()[:2] == (1, kind)
    assert sent(sink) == []


def test_a_robot_whose_own_name_is_genuine_writes_no_note_as_the_colleague_whom_it_names(mailbox, notice):
    signed = token(ticket().secret, settings().secret_key, "marat@customer.test")
    robot, passed = {"sender": "noreply@evil.test", "Reply_To": ANA}, f"{SERVER}; dmarc=pass"
    comes(mailbox, eml(to=f"support+{signed}@helpdesk.test", Authentication_Results=passed, **robot))
    assert newest()[:2] == (1, "unapproved")


def test_a_colleague_who_is_the_customer_writes_as_the_customer(mailbox, ana, team):
    comes(mailbox, eml(sender=ANA))
    signed = token(ticket().secret, settings().secret_key, "ana@staff.test")
    comes(mailbox, eml(sender=ANA, to=f"support+{signed}@helpdesk.test"))
    assert newest() == (1, "received", "Ana")


def test_a_note_by_mail_is_in_no_answer_to_the_customer(mailbox, notice, ana, sink):
    comes(mailbox, eml(sender=ANA, text="CANARY", In_Reply_To=f"<{notice}>"))
    desk.reply(1, text="We look into it.", by=ana)
    while outbox.deliver_waiting():
        pass
    assert sink.mails
    assert all(b"CANARY" not in mail.raw for mail in sink.mails)
