"""Mail by a provider's API: whatever it answers, a mail is sent once, tried again, has failed, or nobody knows."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from helpdesk.channels.models import Channel
from helpdesk.errors import Conflict
from helpdesk.services import channels, desk, intake, outbox, provider, secrets
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.services.sending import Manner
from helpdesk.tickets.models import Delivery, Ticket
from tests.channels.chat.receiver import hangs_up, receiver, says
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team

pytestmark = pytest.mark.once

TAKEN = says(200, b'{"id": "<1@mg>", "message": "Queued. Thank you."}')


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def other():
    """The provider: *answers* are given in order, then it takes everything."""
    answers = []

    def answer(handler):
        say = answers.pop(0) if answers else TAKEN
        say(handler)

    with receiver(answer) as server:
        server.answers = answers
        yield server


@pytest.fixture
def mailbox(team, other):
    known = {"send_by": "mailgun", "api_url": other.url, "allow_private": True, "acknowledge": False}
    return make_mailbox(team, settings=known, secrets=secrets.seal({"api_key": "key-1"}))


def answer(mailbox, team, **manner):
    arrive(mailbox, eml())
    intake.file_waiting()
    desk.reply(
        db.session.scalar(select(Ticket.number)), text="Привет", by=make_staff(teams=[team]), manner=Manner(**manner)
    )


def deliver(after=timedelta()):
    with pretend(now() + after):
        outbox.deliver_waiting()
    db.session.rollback()
    return [(row.state, row.result) for row in db.session.scalars(select(Delivery).order_by(Delivery.id))]


def test_the_whole_mail_goes_to_each_recipient_by_name(mailbox, team, other):
    answer(mailbox, team, cc="c@x.test", bcc="d@x.test")
    assert {state for state, _ in deliver()} == {"sent"}
    assert {path for path, _, _ in other.got} == {"/v3/helpdesk.test/messages.mime"}
    assert {headers["authorization"] for _, headers, _ in other.got} == {"Basic YXBpOmtleS0x"}
    asked = [body.split(b"\r\n\r\n")[1].split(b"\r\n")[0] for _, _, body in other.got]
    assert asked == [b"marat@customer.test", b"c@x.test", b"d@x.test"]
    assert all(b"\r\nCc: c@x.test\r\n" in body for _, _, body in other.got)
    assert not any(b"Bcc" in body for _, _, body in other.got)


@pytest.mark.parametrize("status", [401, 404, 429, 500, 502, 503])
def test_what_may_be_taken_another_time_is_tried_again(mailbox, team, other, status):
    other.answers[:] = [says(status, b'{"message": "not now"}')]
    answer(mailbox, team)
    assert deliver() == [("waiting", f"{status} not now")]
    assert deliver(after=timedelta(seconds=61))[0][0] == "sent"


@pytest.mark.parametrize("status", [301, 400, 413, 422])
def test_what_is_refused_has_failed_with_its_words(mailbox, team, other, status):
    other.answers[:] = [says(status, b'{"message": "to parameter is not a valid address"}')]
    answer(mailbox, team)
    assert deliver() == [("failed", f"{status} to parameter is not a valid address")]
    assert len(other.got) == 1


def test_of_a_mail_that_was_handed_over_without_an_answer_nobody_knows(mailbox, team, other):
    other.answers[:] = [hangs_up]
    answer(mailbox, team)
    assert deliver()[0][0] == "unknown"
    assert deliver(after=timedelta(days=1))[0][0] == "unknown"
    assert len(other.got) == 1


def test_a_provider_that_is_slow_is_not_waited_for_for_ever(mailbox, team, other, monkeypatch):
    monkeypatch.setattr(provider, "PATIENCE", 0.3)
    other.answers[:] = [lambda handler: handler.server.gate.wait(5)]
    other.gate = threading.Event()
    answer(mailbox, team)
    assert deliver() == [("unknown", "No answer came in time.")]
    other.gate.set()


def test_nobody_there_is_no_riddle(mailbox, team):
    mailbox.settings = {**mailbox.settings, "api_url": "http://127.0.0.1:1"}
    db.session.commit()
    answer(mailbox, team)
    assert deliver()[0][0] == "waiting"


def test_a_host_inside_is_never_spoken_to_and_asked_again_later(mailbox, team, other):
    mailbox.settings = {**mailbox.settings, "allow_private": False}
    db.session.commit()
    answer(mailbox, team)
    assert deliver()[0][0] == "waiting"
    assert other.got == []


def test_a_kept_key_is_not_shown_to_another_host(mailbox, team):
    form = {"kind": "mail", "name": "S", "team_id": team.id, "address": mailbox.address, "secrets": {}}
    with pytest.raises(Conflict, match="enter the password"):
        channels.save(mailbox.id, settings={"api_url": "https://evil.test"}, by=make_staff("administrator"), **form)
    assert db.session.get(Channel, mailbox.id).settings["api_url"] != "https://evil.test"
