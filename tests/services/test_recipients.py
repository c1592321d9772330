"""Whom an answer goes to, what it quotes, who it is from: per mailbox, and as its writer says."""

import re

import pytest
from sqlalchemy import select

from helpdesk.channels.incoming import File
from helpdesk.channels.models import Channel
from helpdesk.services import desk, intake, outbox
from helpdesk.services.database import db
from helpdesk.services.recipients import Misaddressed
from helpdesk.services.sending import Manner
from helpdesk.services.store import settings
from helpdesk.tickets.models import Delivery, Event, Message, Ticket
from helpdesk.tickets.tokens import token
from tests.channels.mail.mails import multipart
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team

pytestmark = pytest.mark.once


@pytest.fixture
def team(app):
    make_policy()
    return make_team("Coupons")


@pytest.fixture
def ana(team):
    return make_staff(teams=[team], name="Анна")


def from_customer(team, sink, text="Hello, help me.", **settings):
    arrive(make_mailbox(team, settings=sink.settings(acknowledge=False, **settings)), eml(text=text))
    intake.file_waiting()
    return db.session.scalar(select(Ticket))


def answered(ticket, ana, sink, text="Done.", files=(), **manner):
    """The mails that an answer becomes."""
    desk.reply(ticket.number, text=text, by=ana, files=files, manner=Manner(**manner))
    outbox.deliver_waiting()
    return sink.mails


def plain(mail):
    return mail.get_body(("plain",)).get_content().replace("\r\n", "\n").strip()


def html(mail):
    return mail.get_body(("html",)).get_content().replace("\r\n", "\n").strip()


def test_everybody_gets_the_same_mail_and_hidden_copies_stay_hidden(team, ana, sink):
    ticket = from_customer(team, sink)
    mails = answered(ticket, ana, sink, to="a@x.test; b@x.test", cc="c@x.test\nA@x.test", bcc="d@x.test")
    assert [got.recipient for got in mails] == ["a@x.test", "b@x.test", "c@x.test", "d@x.test"]
    assert len({got.mail["Message-ID"] for got in mails}) == 1
    assert {(got.mail["To"], got.mail["Cc"], got.mail["Bcc"]) for got in mails} == {
        ("a@x.test, b@x.test", "c@x.test", None)
    }
    assert not any(b"d@x.test" in got.raw for got in mails)


def test_each_recipient_has_a_result_of_its_own_on_the_ticket(team, ana, sink):
    sink.refuse["no@x.test"] = "550 5.1.1 no such user"
    answered(from_customer(team, sink), ana, sink, cc="no@x.test, later@x.test")
    db.session.rollback()
    states = dict(db.session.execute(select(Delivery.recipient, Delivery.state)).all())
    assert states == {"marat@customer.test": "sent", "no@x.test": "failed", "later@x.test": "sent"}
    told = db.session.scalars(select(Event).where(Event.kind == "delivery_failed")).all()
    assert [event.facts["recipient"] for event in told] == ["no@x.test"]


def test_an_archive_gets_a_hidden_copy_of_every_answer(team, ana, sink):
    mails = answered(from_customer(team, sink, always_bcc="archive@x.test"), ana, sink)
    assert [got.recipient for got in mails] == ["marat@customer.test", "archive@x.test"]
    assert all(got.mail["To"] == "marat@customer.test" for got in mails)


def test_a_mailbox_of_ours_is_no_recipient(team, ana, sink):
    ticket = from_customer(team, sink)
    with pytest.raises(Misaddressed, match="is a mailbox of this desk"):
        desk.reply(ticket.number, text="Done.", by=ana, manner=Manner(cc="Support@helpdesk.test"))
    assert db.session.scalar(select(Message.id).where(Message.kind == "reply")) is None


def test_the_senders_name_and_the_signature_name_who_answers(team, ana, sink):
    known = {"from_name": "{agent} из поддержки", "signature": "{agent.name}, №{ticket.number}\n{customer.name}"}
    ticket = from_customer(team, sink, **known)
    (got,) = answered(ticket, ana, sink)
    assert got.mail["From"].addresses[0].display_name == "Анна из поддержки"
    assert plain(got.mail) == f"Done.\n\n-- \nАнна, №{ticket.number}\nMarat"


def test_the_html_says_the_same_with_links_and_lists(team, ana, sink):
    text = "See https://x.test/a?b=1.\n\n- one\n- <two>"
    (got,) = answered(from_customer(team, sink), ana, sink, text)
    assert plain(got.mail) == text
    assert '<a href="https://x.test/a?b=1"' in html(got.mail)
    assert "<ul><li>one</li><li>&lt;two&gt;</li></ul>" in html(got.mail)


def test_a_picture_stands_where_it_was_put(team, ana, sink):
    picture = File("shot.png", "image/png", b"\x89PNG\r\n\x1a\n", "abc@helpdesk.test", inline=True)
    (got,) = answered(from_customer(team, sink), ana, sink, "Look:\n![shot.png]", files=[picture])
    assert '<img src="cid:abc@helpdesk.test" alt="shot.png">' in html(got.mail)
    assert plain(got.mail) == "Look:\n[shot.png]"
    inside = [part for part in got.mail.walk() if part["Content-ID"] == "<abc@helpdesk.test>"]
    assert [part.get_content_disposition() for part in inside] == ["inline"]


def test_nothing_is_quoted_unless_somebody_wants_it(team, ana, sink):
    (got,) = answered(from_customer(team, sink), ana, sink)
    assert plain(got.mail) == "Done."


def test_the_last_message_is_quoted_where_the_mailbox_says_so(team, ana, sink):
    (got,) = answered(from_customer(team, sink, text="First line\nsecond", quote="last"), ana, sink)
    assert plain(got.mail).endswith("Marat:\n> First line\n> second")
    assert "<blockquote>First line<br>second</blockquote>" in html(got.mail)


def test_a_writer_may_quote_less_than_the_mailbox_would(team, ana, sink):
    (got,) = answered(from_customer(team, sink, quote="thread"), ana, sink, quote="none")
    assert plain(got.mail) == "Done."


def test_a_quoted_talk_has_every_answer_and_no_note(team, ana, sink):
    ticket = from_customer(team, sink, text="My coupon")
    desk.note(ticket.number, text="CANARY of the house", by=ana)
    answered(ticket, ana, sink, "Which one?")
    got = answered(ticket, ana, sink, "Found it.", quote="thread")[-1]
    assert "> Which one?" in plain(got.mail)
    assert "> My coupon" in plain(got.mail)
    assert "CANARY" not in plain(got.mail) + html(got.mail)


def test_a_talk_with_a_supplier_is_not_quoted_to_the_customer_nor_theirs_to_the_supplier(team, ana, sink):
    ticket = from_customer(team, sink, text="My coupon")
    answered(ticket, ana, sink, "Is it valid?", to="supplier@x.test")
    back = {"to": f"support+{token(ticket.secret, settings().secret_key, 'supplier@x.test')}@helpdesk.test"}
    arrive(db.session.get(Channel, ticket.channel_id), eml(sender="supplier@x.test", text="It costs 5.", **back))
    intake.file_waiting()
    customers = plain(answered(ticket, ana, sink, "Yes.", quote="thread", to="marat@customer.test")[-1].mail)
    assert re.findall(r"> (.*)", customers) == ["My coupon"]
    suppliers = plain(answered(ticket, ana, sink, "Thanks.", quote="thread", to="supplier@x.test")[-1].mail)
    assert re.findall(r"> (.*)", suppliers) == ["It costs 5.", "Is it valid?"]
    last = plain(answered(ticket, ana, sink, "So?", quote="last", to="marat@customer.test")[-1].mail)
    assert re.findall(r"> (.*)", last) == ["My coupon"]


def test_a_hidden_copy_opens_no_talk_to_the_others(team, ana, sink):
    ticket = from_customer(team, sink, text="My coupon")
    answered(ticket, ana, sink, "Seen?", to="supplier@x.test", bcc="boss@x.test")
    got = answered(ticket, ana, sink, "Well.", quote="thread", to="boss@x.test", bcc="marat@customer.test")[-1]
    assert ">" not in plain(got.mail)


def test_a_quotation_calls_us_as_the_mailbox_does(team, ana, sink):
    ticket = from_customer(team, sink, from_name="Coupon desk")
    answered(ticket, ana, sink, "Which one?")
    got = answered(ticket, ana, sink, "Found it.", quote="thread")[-1]
    assert "Coupon desk:\n> Which one?" in plain(got.mail)
    assert ana.name not in plain(got.mail)


def test_a_bounce_of_one_recipient_is_that_recipients_alone(team, ana, sink):
    ticket = from_customer(team, sink)
    mails = answered(ticket, ana, sink, cc="c@x.test, gone@x.test")
    report = "Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; gone@x.test\nAction: failed\nStatus: 5.1.1\n"
    raw = multipart(
        "Content-Type: message/delivery-status\n\n" + report,
        f"Content-Type: message/rfc822\n\nMessage-ID: {mails[0].mail['Message-ID']}\n\n.",
        kind="report; report-type=delivery-status", From="mailer-daemon@mx.test", To="support@helpdesk.test",
    )  # fmt: skip
    arrive(db.session.get(Channel, ticket.channel_id), raw)
    intake.file_waiting()
    db.session.rollback()
    states = dict(db.session.execute(select(Delivery.recipient, Delivery.state)).all())
    assert states == {"marat@customer.test": "sent", "c@x.test": "sent", "gone@x.test": "failed"}
