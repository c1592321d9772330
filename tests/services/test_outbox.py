"""What was promised is sent once, or visibly is not."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from helpdesk.channels.incoming import File
from helpdesk.channels.outcome import failed
from helpdesk.errors import Conflict, NotFound
from helpdesk.services import bell, desk, intake, outbox, secrets
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.services.store import settings, transaction
from helpdesk.tickets.models import Delivery, Event, Ticket
from helpdesk.tickets.tokens import secret_in
from tests import sink as sinks
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team


@pytest.fixture
def team(app):
    make_policy()
    return make_team("Coupons")


@pytest.fixture
def ana(team):
    return make_staff(teams=[team], name="Ana")


@pytest.fixture
def mailbox(team, sink):
    return make_mailbox(team, settings=sink.settings(acknowledge=False, from_name="Поддержка"))


@pytest.fixture
def ticket(mailbox):
    return from_customer(mailbox)


def from_customer(mailbox, **more):
    arrive(mailbox, eml(**more))
    intake.file_waiting()
    return db.session.scalars(select(Ticket).order_by(Ticket.id.desc())).first()


def answer(ticket, ana, text="Вот ответ.", **more):
    desk.reply(ticket.number, text=text, by=ana, **more)


def states():
    db.session.rollback()
    return list(db.session.execute(select(Delivery.state, Delivery.attempts).order_by(Delivery.id)).all())


def events(*kinds):
    db.session.rollback()
    return db.session.scalars(select(Event).where(Event.kind.in_(kinds)).order_by(Event.id)).all()


def deliver(after=timedelta()):
    with pretend(now() + after):
        return outbox.deliver_waiting()


def test_an_answer_reaches_the_customer_with_headers_that_thread(ticket, ana, sink):
    answer(ticket, ana, files=[File("отчёт.pdf", "application/pdf", b"%PDF")])
    deliver()
    (got,) = sink.mails
    mail, asked = got.mail, ticket.messages[0].reference
    assert (got.sender, got.recipient) == ("support@helpdesk.test", "marat@customer.test")
    assert mail["Subject"] == "Re: The coupon"
    assert mail["In-Reply-To"] == f"<{asked}>"
    assert f"<{asked}>" in mail["References"]
    assert mail["Auto-Submitted"] is None
    assert mail["From"].addresses[0].display_name == "Поддержка"
    assert mail.get_body(("plain",)).get_content().strip() == "Вот ответ."
    assert [part.get_filename() for part in mail.iter_attachments()] == ["отчёт.pdf"]
    for place in (mail["Message-ID"], mail["Reply-To"]):
        assert secret_in(place, settings().secret_key) == ticket.secret
    assert states() == [("sent", 1)]
    assert events("delivered")[0].facts["recipient"] == "marat@customer.test"


def test_the_customers_answer_to_it_lands_in_the_same_ticket(ticket, ana, sink, mailbox):
    answer(ticket, ana)
    deliver()
    mail = sink.mails[0].mail
    arrive(mailbox, eml(to=str(mail["Reply-To"].addresses[0].addr_spec), subject="Re: x", text="thanks"))
    arrive(mailbox, eml(subject="Re: y", text="by reference", In_Reply_To=mail["Message-ID"]))
    intake.file_waiting()
    assert len(db.session.scalars(select(Ticket)).all()) == 1


def test_nothing_is_sent_twice(ticket, ana, sink):
    answer(ticket, ana)
    deliver()
    deliver(after=timedelta(days=1))
    assert len(sink.mails) == 1


def test_an_acknowledgement_is_automatic_and_has_no_word_of_the_senders(team, sink):
    mailbox = make_mailbox(team, settings=sink.settings())
    from_customer(mailbox, subject="Buy cheap pills", text="cheap pills at evil.example")
    deliver()
    (got,) = sink.mails
    assert got.sender in ("", "<>")
    assert got.mail["Auto-Submitted"] == "auto-replied"
    assert b"pills" not in got.raw
    assert "pills" not in got.mail["Subject"] + got.mail.get_content()


def test_a_temporary_refusal_is_tried_again_later_and_later(ticket, ana, sink):
    answer(ticket, ana)
    sink.answers[:] = ["451 not now", "421 busy"]
    deliver()
    assert states() == [("waiting", 1)]
    deliver(after=timedelta(seconds=50))
    assert states() == [("waiting", 1)]
    deliver(after=timedelta(seconds=61))
    assert states() == [("waiting", 2)]
    deliver(after=timedelta(seconds=200))
    assert states() == [("sent", 3)]
    assert len(sink.mails) == 1


def test_order_is_kept_behind_what_has_to_wait_and_nobody_else_waits(ticket, ana, sink, mailbox):
    other = from_customer(mailbox, sender="Olga <olga@customer.test>")
    answer(ticket, ana, "first")
    answer(ticket, ana, "second", seen=None)
    answer(other, ana, "elsewhere")
    sink.answers[:] = ["451 not now"]
    deliver()
    assert [got.mail.get_body(("plain",)).get_content().strip() for got in sink.mails] == ["elsewhere"]
    deliver(after=timedelta(minutes=2))
    assert [got.mail.get_body(("plain",)).get_content().strip() for got in sink.mails] == [
        "elsewhere",
        "first",
        "second",
    ]


def test_a_refused_recipient_is_failed_and_the_others_are_sent(ticket, ana, sink):
    answer(ticket, ana)
    with transaction():
        first = db.session.scalar(select(Delivery))
        for name in ("a", "b"):
            db.session.add(
                Delivery(
                    ticket_id=first.ticket_id,
                    message_id=first.message_id,
                    channel="mail",
                    channel_id=first.channel_id,
                    kind="reply",
                    recipient=f"{name}@customer.test",
                    key=first.key,
                    content={},
                    state="waiting",
                    promised_at=now(),
                    next_try_at=now(),
                )
            )
    sink.refuse["a@customer.test"] = "550 5.1.1 no such user"
    deliver()
    assert [state for state, _ in states()] == ["sent", "failed", "sent"]
    (failure,) = events("delivery_failed")
    assert failure.facts["recipient"] == "a@customer.test"
    assert "no such user" in failure.facts["result"]
    deliver(after=timedelta(days=1))
    assert sink.commands.count("RCPT a@customer.test") == 1


def test_after_two_days_of_trying_it_has_failed(ticket, ana, sink):
    answer(ticket, ana)
    db.session.execute(update(Delivery).values(attempts=outbox.TRIES - 1))
    db.session.commit()
    sink.answers[:] = ["451 never"]
    deliver()
    assert states() == [("failed", outbox.TRIES)]


def test_a_server_that_is_down_costs_one_try_a_round_and_no_more(ticket, ana, mailbox, sink):
    mailbox.settings = {**mailbox.settings, "smtp_port": 1}
    db.session.commit()
    answer(ticket, ana)
    deliver()
    assert states() == [("waiting", 1)]
    assert "did not take it" in db.session.scalar(select(Delivery.result))


@pytest.mark.parametrize("implicit", [False, True])
def test_mail_goes_encrypted_with_the_mailboxs_password(team, ana, tmp_path, implicit):
    with sinks.encrypted(tmp_path, implicit=implicit) as sink:
        security = {"smtp_security": "tls"} if implicit else {}
        sealed = secrets.seal({"smtp_password": "correct-horse"})
        known = sink.settings(smtp_user="support", acknowledge=False, **security)
        answer(from_customer(make_mailbox(team, settings=known, secrets=sealed)), ana)
        deliver()
        assert states() == [("sent", 1)], db.session.scalar(select(Delivery.result))
        assert sink.logins == [(b"support", b"correct-horse")]


def test_a_wrong_password_is_no_storm(team, ana, tmp_path):
    with sinks.encrypted(tmp_path) as sink:
        sealed = secrets.seal({"smtp_password": "wrong"})
        mailbox = make_mailbox(team, settings=sink.settings(smtp_user="support", acknowledge=False), secrets=sealed)
        for number in range(5):
            answer(from_customer(mailbox, sender=f"c{number}@customer.test"), ana)
        deliver()
        assert len(sink.logins) <= 2
        assert {state for state, _ in states()} == {"waiting"}
        assert "535" in db.session.scalar(select(Delivery.result))


def test_demo_answers_never_leave(team, ana, sink):
    mailbox = make_mailbox(team, settings=sink.settings(), demo=True)
    answer(from_customer(mailbox), ana)
    deliver()
    assert sink.mails == []
    assert {state for state, _ in states()} == {"sent"}
    assert db.session.scalar(select(Delivery.result)) == "demo: not sent"


def test_two_workers_send_each_answer_once(app, ana, sink, mailbox):
    for number in range(12):
        answer(from_customer(mailbox, sender=f"c{number}@customer.test"), ana)

    def work(_):
        with app.app_context():
            try:
                return outbox.deliver_waiting()
            finally:
                db.session.remove()

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(work, range(3))) == 12
    assert sorted(got.recipient for got in sink.mails) == sorted(f"c{number}@customer.test" for number in range(12))


def test_a_worker_that_died_before_the_content_went_out_costs_nothing(ticket, ana, sink):
    answer(ticket, ana)
    claim = outbox._claim()
    assert deliver() == 0
    deliver(after=timedelta(seconds=121))
    assert len(sink.mails) == 1
    assert outbox._hand_over(claim) is False


def test_a_late_worker_may_not_send_or_write_over_what_the_next_one_does(ticket, ana, sink):
    answer(ticket, ana)
    late = outbox._claim()
    with pretend(now() + timedelta(seconds=121)):
        outbox._take_back()
        current = outbox._claim()
        assert outbox._hand_over(late) is False
        outbox._settle(late, failed("too late"))
        assert [state for state, _ in states()] == ["sending"]
        assert outbox._hand_over(current) is True


def test_a_failed_delivery_is_sent_again_by_hand_under_the_same_message_id(ticket, ana, sink):
    answer(ticket, ana)
    sink.answers[:] = ["554 spam"]
    deliver()
    delivery = db.session.scalar(select(Delivery))
    outbox.send_again(delivery.id, by=ana)
    assert "workers.outbound.deliver" in [job.func_name for job in bell.queue().jobs]
    deliver()
    assert sink.mails[0].mail["Message-ID"] == f"<{delivery.key}>"
    with pytest.raises(Conflict):
        outbox.send_again(delivery.id, by=ana)


def test_somebody_of_another_team_may_not_send_again(ticket, ana, sink):
    answer(ticket, ana)
    stranger = make_staff(teams=[make_team()])
    with pytest.raises(NotFound):
        outbox.send_again(db.session.scalar(select(Delivery.id)), by=stranger)


def test_a_notice_goes_to_staff_without_the_tickets_token(ticket, ana, sink):
    with transaction():
        db.session.add(
            Delivery(
                ticket_id=ticket.id,
                channel="mail",
                kind="notice",
                recipient="ana@staff.test",
                key="n1@helpdesk.test",
                content={"subject": "Срок нарушен", "text": "…"},
                promised_at=now(),
                next_try_at=now(),
                state="waiting",
            )
        )
    deliver()
    (got,) = sink.mails
    assert got.mail["Auto-Submitted"] == "auto-generated"
    assert got.mail["Subject"] == "Срок нарушен"
    assert got.mail["Reply-To"] is None
    assert secret_in(got.raw.decode(), settings().secret_key) is None
    assert events("delivered") == []


def test_dots_and_long_lines_come_out_as_they_were_written(ticket, ana, sink):
    text = ".\n..\n.x\n" + "слово " * 400 + "\nend"
    answer(ticket, ana, text)
    deliver()
    assert re.sub(r"\r?\n", "\n", sink.mails[0].mail.get_body(("plain",)).get_content()).strip() == text
