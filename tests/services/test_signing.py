"""What a mailbox signs can be checked by everybody; its key stays here, and the page says whether the record is there."""

import dkim
import pytest
from sqlalchemy import select

from helpdesk.channels.models import Channel
from helpdesk.services import channels, desk, intake, outbox, signing
from helpdesk.services.database import db
from helpdesk.tickets.models import Ticket
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team
from tests.names import running

pytestmark = pytest.mark.once


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def boss(app):
    return make_staff("administrator")


def sent(team, sink, boss, **settings):
    box = make_mailbox(team, settings=sink.settings(acknowledge=False, dkim_selector="desk", **settings))
    signing.make_key(box.id, by=boss)
    arrive(box, eml())
    intake.file_waiting()
    desk.reply(db.session.scalar(select(Ticket.number)), text="Привет.\n.\n\n- a", by=make_staff(teams=[team]))
    outbox.deliver_waiting()
    return box, sink.mails[0].raw


def told(record):
    return {f"{record.name}.".encode(): record.text.encode()}


def checked(raw, said):
    return dkim.verify(raw, dnsfunc=lambda name, timeout=5: said.get(name))


def test_what_arrives_is_what_was_signed(team, sink, boss):
    box, raw = sent(team, sink, boss, dkim=True)
    record = signing.record_of(box)
    assert record.name == "desk._domainkey.helpdesk.test"
    assert checked(raw, told(record))
    assert not checked(raw.replace(b"Subject: Re:", b"Subject: Fw:"), told(record))


def test_nothing_is_signed_until_somebody_says_so(team, sink, boss):
    _box, raw = sent(team, sink, boss)
    assert b"DKIM-Signature" not in raw


def test_the_key_is_sealed_and_a_change_of_the_mailbox_keeps_it(team, boss, sink):
    box = make_mailbox(team, settings=sink.settings())
    signing.make_key(box.id, by=boss)
    before = signing.record_of(box)
    channels.save(box.id, kind="mail", name="S", team_id=team.id, address=box.address, settings={}, secrets={}, by=boss)
    kept = db.session.get(Channel, box.id)
    assert signing.record_of(kept) == before
    assert b"PRIVATE" not in kept.secrets


@pytest.mark.parametrize(
    ("says", "found"),
    [
        (lambda record: f'"{record.text[:200]}" "{record.text[200:]}"', "right"),
        (lambda record: '"v=DKIM1; k=rsa; p=MIIB"', "other"),
        (lambda record: '"v=spf1 -all"', "other"),
        (None, "none"),
    ],
)
def test_the_name_service_is_asked_whether_it_has_the_record(team, boss, sink, says, found):
    box = make_mailbox(team, settings=sink.settings())
    signing.make_key(box.id, by=boss)
    record = signing.record_of(box)
    with running({(record.name, "TXT"): [says(record)]} if says else {}):
        assert signing.looked_up(box.id, by=boss) == found
