"""A delivery report lands on the ticket and the message that caused it, opens nothing, and tells the owner of a dead address."""

import pytest
from sqlalchemy import func, select

from helpdesk.people.models import ContactPoint
from helpdesk.services import desk, intake, outbox
from helpdesk.services.database import db
from helpdesk.tickets.models import Delivery, Event, Notice, Ticket
from tests.making import arrive, eml, make_mailbox, make_policy, make_shift, make_staff, make_team

MARAT = "marat@customer.test"


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def ana(team):
    return make_staff(teams=[team], name="Ana")


@pytest.fixture
def mailbox(team, sink):
    return make_mailbox(team, settings={**sink.settings(), "acknowledge": False})


@pytest.fixture
def sent(mailbox, ana):
    """The deliveries of two answers of Ana's to Marat."""
    comes(mailbox, eml())
    desk.reply(1, text="Which coupon?", by=ana)
    desk.reply(1, text="The blue one?", by=ana)
    while outbox.deliver_waiting():
        pass
    return deliveries()


def deliveries():
    return db.session.scalars(select(Delivery).order_by(Delivery.id).execution_options(populate_existing=True)).all()


def comes(mailbox, raw):
    arrive(mailbox, raw)
    intake.file_waiting()
    db.session.rollback()


def report(about, action="failed", status="5.1.1", recipient=MARAT):
    """What a mail server sends of a mail with that Message-ID."""
    return "\n".join(
        [
            "From: Mail Delivery System <mailer-daemon@mx.test>", "To: support@helpdesk.test",
            "Subject: Undelivered Mail Returned to Sender", "MIME-Version: 1.0",
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"', "", "--b",
            "Content-Type: text/plain", "", f"{recipient}: user unknown", "--b",
            "Content-Type: message/delivery-status", "", "Reporting-MTA: dns; mx.test", "",
            f"Final-Recipient: rfc822; {recipient}", f"Action: {action}", f"Status: {status}", "", "--b",
            "Content-Type: message/rfc822", "", f"Message-ID: <{about}>", "Subject: Re: The coupon", "", "x", "--b--", "",
        ]
    ).encode()  # fmt: skip


def dead():
    return db.session.scalar(select(ContactPoint.dead_at).where(ContactPoint.value == MARAT)) is not None


def notices():
    return db.session.scalars(select(Notice).where(Notice.kind == "bounced")).all()


def newest_event():
    return db.session.scalars(select(Event).order_by(Event.id.desc())).first()


def test_it_is_shown_at_the_very_message_and_opens_no_ticket(mailbox, sent):
    comes(mailbox, report(sent[0].key))
    assert [one.state for one in deliveries()] == ["failed", "sent"]
    assert (newest_event().kind, newest_event().facts["delivery"]) == ("delivery_failed", sent[0].id)
    assert db.session.scalar(select(func.count(Ticket.id))) == 1


def test_the_address_is_dead_and_the_owner_is_told_once(mailbox, sent, ana):
    comes(mailbox, report(sent[0].key))
    assert dead()
    assert [(one.person_id, one.facts) for one in notices()] == [(ana.id, {"address": MARAT})]


def test_of_a_ticket_without_an_owner_whoever_leads_is_told(mailbox, sent, team, ana):
    lead = make_staff("supervisor", [team])
    make_shift(lead, team)
    desk.assign(1, to=None, by=lead)
    comes(mailbox, report(sent[0].key))
    assert [one.person_id for one in notices()] == [lead.id]


def test_a_delay_is_shown_as_such_and_kills_no_address(as_, mailbox, sent, ana):
    comes(mailbox, report(sent[0].key, "delayed", "4.4.7"))
    assert [one.state for one in deliveries()] == ["sent", "sent"]
    assert not dead()
    assert notices() == []
    assert as_(ana).get("/tickets/1").text.count("delayed: its server still tries") == 1


def test_a_full_mailbox_is_not_a_dead_address(mailbox, sent):
    comes(mailbox, report(sent[0].key, status="5.2.2"))
    assert [one.state for one in deliveries()] == ["failed", "sent"]
    assert not dead()


def test_a_report_about_another_address_kills_none_of_ours(mailbox, sent):
    comes(mailbox, report(sent[0].key, recipient="forwarded@elsewhere.test"))
    assert not dead()


def test_without_its_message_id_the_last_mail_to_that_address_is_meant(mailbox, sent):
    token = sent[0].key.partition(".")[2].partition("@")[0]
    comes(mailbox, report(f"other.{token}@helpdesk.test"))
    assert [one.state for one in deliveries()] == ["sent", "failed"]


@pytest.mark.parametrize("about", ["nobody@knows.test", "x." + "a" * 44 + "@helpdesk.test"])
def test_a_report_about_no_mail_of_ours_is_refused_and_changes_nothing(mailbox, sent, about):
    comes(mailbox, report(about))
    assert [one.state for one in deliveries()] == ["sent", "sent"]
    assert not dead()
    assert db.session.scalar(select(func.count(Ticket.id))) == 1


def test_mail_from_that_address_brings_it_back_to_life(mailbox, sent):
    comes(mailbox, report(sent[0].key))
    comes(mailbox, eml())
    assert not dead()


def test_the_page_says_that_the_address_does_not_accept_mail(as_, mailbox, sent, ana):
    comes(mailbox, report(sent[0].key))
    page = as_(ana).get("/tickets/1").text
    assert "does not accept mail." in page
    assert page.count("does not accept mail") == 2
    assert "user unknown" in page


def test_a_report_starts_no_clock_and_reopens_nothing(mailbox, sent, ana):
    desk.solve(1, by=ana)
    comes(mailbox, report(sent[0].key))
    assert db.session.scalars(select(Ticket.status)).all() == ["solved"]


@pytest.mark.once
def test_what_it_says_is_words_on_the_page_of_the_ticket(haunted, caught):
    caught.visit(f"/tickets/{haunted.desk.numbers['bounced']}")
    assert "550 <script>hit()</script>" in caught.page.locator("#thread").inner_text()
    assert caught.acting() == []
    assert caught.prey == []
