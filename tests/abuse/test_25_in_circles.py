"""Our own mailboxes as customers, two desks that face each other, forwards in a circle: it stops after one round."""

import re

import pytest
from sqlalchemy import func, select

from helpdesk import make_app
from helpdesk.channels.ledger import Inbox
from helpdesk.channels.mail.compose import compose
from helpdesk.services import intake, letters
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.services.store import transaction
from helpdesk.tickets.models import Delivery, Ticket
from tests.conftest import settings
from tests.making import arrive, eml, make_mailbox, make_team

MARKS = re.compile(rb"^(?:Auto-Submitted|X-Auto-Response-Suppress|X-Loop|Precedence): .*\r\n", re.MULTILINE)


@pytest.fixture
def mailbox(app):
    return make_mailbox(make_team())


def file(mailbox, raw):
    """What became of a mail, and why."""
    arrive(mailbox, raw)
    intake.file_waiting()
    db.session.rollback()
    newest = db.session.scalars(select(Inbox).order_by(Inbox.id.desc()).limit(1)).one()
    return newest.state, newest.reason


def count(kind):
    return db.session.scalar(select(func.count()).select_from(kind))


def leaving():
    """What this desk sends now, with whom it is for."""
    with transaction():
        waiting = db.session.scalars(select(Delivery).where(Delivery.state == "waiting")).all()
        mails = [(one.recipient, compose(letters.letter_of(one, channel_of(one)))) for one in waiting]
        for one in waiting:
            one.state, one.done_at = "sent", now()
    return mails


def channel_of(delivery):
    from helpdesk.channels.models import Channel

    return db.session.get_one(Channel, delivery.channel_id)


def test_our_own_mailbox_as_the_sender_opens_nothing(mailbox):
    assert file(mailbox, eml(mailbox.address)) == ("refused", "own")
    assert count(Delivery) == 0


def test_our_own_mailbox_as_reply_to_is_sent_nothing(mailbox):
    file(mailbox, eml(Reply_To=mailbox.address))
    assert [one.recipient for one in db.session.scalars(select(Delivery))] == ["marat@customer.test"]


def test_a_mail_to_two_of_our_mailboxes_is_acknowledged_once(mailbox):
    sales = make_mailbox(mailbox.team, "sales@helpdesk.test")
    raw = eml(Cc=sales.address)
    for one in (mailbox, sales):
        file(one, raw)
    assert count(Delivery) == 1


def test_a_mail_that_is_forwarded_in_a_circle_is_one_ticket(mailbox):
    raw = eml()
    assert file(mailbox, raw) == ("filed", "")
    for number in range(1, 4):
        raw = b"Delivered-To: other@elsewhere.test\r\nReceived: by hop; Fri, 27 Nov 2026 10:00:00 +0000\r\n" + raw
        assert (number, *file(mailbox, raw)) == (number, "refused", "duplicate")
    assert (count(Ticket), count(Delivery)) == (1, 1)


def test_round_trips_within_one_batch_are_seen_as_well(mailbox):
    raw = eml()
    arrive(mailbox, raw)
    arrive(mailbox, b"Received: by hop; Fri, 27 Nov 2026 10:00:00 +0000\r\n" + raw)
    intake.file_waiting()
    assert count(Ticket) == 1


def test_another_text_under_the_same_message_id_is_no_round_trip(mailbox):
    for text in ("One.", "Two."):
        file(mailbox, eml(Message_ID="<same@customer.test>", text=text))
    assert count(Ticket) == 2


def test_an_automatic_mail_of_ours_is_known_by_its_loop_header_alone(mailbox):
    file(mailbox, eml())
    ((_, raw),) = leaving()
    raw = re.sub(rb"Message-ID: <.*>", b"Message-ID: <1@relay.test>", raw)
    raw = re.sub(rb"From: .*", b"From: relay@elsewhere.test", raw)
    raw = re.sub(rb"(?:References|In-Reply-To|Reply-To|Auto-Submitted|X-Auto-Response-Suppress): .*\r\n", b"", raw)
    assert file(mailbox, raw) == ("refused", "own")


def test_a_forged_loop_header_stops_nobodys_mail(mailbox):
    assert file(mailbox, eml(X_Loop="<0123456789.forged@helpdesk.test>")) == ("filed", "")


@pytest.fixture
def desks(app, folder, valkey, fresh_database, tmp_path):
    """Two desks, each with its mailbox: here and there."""
    (tmp_path / "there").mkdir()
    with fresh_database() as url:
        config = settings(tmp_path / "there", url, valkey)
        other = make_app(type(config)(**{**vars(config), "secret_key": "z" * 32, "own_host": "elsewhere.test"}))
        yield {"support@helpdesk.test": app, "help@elsewhere.test": other}
        with other.app_context():
            db.session.remove()
            db.engine.dispose()
        other.extensions["bell"].close()


@pytest.mark.parametrize("marked", [True, False])
def test_two_desks_that_face_each_other_fall_silent(desks, marked):
    """Somebody writes to one in the name of the other; each answers what it takes for a customer's mail."""
    for address, app in desks.items():
        with app.app_context():
            make_mailbox(make_team(), address)
    posts = [("support@helpdesk.test", eml("help@elsewhere.test", "support@helpdesk.test"))]
    rounds = 0
    while posts and rounds < 10:
        rounds += 1
        posts = [mail for post in posts for mail in handled(desks, *post, marked)]
    assert (rounds, posts) == (2 if marked else 3, [])


def handled(desks, recipient, raw, marked):
    """What a desk sends when this mail has come."""
    address = re.sub(r"\+[^@]*", "", recipient)
    with desks[address].app_context():
        from helpdesk.channels.models import Channel

        mailbox = db.session.scalars(select(Channel).where(Channel.address == address)).one()
        arrive(mailbox, raw if marked else MARKS.sub(b"", raw))
        intake.file_waiting()
        sent = leaving()
        db.session.remove()
    return sent
