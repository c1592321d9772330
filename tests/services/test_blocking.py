"""Mail from a blocked address or domain is refused, seen, and can be filed all the same."""

import pytest
from sqlalchemy import select

from helpdesk.channels.blocks import Block
from helpdesk.channels.ledger import Inbox
from helpdesk.errors import Conflict, NotAllowed, NotFound
from helpdesk.services import blocking, intake
from helpdesk.services.database import db
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def lead(team):
    return make_staff("supervisor", [team], email="lead@staff.test")


@pytest.fixture
def root():
    return make_staff("administrator")


@pytest.fixture
def mailbox(team):
    return make_mailbox(team)


def comes(mailbox, sender, **more):
    """What becomes of a mail."""
    arrive(mailbox, eml(sender=sender, **more))
    intake.file_waiting()
    db.session.rollback()
    row = db.session.scalars(select(Inbox).order_by(Inbox.id.desc())).first()
    return row.reason or row.state


@pytest.mark.parametrize(
    ("value", "sender"),
    [
        ("eve@evil.test", "Eve <Eve@Evil.Test>"),
        ("evil.test", "x@evil.test"),
        ("@Evil.test ", "x@a.b.evil.test"),
        ("почта.test", "x@ПОЧТА.test"),
    ],
)
def test_it_is_refused_as_blocked(mailbox, lead, value, sender):
    blocking.block(value, channel_id=mailbox.id, by=lead)
    assert comes(mailbox, sender) == "blocked"


@pytest.mark.parametrize("sender", ["y@evil.test", "eve@evil.test.com", "eve@notevil.test", "eve.evil@test.test"])
def test_others_are_not(mailbox, lead, sender):
    blocking.block("eve@evil.test", channel_id=mailbox.id, by=lead)
    blocking.block("sub.evil.test", channel_id=mailbox.id, by=lead)
    assert comes(mailbox, sender) == "filed"


def test_another_mailbox_still_takes_it(mailbox, lead):
    blocking.block("evil.test", channel_id=mailbox.id, by=lead)
    other = make_mailbox(make_team(), address="sales@helpdesk.test")
    assert comes(other, "x@evil.test") == "filed"


def test_for_all_mailboxes_no_mailbox_takes_it(mailbox, root):
    blocking.block("evil.test", channel_id=None, by=root)
    assert comes(mailbox, "x@evil.test") == "blocked"


def test_refused_it_can_be_filed_all_the_same(mailbox, lead):
    blocking.block("evil.test", channel_id=mailbox.id, by=lead)
    comes(mailbox, "x@evil.test")
    intake.file_as_ticket(db.session.scalar(select(Inbox.id)), by=lead)
    intake.file_waiting()
    assert db.session.scalars(select(Inbox.state).execution_options(populate_existing=True)).all() == ["filed"]


def test_unblocked_it_comes_in_again(mailbox, lead):
    made = blocking.block("evil.test", channel_id=mailbox.id, by=lead)
    blocking.unblock(made.id, by=lead)
    assert comes(mailbox, "x@evil.test") == "filed"


def test_it_says_who_and_when_and_twice_is_once(mailbox, lead):
    first = blocking.block("evil.test", channel_id=mailbox.id, by=lead)
    assert blocking.block("Evil.test", channel_id=mailbox.id, by=lead).id == first.id
    (known,) = blocking.blocks(lead)
    assert (known.by.name, known.at is not None) == (lead.name, True)


@pytest.mark.parametrize(
    "value",
    ["", "x", "a b@evil.test", "a@b@evil.test", "@", "*", "test", "a@evil", "evil.test,x.test"],
)
def test_what_is_no_address_and_no_domain_is_refused(mailbox, lead, value):
    with pytest.raises(Conflict):
        blocking.block(value, channel_id=mailbox.id, by=lead)


@pytest.mark.parametrize("value", ["support@helpdesk.test", "helpdesk.test", "staff.test", "lead@staff.test"])
def test_we_are_not_blocked(mailbox, lead, value):
    with pytest.raises(Conflict, match="One of us"):
        blocking.block(value, channel_id=mailbox.id, by=lead)


def test_only_an_administrator_blocks_everywhere_and_nobody_in_a_foreign_mailbox(mailbox, lead, team):
    with pytest.raises(Conflict):
        blocking.block("evil.test", channel_id=None, by=lead)
    with pytest.raises(NotFound):
        blocking.block("evil.test", channel_id=mailbox.id, by=make_staff("supervisor", [make_team()]))
    with pytest.raises(NotAllowed):
        blocking.block("evil.test", channel_id=mailbox.id, by=make_staff(teams=[team]))


def test_an_agent_blocks_who_wrote_their_ticket_in_its_mailbox(mailbox, team):
    comes(mailbox, "Eve <eve@evil.test>")
    blocking.block_sender(1, by=make_staff(teams=[team]))
    (known,) = db.session.scalars(select(Block))
    assert (known.value, known.channel_id, known.note) == ("eve@evil.test", mailbox.id, "#1")
