"""Two tickets about one matter are one, with the earliest clock, and can be parted again; notes stay notes."""

import pytest
from sqlalchemy import select

from helpdesk.errors import Conflict, NotFound
from helpdesk.services import desk, firing, history, intake, merging, outbox
from helpdesk.services.database import db
from helpdesk.services.instant import pretend
from helpdesk.services.sending import Manner
from helpdesk.services.store import settings
from helpdesk.sla.models import Clock
from helpdesk.tickets.models import Message, Ticket
from helpdesk.tickets.tokens import token
from tests.differing import differing_clocks
from tests.making import HOUR, MINUTE, MONDAY, arrive, eml, make_mailbox, make_policy, make_staff, make_team
from tests.oracle import Oracle


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def ana(team):
    return make_staff(teams=[team])


@pytest.fixture
def mailbox(team):
    return make_mailbox(team, settings={"acknowledge": False})


@pytest.fixture
def pair(mailbox, ana):
    """Two tickets of one customer; in the second one there is an answer and a note."""
    comes(mailbox, MONDAY, eml(text="First."))
    comes(mailbox, MONDAY + HOUR, eml(text="Second.", subject="Again"))
    with pretend(MONDAY + HOUR + MINUTE):
        desk.note(2, text="Secret.", by=ana)
    return 1, 2


def comes(mailbox, at, raw):
    with pretend(at):
        arrive(mailbox, raw)
        intake.file_waiting()


def one(number):
    db.session.rollback()
    return db.session.scalar(select(Ticket).where(Ticket.number == number).execution_options(populate_existing=True))


def told(number):
    said = db.session.scalars(select(Message).where(Message.ticket_id == one(number).id).order_by(Message.at))
    return [(message.kind, message.text) for message in said]


def clocks(number):
    query = select(Clock.kind, Clock.started_at, Clock.state, Clock.due_at).where(Clock.ticket_id == one(number).id)
    return sorted(map(str, db.session.execute(query)))


def merge(number, other, by, at=MONDAY + 2 * HOUR):
    with pretend(at):
        return merging.merge(number, other, by=by)


def whole(config):
    firing.fire_due()
    assert (Oracle(config).problems(), history.verify_all()) == ([], [])


@pytest.mark.parametrize("asked", [(1, 2), (2, 1)])
def test_the_one_opened_first_stays_with_its_clock_whichever_is_named(pair, ana, config, asked):
    assert merge(*asked, ana).number == 1
    assert told(1) == [("received", "First."), ("received", "Second."), ("note", "Secret.")]
    assert (one(2).status, one(2).voided["into"], one(1).due_kind) == ("closed", 1, "first_response")
    with pretend(MONDAY + 2 * HOUR):
        assert (one(1).due_at, differing_clocks()) == (MONDAY + HOUR, [])
        whole(config)


def test_parted_again_both_are_as_before(pair, ana, config):
    with pretend(MONDAY + 90 * MINUTE):
        desk.pend(1, by=ana)
    before = [(one(n).status, one(n).waiting_since, clocks(n)) for n in (1, 2)]
    merge(1, 2, ana)
    assert one(1).status == "open"
    with pretend(MONDAY + 2 * HOUR):
        merging.part(2, by=ana)
        assert [(one(n).status, one(n).waiting_since, clocks(n)) for n in (1, 2)] == before
        assert told(1)[1:] == [("withdrawn", "Second."), ("withdrawn", "Secret.")]
        assert differing_clocks() == []
        whole(config)


def test_what_was_done_since_stays_when_they_are_parted(pair, ana, config):
    merge(1, 2, ana)
    with pretend(MONDAY + 3 * HOUR):
        desk.reply(1, text="Both.", by=ana, then="solve")
        merging.part(2, by=ana)
        assert (one(1).status, one(2).status, differing_clocks()) == ("solved", "new", [])
        whole(config)


def test_what_comes_later_goes_to_the_one_that_stays_and_after_parting_to_its_own(pair, ana, mailbox):
    merge(1, 2, ana)
    address = f"support+{token(one(2).secret, settings().secret_key)}@helpdesk.test"
    comes(mailbox, MONDAY + 3 * HOUR, eml(to=address, text="Third."))
    assert told(1)[-1] == ("received", "Third.")
    merging.part(2, by=ana)
    comes(mailbox, MONDAY + 4 * HOUR, eml(to=address, text="Fourth."))
    assert (told(2)[-1], told(1)[-1]) == (("received", "Fourth."), ("received", "Third."))


@pytest.mark.once
def test_a_merged_one_can_be_merged_again_after_parting(pair, ana, config):
    for _ in range(2):
        merge(1, 2, ana)
        with pretend(MONDAY + 2 * HOUR):
            merging.part(2, by=ana)
    merge(1, 2, ana)
    assert [kind for kind, _text in told(1)].count("note") == 1
    with pretend(MONDAY + 2 * HOUR):
        whole(config)


@pytest.mark.once
def test_no_note_leaves_the_house_by_it(pair, ana, mailbox, sink):
    mailbox.settings = {**mailbox.settings, **sink.settings()}
    db.session.commit()
    merge(1, 2, ana)
    desk.reply(1, text="See.", by=ana, manner=Manner(quote="thread"))
    outbox.deliver_waiting()
    text = sink.mails[-1].mail.get_body(("plain",)).get_content()
    assert ("Second." in text, "Secret." in text) == (True, False)


@pytest.mark.once
def test_what_is_no_pair_is_refused_with_a_sentence(pair, ana):
    with pytest.raises(Conflict, match="one ticket"):
        merge(1, 1, ana)
    with pytest.raises(Conflict, match="was not brought"):
        merging.part(1, by=ana)
    with pytest.raises(NotFound):
        merge(1, 2, make_staff(teams=[make_team()]))


@pytest.mark.once
def test_what_the_customer_asked_within_a_week_is_suggested(pair, ana, mailbox):
    comes(mailbox, MONDAY + 24 * 8 * HOUR, eml(text="Later."))
    comes(mailbox, MONDAY, eml(sender="eve@elsewhere.test"))
    assert [ticket.number for ticket in merging.alike(one(1), by=ana)] == [2]
