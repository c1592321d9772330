"""Mail by SMTP and LMTP: "250" means that it is in the ledger."""

import smtplib
import time

import pytest
from sqlalchemy import select, text

from helpdesk.channels.ledger import Inbox
from helpdesk.services import intake, ledger, secrets
from helpdesk.services.database import db
from helpdesk.services.store import settings
from helpdesk.tickets.models import Ticket
from helpdesk.tickets.tokens import token
from tests import listener
from tests.dovecot import PASSWORD
from tests.making import eml, make_mailbox, make_policy, make_team


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def mailbox(team):
    return make_mailbox(team)


@pytest.fixture
def door(config, mailbox):
    with listener.running(config) as found:
        yield found


def kept():
    db.session.rollback()
    return list(db.session.scalars(select(Inbox).order_by(Inbox.id)))


def hand_in(door, raw, *recipients, protocol=smtplib.SMTP):
    with protocol("127.0.0.1", door.port, timeout=20) as link:
        return link.sendmail("marat@customer.test", recipients or ["support@helpdesk.test"], raw)


def test_what_was_answered_with_250_is_stored_as_it_came(door):
    raw = eml(text="строка\n.\n..точка\n" + "x" * 5000)
    hand_in(door, raw)
    (row,) = kept()
    assert ledger.raw_of(row) == raw
    assert row.facts == {"recipients": ["support@helpdesk.test"], "sender": "marat@customer.test"}


def test_an_unknown_recipient_is_refused_and_a_known_one_is_not(door):
    refused = hand_in(door, eml(), "support@helpdesk.test", "nobody@helpdesk.test")
    assert refused["nobody@helpdesk.test"][0] == 550
    assert len(kept()) == 1


def test_the_same_mail_handed_in_again_is_kept_once(door):
    raw = eml()
    for _ in range(3):
        hand_in(door, raw)
    assert len(kept()) == 1


def test_lmtp_answers_for_each_recipient_and_each_mailbox_gets_its_own(door, team):
    make_mailbox(team, "sales@helpdesk.test")
    with smtplib.LMTP("127.0.0.1", door.port) as link:
        link.ehlo_or_helo_if_needed()
        assert link.mail("a@customer.test")[0] == 250
        for name in ("support", "Sales+anything"):
            assert link.rcpt(f"{name}@helpdesk.test")[0] == 250
        assert link.docmd("DATA")[0] == 354
        link.send(eml() + b".\r\n")
        assert [link.getreply()[0] for _ in range(2)] == [250, 250]
        assert link.noop()[0] == 250
    assert len({row.channel_id for row in kept()}) == 2


def test_a_reply_address_with_its_token_finds_its_ticket(door):
    hand_in(door, eml())
    intake.file_waiting()
    ticket = db.session.scalar(select(Ticket))
    address = f"support+{token(ticket.secret, settings().secret_key)}@helpdesk.test"
    hand_in(door, eml(to=address, text="more"), address)
    hand_in(door, eml(to="undisclosed-recipients:;", text="by the envelope alone"), address)
    intake.file_waiting()
    assert [row.ticket_id for row in kept()] == [ticket.id] * 3


def test_while_the_ledger_cannot_be_written_the_mail_server_keeps_the_mail(door):
    db.session.execute(text("ALTER TABLE inbox RENAME TO gone"))
    db.session.commit()
    with smtplib.SMTP("127.0.0.1", door.port) as link:
        with pytest.raises(smtplib.SMTPDataError) as refusal:
            link.sendmail("a@customer.test", ["support@helpdesk.test"], eml())
        assert refusal.value.smtp_code == 451
        db.session.execute(text("ALTER TABLE gone RENAME TO inbox"))
        db.session.commit()
        link.sendmail("a@customer.test", ["support@helpdesk.test"], eml())
    assert len(kept()) == 1


def test_a_mail_that_is_too_large_is_refused_before_it_comes(door):
    with smtplib.SMTP("127.0.0.1", door.port) as link:
        link.ehlo()
        assert link.mail("a@customer.test", [f"size={30 * 1024 * 1024}"])[0] == 552


def test_sigterm_ends_it_at_once(door):
    begun = time.monotonic()
    door.process.terminate()
    assert door.process.wait(10) == 0
    assert time.monotonic() - begun < 5


def test_it_watches_the_mailboxes_too(config, team, dovecot):
    account = dovecot.user()
    make_mailbox(team, account.name, account.settings(), secrets=secrets.seal({"imap_password": PASSWORD}))
    with listener.running(config):
        account.append(eml())
        end = time.monotonic() + 15
        while not kept():
            assert time.monotonic() < end
            time.sleep(0.05)
