"""Row 10: the answer to a COMMIT is lost, each of a job's in turn: what was done is not done again, and nothing is missed."""

import re
import uuid
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import select
from sqlalchemy.engine import make_url

from helpdesk import web
from helpdesk.services import desk, holders, intake, leases, listening, mailboxes, outbox, secrets
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.tickets.models import Ticket
from tests import swallowing
from tests.channels.chat.channels import make_webhook
from tests.channels.chat.signing import message, sign
from tests.conftest import ON, settings
from tests.dovecot import PASSWORD
from tests.faults.crew import UNSENT
from tests.faults.test_01_kill_at_every_step import handled, large
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team
from tests.mta import Mta
from tests.oracle import Oracle
from tests.sink import Sink, serving
from tests.web.conftest import as_  # noqa: F401


@pytest.fixture
def line():
    return swallowing.Line()


@pytest.fixture
def config(config, line, folder, tmp_path):
    """The settings of a test, by a line that loses an answer when it is told to."""
    if ON == "sqlite":
        yield config
        return
    place, url = folder / f"line-{uuid.uuid4().hex[:8]}", make_url(config.database_url)
    place.mkdir()
    with swallowing.cutting(line, place, url.query["host"]):
        by_line = url.update_query_dict({"host": str(place)}).render_as_string()
        yield settings(tmp_path, by_line, config.redis_url)


@pytest.fixture
def app(app, line):
    web.init_app(app)
    if ON == "sqlite":
        swallowing.change(line, db.engine)
    make_policy()
    return app


@pytest.fixture
def team(app):
    return make_team()


@pytest.fixture
def ana(team):
    return make_staff(teams=[team])


@pytest.fixture
def mailbox(team):
    return make_mailbox(team)


def later(job, seconds):
    db.session.remove()
    with pretend(now() + timedelta(seconds=seconds)):
        return job()


def fresh(sent):
    """A UUID of its own for one more contact."""
    sent.append(str(uuid.uuid4()))
    return sent[-1]


def numbers(line, least):
    """1, 2, 3 … until a job has no commit of that number; it has so many at least."""
    for number in count(1):
        yield number
        if not line.lost:
            assert number > least
            return


def test_what_is_filed_is_filed_once(config, line, mailbox):
    sent, oracle = [], Oracle(config)
    for number in numbers(line, 2):
        known = fresh(sent)
        arrive(mailbox, large(known) if number % 2 else eml(f"c-{known}@customer.test", text=known))
        line.losing(number, intake.file_waiting)
        later(intake.file_waiting, 31)
        assert oracle.fates() == {one: ["message"] for one in sent}
    assert oracle.problems() == []
    assert oracle.one("SELECT count(*) FROM delivery") == len(sent)  # the acknowledgements


def test_a_mailbox_is_read_again_at_once_and_each_mail_kept_once(config, line, team, dovecot):
    account, sent, oracle = dovecot.user(), [], Oracle(config)
    sealed = secrets.seal({"imap_password": PASSWORD})
    channel_id = make_mailbox(team, account.name, account.settings(after_read="seen"), secrets=sealed).id
    for number in numbers(line, 4):
        account.append(large(fresh(sent)))
        line.losing(number, mailboxes.read, channel_id)
        assert handled(account, "seen") <= oracle.fates().keys()
        mailboxes.read(channel_id)
        assert oracle.fates() == {one: ["received"] for one in sent}
        assert handled(account, "seen") == set(sent)
    assert list(oracle.wrong_files()) == []


def test_a_seat_whose_taking_was_not_answered_is_held_at_once(line, app):
    seat = leases.Seat("mailbox:1", holders.fresh(), 45)
    assert line.losing(1, seat.hold) is None
    assert seat.hold()


def test_an_event_that_is_not_said_yes_to_comes_again_and_is_kept_once(config, line, app, team):
    channel, sent, oracle = make_webhook(team=team).name, [], Oracle(config)
    for number in numbers(line, 1):
        body = message(fresh(sent))
        headers = sign(body, now(), f"evt-{number}")
        answers = [line.losing(number, hand_over, app, channel, headers, body), hand_over(app, channel, headers, body)]
        assert answers in ([503, 204], [204, 204])
        assert oracle.fates() == {one: ["received"] for one in sent}


def hand_over(app, channel, headers, body):
    return (
        app.test_client()
        .post(f"/hooks/{channel}", data=body, headers=headers, content_type="application/json")
        .status_code
    )


def test_a_mail_that_is_not_answered_250_comes_again_and_is_kept_once(config, line, app, mailbox):
    sent, oracle, door = [], Oracle(config), Sink()
    with serving(door, lambda: listening.Speaker(listening.Door(app))):
        sender = Mta(door.port, 10)
        for number in numbers(line, 1):
            raw = eml(text=fresh(sent))
            taken = [line.losing(number, sender.hands_in, raw), sender.hands_in(raw)]
            assert taken in ([False, True], [True, True])
            assert oracle.fates() == {one: ["received"] for one in sent}


def test_an_answer_is_given_once_however_often_its_button_is_pressed(config, line, as_, ana, mailbox):  # noqa: F811
    client, oracle = as_(ana), Oracle(config)
    arrive(mailbox, eml())
    intake.file_waiting()
    for number in numbers(line, 1):
        form = {"text": f"Answer {number}", "seen": seen(client)}
        first = line.losing(number, say, client, form)
        assert (first.status_code, "Nothing was changed" in first.text) in ((303, False), (503, False))
        assert say(client, form).status_code == 409
        assert oracle.one(f"SELECT count(*) FROM message WHERE text = 'Answer {number}'") == 1
    assert oracle.problems() == []


def seen(client):
    return re.search(r'name="seen" value="(\d+)"', client.get("/tickets/1").text)[1]


def say(client, form):
    return client.post("/tickets/1/messages", data=form)


def test_what_is_sent_is_sent_once_or_says_that_nobody_knows(config, line, team, ana, sink):
    mailbox, oracle = make_mailbox(team, settings=sink.settings(acknowledge=False)), Oracle(config)
    for number in numbers(line, 4):
        arrive(mailbox, eml(f"c{number}@customer.test"))
        intake.file_waiting()
        desk.reply(newest(), text="answer", by=ana)
        line.losing(number, outbox.deliver_waiting)
        for _ in range(2):
            later(outbox.deliver_waiting, 121)
    assert oracle.one(UNSENT) == 0
    assert list(oracle.wrong_deliveries(sink)) == []
    assert {state for (state,) in oracle.rows("SELECT state FROM delivery")} == {"sent", "unknown"}


def newest():
    return db.session.scalar(select(Ticket.number).order_by(Ticket.id.desc()).limit(1))
