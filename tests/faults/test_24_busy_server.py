"""Row 24: the server says 421 or 451 for an hour and is well again: fewer and fewer tries, then everything, in order, once."""

import random
from datetime import timedelta

import pytest
from sqlalchemy import select

from helpdesk.services import desk, intake, outbox, secrets
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.tickets.models import Ticket
from tests.channels.chat.receiver import receiver, says
from tests.faults.crew import UNSENT
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team
from tests.oracle import Oracle

SEED, CUSTOMERS, ANSWERS = 24, 4, 3


def answers(mailbox, ana):
    for number in range(CUSTOMERS):
        arrive(mailbox, eml(f"c{number}@customer.test"))
    intake.file_waiting()
    for text in range(ANSWERS):
        for number in db.session.scalars(select(Ticket.number).order_by(Ticket.number)).all():
            desk.reply(number, text=f"answer {text}", by=ana)


@pytest.fixture
def ana(app):
    make_policy()
    return make_staff(teams=[make_team()])


def passes(start, minutes):
    for minute in minutes:
        with pretend(start + timedelta(minutes=minute)):
            outbox.deliver_waiting()


def test_after_an_hour_of_not_now_everything_arrives_in_order_and_once(ana, sink, config):
    chance, start = random.Random(SEED), now()
    box = make_mailbox(ana.memberships[0].team, settings=sink.settings(acknowledge=False))
    answers(box, ana)
    sink.answers[:] = [chance.choice(["421 closing", "451 later"]) for _ in range(10_000)]
    passes(start, range(60))
    tries = 10_000 - len(sink.answers)
    assert sink.mails == []
    assert tries <= CUSTOMERS * 7  # after 0, 1, 3, 7, 15, 31 minutes, the next after 63
    sink.answers.clear()
    passes(start, range(60, 200))
    for number in range(CUSTOMERS):
        got = [
            mail.mail.get_body(("plain",)).get_content().strip()
            for mail in sink.mails
            if mail.recipient == f"c{number}@customer.test"
        ]
        assert got == [f"answer {text}" for text in range(ANSWERS)]
    assert Oracle(config).one(UNSENT) == 0
    assert list(Oracle(config).wrong_deliveries(sink)) == []


@pytest.mark.once
def test_the_same_with_a_providers_api(ana):
    start, busy = now(), [True]

    def answer(handler):
        say = says(503 if busy else 200, b"{}")
        say(handler)

    with receiver(answer) as other:
        known = {"send_by": "mailgun", "api_url": other.url, "allow_private": True, "acknowledge": False}
        sealed = secrets.seal({"api_key": "k"})
        answers(make_mailbox(ana.memberships[0].team, settings=known, secrets=sealed), ana)
        passes(start, range(60))
        assert len(other.got) <= CUSTOMERS * 7
        other.got.clear()
        busy.clear()
        passes(start, range(60, 200))
        assert len(other.got) == CUSTOMERS * ANSWERS
