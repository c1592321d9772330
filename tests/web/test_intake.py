"""Intake: what could not be read or was refused, the mailboxes, and what could not be sent."""

import pytest
from sqlalchemy import select

from helpdesk.channels.ledger import Inbox
from helpdesk.services import desk, health, intake
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import transaction
from helpdesk.tickets.models import Delivery, Event, Ticket
from tests.making import HOUR, arrive, eml, make_mailbox, make_policy, make_staff, make_team

ROBOT = {"Auto_Submitted": "auto-replied"}


@pytest.fixture
def team(app):
    make_policy()
    return make_team("Coupons")


@pytest.fixture
def box(team):
    return make_mailbox(team)


@pytest.fixture
def client(as_, team):
    return as_(make_staff("supervisor", [team]))


def comes(box, raw):
    arrive(box, raw)
    intake.file_waiting()
    return db.session.scalars(select(Inbox).order_by(Inbox.id.desc())).first()


def test_a_refused_mail_says_who_sent_it_and_why_it_was_refused(client, box):
    comes(box, eml(sender="Bank <no-reply@bank.test>", subject="Out of office", **ROBOT))
    page = client.get("/intake?tab=refused").text
    assert "Bank" in page
    assert "Out of office" in page
    assert "An automatic message" in page


def test_what_cannot_be_read_is_listed_and_downloaded_byte_for_byte(client, box):
    row = comes(box, b"")
    assert "not a single byte" in client.get("/intake").text
    raw = comes(box, eml(text="\u0000 odd", **ROBOT))
    answer = client.get(f"/intake/{raw.id}/raw")
    assert answer.data == raw.raw
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Type"].startswith("message/rfc822")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert client.get(f"/intake/{row.id}/raw").data == b""


def test_the_name_of_a_sender_is_not_markup(client, box):
    comes(box, eml(sender='"<script>x</script>" <a@b.test>', subject="<img src=x>", **ROBOT))
    page = client.get("/intake?tab=refused").text
    assert "<script>x" not in page
    assert "<img src=x" not in page


def test_a_refused_mail_is_filed_when_somebody_insists(client, box):
    row = comes(box, eml(subject="Out of office", **ROBOT))
    answer = client.post(f"/intake/{row.id}/file", data={"back": "/intake?tab=refused"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/intake?tab=refused")
    intake.file_waiting()
    assert db.session.scalar(select(Ticket.subject)) == "Out of office"


def test_a_retry_puts_it_back_in_line(client, box):
    row = comes(box, eml(**ROBOT))
    assert client.post(f"/intake/{row.id}/retry").status_code == 303
    db.session.expire_all()
    assert db.session.get(Inbox, row.id).state == "received"
    assert row.channel.name in client.get("/intake?tab=received").text


def test_nobody_is_sent_elsewhere_afterwards(client, box):
    row = comes(box, eml(**ROBOT))
    answer = client.post(f"/intake/{row.id}/retry", data={"back": "https://evil.test/"})
    assert answer.headers["Location"] == "/intake"


def test_another_teams_contacts_are_not_there(client, box):
    foreign = comes(make_mailbox(make_team("Refunds"), address="refunds@helpdesk.test"), eml(subject="Theirs", **ROBOT))
    assert "Theirs" not in client.get("/intake?tab=refused").text
    assert client.get(f"/intake/{foreign.id}/raw").status_code == 404
    assert client.post(f"/intake/{foreign.id}/retry").status_code == 404


def test_an_agent_has_no_intake(as_, team):
    assert as_(make_staff(teams=[team])).get("/intake").status_code == 403


def test_pages_go_on_below_the_last_row(client, box):
    for i in range(51):
        arrive(box, eml(subject=f"Number {i}.", **ROBOT))
    intake.file_waiting()
    first = client.get("/intake?tab=refused").text
    assert "Number 50." in first
    assert "Number 0." not in first
    last = db.session.scalars(select(Inbox.id).order_by(Inbox.id.desc()).limit(50)).all()[-1]
    assert f"before={last}" in first
    assert "Number 0." in client.get(f"/intake?tab=refused&before={last}").text


def test_filed_contacts_lead_to_their_tickets(client, box):
    comes(box, eml())
    assert 'href="/tickets/1"' in client.get("/intake?tab=filed").text


def test_a_silent_mailbox_is_told_with_its_counts(client, box):
    with transaction():
        box.settings = {"imap_host": "imap.example.com"}
        box.seen_at, box.error = now() - HOUR, "The server refused the password."
        box.state = {"server_count": 60, "ledger_count": 57}
        db.session.merge(box)
    page = client.get("/intake").text
    assert "has not been read since" in page
    assert "The server refused the password." in page
    assert ">60<" in page
    assert ">57<" in page


def test_what_was_not_delivered_is_sent_again(client, box, team):
    comes(box, eml())
    desk.reply(1, text="Hello.", by=make_staff(teams=[team]))
    delivery = db.session.scalars(select(Delivery).where(Delivery.kind == "reply")).one()
    with transaction():
        db.session.merge(delivery).state = "failed"
    assert "marat@customer.test" in client.get("/intake?tab=outbox").text
    assert client.post(f"/intake/deliveries/{delivery.id}/again").status_code == 303
    db.session.expire_all()
    assert db.session.get(Delivery, delivery.id).state == "waiting"
    assert "marat@customer.test" in client.get("/intake?tab=sending").text


def test_intake_speaks_russian(client, box):
    comes(box, eml(**ROBOT))
    assert "Автоматическое письмо" in client.get("/intake?tab=refused&lang=ru").text


@pytest.mark.parametrize(("raw", "tab"), [(eml(**ROBOT), "refused"), (b"", "poison")])
def test_what_was_dismissed_counts_no_more_and_says_who_did_it(client, box, raw, tab):
    row = comes(box, raw)
    answer = client.post(f"/intake/{row.id}/dismiss", data={"back": f"/intake?tab={tab}"})
    assert answer.headers["Location"] == f"/intake?tab={tab}"
    assert "/dismiss" not in client.get(f"/intake?tab={tab}").text
    assert "dismissed by Supervisor" in client.get("/intake?tab=dismissed").text
    assert client.get(f"/intake/{row.id}/raw").data == raw
    assert {finding.part: finding.state for finding in health.examine()}["poison"] == "ok"


def test_what_was_dismissed_can_still_be_retried(client, box):
    row = comes(box, eml(**ROBOT))
    client.post(f"/intake/{row.id}/dismiss")
    client.post(f"/intake/{row.id}/retry")
    db.session.expire_all()
    assert db.session.get(Inbox, row.id).state == "received"


def test_another_teams_contact_is_not_dismissed(client, box):
    foreign = comes(make_mailbox(make_team("Refunds"), address="refunds@helpdesk.test"), eml(**ROBOT))
    assert client.post(f"/intake/{foreign.id}/dismiss").status_code == 404


@pytest.mark.parametrize("state", ["failed", "unknown"])
def test_an_answer_that_is_given_up_counts_no_more_and_its_ticket_says_so(client, box, team, state):
    comes(box, eml())
    desk.reply(1, text="Hello.", by=make_staff(teams=[team]))
    delivery = db.session.scalars(select(Delivery).where(Delivery.kind == "reply")).one()
    with transaction():
        db.session.merge(delivery).state = state
    assert client.post(f"/intake/deliveries/{delivery.id}/drop").status_code == 303
    assert "marat@customer.test" not in client.get("/intake?tab=outbox").text
    assert "No more tries to deliver to marat@customer.test" in client.get("/tickets/1").text
    assert db.session.scalar(select(Event.facts).where(Event.kind == "delivery_dropped"))["delivery"] == delivery.id
    assert {finding.part: finding.state for finding in health.examine()}["deliveries"] == "ok"


def test_what_is_on_its_way_is_not_given_up(client, box, team):
    comes(box, eml())
    desk.reply(1, text="Hello.", by=make_staff(teams=[team]))
    delivery_id = db.session.scalar(select(Delivery.id).where(Delivery.kind == "reply"))
    assert client.post(f"/intake/deliveries/{delivery_id}/drop").status_code == 409
