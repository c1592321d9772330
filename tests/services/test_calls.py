import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from helpdesk.channels.ledger import Inbox
from helpdesk.channels.models import Channel
from helpdesk.errors import HelpdeskError, NotAllowed, NotFound
from helpdesk.services import calls, intake
from helpdesk.services.database import db
from helpdesk.services.instant import pretend
from helpdesk.tickets.models import Message, Ticket
from tests.channels.call_logs import MAPPING, RUSSIAN, cdr, missed
from tests.making import make, make_mailbox, make_policy, make_staff, make_team

LOG = (cdr() + missed() + cdr(start="soon")).encode()
NOW = datetime(2026, 9, 15, tzinfo=UTC)


@pytest.fixture(autouse=True)
def today():
    with pretend(NOW):
        yield


def make_log(team=None, name="pbx", **settings):
    team_id = (team or make_team()).id
    return make(
        Channel(kind="calls", name=name, team_id=team_id, settings={"mapping": {"zone": "UTC"}, **settings}, state={})
    )


def rows():
    db.session.rollback()
    return db.session.scalars(select(Inbox).order_by(Inbox.id)).all()


def test_a_preview_counts_and_shows_and_keeps_nothing(app):
    seen = calls.preview(make_log().id, LOG, by=None)
    assert (seen.rows, seen.new, seen.there, len(seen.problems)) == (3, 2, 0, 1)
    assert [call.kind for call in seen.first] == ["call_answered", "call_missed"]
    assert rows() == []


def test_each_good_line_is_one_row_of_the_ledger_under_the_logs_own_id(app):
    channel = make_log()
    done = calls.import_(channel.id, LOG, by=None)
    assert (done.new, done.there, len(done.problems)) == (2, 0, 1)
    assert [(row.source, row.key, row.facts["line"]) for row in rows()] == [
        ("calls", "1789380000.1", 1), ("calls", "1789380000.2", 2),
    ]  # fmt: skip
    assert json.loads(rows()[0].raw)["row"]["disposition"] == "ANSWERED"


def test_the_same_log_again_and_a_longer_one_add_only_what_is_new(app):
    channel = make_log()
    calls.import_(channel.id, LOG, by=None)
    again = calls.import_(channel.id, LOG, by=None)
    assert (again.new, again.there) == (0, 2)
    longer = calls.import_(channel.id, missed(uniqueid="3.3").encode() + LOG, by=None)
    assert (longer.new, longer.there) == (1, 2)
    assert calls.preview(channel.id, LOG, by=None).there == 2


def test_two_imports_of_one_log_at_once_keep_each_call_once(app):
    channel_id = make_log().id
    content = "".join(missed(uniqueid=f"1.{number}") for number in range(1200)).encode()

    def one(_):
        with app.app_context(), pretend(NOW):
            return calls.import_(channel_id, content, by=None).new

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(one, range(3))) == 1200
    assert len({row.key for row in rows()}) == len(rows()) == 1200


def test_a_mapping_is_remembered_once_it_was_imported_with(app):
    channel = make_log()
    calls.preview(channel.id, RUSSIAN.encode("cp1251"), MAPPING, by=None)
    with pytest.raises(HelpdeskError):
        calls.import_(channel.id, b"a,b\n1,2\n", MAPPING, by=None)
    assert db.session.get(Channel, channel.id, populate_existing=True).settings["mapping"] == {"zone": "UTC"}
    calls.import_(channel.id, RUSSIAN.encode("cp1251"), MAPPING, by=None)
    assert calls.import_(channel.id, RUSSIAN.encode(), by=None).there == 3


def test_times_without_a_zone_are_the_teams(app):
    channel = make_log(make_team(), mapping={})
    channel.team.time_zone = "Europe/Moscow"
    db.session.commit()
    assert calls.preview(channel.id, LOG, by=None).first[0].started == datetime(2026, 9, 14, 7, 0, tzinfo=UTC)


def test_only_leads_of_the_team_import(app):
    team, other = make_team(), make_team()
    channel = make_log(team)
    for person, refusal in ((make_staff("agent", [team]), NotAllowed), (make_staff("supervisor", [other]), NotFound)):
        for act in (calls.preview, calls.import_):
            with pytest.raises(refusal):
                act(channel.id, LOG, by=person)
        assert calls.channels(person) == []
    lead = make_staff("supervisor", [team])
    assert calls.channels(lead) == [channel]
    assert calls.import_(channel.id, LOG, by=lead).new == 2
    assert rows()[0].facts["by"] == lead.id


def test_another_kind_of_channel_takes_no_log(app):
    with pytest.raises(NotFound):
        calls.preview(make_mailbox(make_team()).id, LOG, by=None)


def test_a_missed_call_opens_a_ticket_with_clocks_from_the_time_of_the_call(app):
    make_policy()
    calls.import_(make_log().id, missed().encode(), by=None)
    intake.file_waiting()
    ticket = db.session.scalars(select(Ticket)).one()
    rang = datetime(2026, 9, 14, 10, 0, tzinfo=UTC)
    assert (ticket.channel, ticket.opened_at, ticket.customer.name) == ("calls", rang, "Aigul")
    assert ticket.due_at == datetime(2026, 9, 14, 11, 0, tzinfo=UTC)


def test_an_answered_call_after_a_missed_one_is_a_message_of_the_same_ticket(app):
    make_policy()
    first = missed(uniqueid="1.1")
    later = cdr(uniqueid="1.2", start="2026-09-14 10:30:00", answer="2026-09-14 10:30:05", end="2026-09-14 10:35:00")
    calls.import_(make_log().id, (first + later).encode(), by=None)
    intake.file_waiting()
    assert len(db.session.scalars(select(Ticket)).all()) == 1
    messages = db.session.scalars(select(Message).order_by(Message.at)).all()
    assert [message.kind for message in messages] == ["call", "call"]
    assert [message.facts.get("talk_seconds") for message in messages] == [None, 120]
