"""Hosts and passwords outside ASCII, and servers that take their time: each is an answer in words, none a dead worker."""

import socket
import threading
from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest
from sqlalchemy import select

from helpdesk.channels.mail import smtp
from helpdesk.channels.mail.tls import Server
from helpdesk.errors import Conflict
from helpdesk.services import desk, intake, mailboxes, outbox, secrets
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.services.store import transaction
from helpdesk.tickets.models import Delivery, Ticket
from tests import dovecot as dovecots
from tests import sink as sinks
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team

PASSWORD = "пароль-и-ключ"


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


def again(row):
    db.session.rollback()
    return db.session.get(type(row), row.id, populate_existing=True)


def answered(team, settings, password):
    """A delivery that waits to go out through a mailbox with that password."""
    sealed = secrets.seal({"smtp_password": password})
    mailbox = make_mailbox(team, settings={**settings, "acknowledge": False}, secrets=sealed)
    arrive(mailbox, eml())
    intake.file_waiting()
    desk.reply(db.session.scalar(select(Ticket.number)), text="Yes.", by=make_staff(teams=[team]))
    return db.session.scalars(select(Delivery)).one()


@pytest.mark.parametrize(
    "host", ["imap..example.com", "", "a b.example.com", "https://x.test", "x.test:993", "-x.test"]
)
def test_what_is_no_name_of_a_server_is_refused(host):
    with pytest.raises(Conflict):
        Server(host, 993, "tls")


@pytest.mark.parametrize("host", ["imap.example.com", "почта.рф", "10.0.0.1", "::1", "mail_1.example.com."])
def test_what_is_a_name_of_a_server_is_taken(host):
    assert Server(host, 993, "tls").host == host


def test_a_host_that_was_kept_though_it_is_none_is_noted_in_words(team):
    box = make_mailbox(team, settings={"imap_host": "imap..example.com"})
    mailboxes.read(box.id)
    assert "no name of a server" in again(box).error


def test_a_mailbox_is_read_with_a_password_in_cyrillic(team, folder):
    with dovecots.running(folder / "cyrillic", password=PASSWORD) as server:
        account = server.user()
        box = make_mailbox(team, account.name, account.settings(), secrets=secrets.seal({"imap_password": PASSWORD}))
        mailboxes.read(box.id)
    assert (again(box).error, again(box).seen_at is not None) == ("", True)


def test_a_wrong_password_in_cyrillic_is_noted_in_words(team, dovecot):
    account = dovecot.user()
    box = make_mailbox(team, account.name, account.settings(), secrets=secrets.seal({"imap_password": "неверный"}))
    mailboxes.read(box.id)
    assert "refused the user name or the password" in again(box).error


def test_an_answer_is_sent_with_a_password_in_cyrillic(team, tmp_path):
    with sinks.encrypted(tmp_path) as sink:
        sink.password = PASSWORD.encode()
        delivery = answered(team, sink.settings(smtp_user="support"), PASSWORD)
        outbox.deliver_waiting()
        assert (again(delivery).state, len(sink.mails)) == ("sent", 1)


def test_a_wrong_password_in_cyrillic_is_tried_again_later(team, tmp_path):
    with sinks.encrypted(tmp_path) as sink:
        delivery = answered(team, sink.settings(smtp_user="support"), "неверный")
        outbox.deliver_waiting()
    assert (again(delivery).state, "535" in delivery.result) == ("waiting", True)


@pytest.mark.parametrize("step", ["OPENING", "SENDING"])
def test_a_server_that_answers_drop_by_drop_is_left(team, monkeypatch, step):
    monkeypatch.setattr(smtp, step, 0.5)
    with dripping(opening=step == "OPENING") as port:
        settings = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none"}
        delivery = answered(team, settings, "")
        outbox.deliver_waiting()
    assert (again(delivery).state, "did not take it" in delivery.result) == ("waiting", True)


@contextmanager
def dripping(*, opening):
    """A server that never comes to the end of an answer: to the first command, or to the first mail."""
    done, listener = threading.Event(), socket.create_server(("127.0.0.1", 0))

    def serve():
        with suppress(OSError):
            link, _ = listener.accept()
            with link, link.makefile("rb") as lines:
                link.sendall(b"220 here\r\n")
                for _ in range(0 if opening else 1):
                    lines.readline()
                    link.sendall(b"250 here\r\n")
                lines.readline()
                while not done.wait(0.05):
                    link.sendall(b"250-wait\r\n")

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        done.set()
        listener.close()
        thread.join(10)


def test_what_ends_every_worker_fails_in_the_end(team):
    delivery = answered(team, {}, "")
    with transaction():
        row = db.session.get(Delivery, delivery.id)
        row.state, row.attempts, row.claimed_by, row.next_try_at = "sending", outbox.TRIES, "dead", now()
    with pretend(now() + timedelta(seconds=1)):
        outbox.deliver_waiting()
    assert again(delivery).state == "failed"
