"""One word that stands in internal notes and their files only: it leaves the house by no way, whatever is done with the ticket.

Where a quotation takes its words from is in tests/services/test_recipients.py; here everything that leaves is looked through.
"""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from helpdesk.channels.incoming import File
from helpdesk.services import desk, firing, following, forwards, hooks, intake, lookup, merging, outbox, splitting
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.services.sending import Manner
from helpdesk.services.store import settings
from helpdesk.tickets.models import Attachment, Delivery, Message, Ticket
from helpdesk.tickets.tokens import token
from tests.channels.chat.channels import make_webhook
from tests.channels.chat.receiver import receiver, says
from tests.channels.chat.signing import message, sign
from tests.making import HOUR, arrive, eml, make_mailbox, make_policy, make_shift, make_staff, make_team

CANARY = "canary4711"
ALL = Manner(to="marat@customer.test", cc="third@party.test", quote="thread")


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def ana(team):
    return make_staff(teams=[team], login="ana")


@pytest.fixture
def mailbox(team, sink):
    return make_mailbox(team, settings=sink.settings(acknowledge=True))


@pytest.fixture
def lead(team):
    made = make_staff("supervisor", teams=[team])
    make_shift(made, team)
    return made


@pytest.fixture
def pair(mailbox, ana, lead):
    """Two tickets of one customer, each with a note and a file in which the word stands."""
    for text in ("The cup.", "The plate."):
        arrive(mailbox, eml(text=text))
        intake.file_waiting()
    following.follow(1, by=lead)
    for number in (1, 2):
        noted(number, ana)
    return 1, 2


def noted(number, by):
    name = by.login
    desk.note(number, text=f"{CANARY} @{name}", by=by, files=[File(f"{CANARY}.txt", "text/plain", CANARY.encode())])


def leaves():
    """Everything that waits leaves, at once and after a while."""
    for later in (0, 10, 60):
        with pretend(now() + timedelta(minutes=later)):
            outbox.deliver_waiting()


def everything_sent(sink):
    """Every mail part as its reader sees it, decoded; and all that was promised to anybody by any way."""
    db.session.rollback()
    read = [
        f"{mail.mail.as_string()} {part.get_content()}"
        for mail in sink.mails
        for part in mail.mail.walk()
        if not part.is_multipart()
    ]
    return [
        *map(str, read),
        *(json.dumps([row.content, row.recipient]) for row in db.session.scalars(select(Delivery))),
    ]


def leaked(sink):
    return [words for words in everything_sent(sink) if CANARY in words]


def texts(sink, recipient):
    return [mail.mail.get_body(("plain",)).get_content() for mail in sink.mails if mail.recipient == recipient]


def test_no_answer_quotation_acknowledgement_or_notice_has_it(pair, mailbox, ana, sink):
    ticket = db.session.scalar(select(Ticket).where(Ticket.number == 1))
    address = f"support+{token(ticket.secret, settings().secret_key, 'marat@customer.test')}@helpdesk.test"
    desk.reply(1, text="We look.", by=ana, manner=ALL, then="pend")
    arrive(mailbox, eml(to=address, text="And?"))
    intake.file_waiting()
    noted(1, ana)
    desk.reply(1, text="Here it is.", by=ana, manner=ALL, then="solve")
    leaves()
    assert any("The cup." in text and "We look." in text for text in texts(sink, "marat@customer.test"))
    assert texts(sink, "third@party.test") != []
    assert leaked(sink) == []


def test_nor_has_what_is_forwarded(pair, mailbox, ana, sink):
    for number in pair:
        asked = forwards.source(number, None, by=ana)
        forwards.forward(
            number, asked.id, to="third@party.test", text="Can you mend it?", files=[], hold=True, seen=asked.id, by=ana
        )
    leaves()
    said = texts(sink, "third@party.test")
    assert ["The cup." in said[0], "The plate." in said[1]] == [True, True]
    arrive(mailbox, eml("third@party.test", to=str(sink.mails[-1].mail["Reply-To"]), text=f"{CANARY} comes back."))
    intake.file_waiting()
    desk.reply(2, text="Here it is.", by=ana, manner=Manner(quote="thread"), then="solve")
    leaves()
    assert leaked(sink) == []


def test_nor_has_what_is_sent_from_a_ticket_that_was_merged_parted_or_split(pair, ana, sink):
    merging.merge(1, 2, by=ana)
    desk.reply(1, text="Both.", by=ana, manner=ALL)
    asked = db.session.scalars(
        select(Message.id).where(Message.ticket_id == 1, Message.kind.in_(("received", "note")))
    ).all()
    made = splitting.split(1, asked, subject="Plate", by=ana)
    desk.reply(made.number, text="Split.", by=ana, manner=ALL)
    merging.part(2, by=ana)
    desk.reply(2, text="Parted.", by=ana, manner=ALL)
    leaves()
    said = "".join(texts(sink, "marat@customer.test"))
    assert all(word in said for word in ("Both.", "Split.", "Parted."))
    assert leaked(sink) == []


def test_nor_have_letters_and_digests_to_staff(pair, mailbox, team, ana, lead, sink):
    for number in range(3, 12):
        arrive(mailbox, eml(f"c{number}@customer.test"))
        intake.file_waiting()
        noted(number, ana)
    with pretend(now() + 5 * HOUR):
        firing.fire_due()
        leaves()
    assert (
        db.session.scalar(select(Delivery.id).where(Delivery.kind == "notice", Delivery.ticket_id.is_(None)))
        is not None
    )
    assert leaked(sink) == []


def test_nor_has_an_answer_in_a_chat(team, ana, sink):
    with receiver(says(204)) as other:
        make_webhook("site", team=team, settings={"answer_url": other.url, "allow_private": True})
        body = message("Where is my coupon?")
        hooks.receive("site", sign(body, now()), body)
        intake.file_waiting()
        noted(1, ana)
        desk.reply(1, text="On its way.", by=ana)
        leaves()
    assert ["On its way." in body.decode() for _, _, body in other.got] == [True]
    assert CANARY not in str(other.got)
    assert leaked(sink) == []


def test_it_is_found_and_shown_to_who_may_see_the_ticket_and_to_nobody_else(as_, pair, ana):
    stranger = make_staff(teams=[make_team()])
    assert [found.ticket.number for found in lookup.search(CANARY, by=ana).found] == [2, 1]
    assert lookup.search(CANARY, by=stranger).found == []
    page, file = as_(stranger), db.session.scalar(select(Attachment.id))
    shown = page.get("/lookup", query_string={"q": f"{CANARY}", "ticket": "1"}).text
    assert shown.count(CANARY) == as_(make_staff(teams=[make_team()])).get(f"/lookup?q={CANARY}").text.count(CANARY)
    assert page.get(f"/tickets/1/files/{file}").status_code == 404
    assert CANARY in as_(ana).get("/tickets/1").text
