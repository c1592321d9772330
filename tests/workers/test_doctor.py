"""The doctor: each part that can be ill is told, with what to do."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from helpdesk import make_app
from helpdesk.channels.ledger import Inbox
from helpdesk.channels.models import Channel
from helpdesk.services import health, outbox
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.services.store import transaction
from helpdesk.tickets.models import Delivery
from tests import making
from tests.processes import begun, eventually, helpdesk, process


def states():
    return {finding.part: finding.state for finding in health.examine()}


@pytest.fixture
def mailbox(app):
    return making.make_mailbox(making.make_team(), settings={"imap_host": "imap.test"})


def change(kind, row_id, **values):
    with transaction():
        row = db.session.get(kind, row_id, populate_existing=True)
        for name, value in values.items():
            setattr(row, name, value)


def test_a_desk_at_work_is_well(app, config):
    with process(config, "workers.run") as worker, process(config, "workers.schedule") as tick:
        begun(worker)
        begun(tick)
        eventually(lambda: states()["tick"] == "ok")
        assert set(states().values()) == {"ok"}
        done = helpdesk(config, "doctor", "--json")
    said = json.loads(done.stdout)
    assert (done.returncode, said["state"]) == (0, "ok")


def test_without_a_tick_or_a_worker_it_says_what_to_run(app, config):
    done = helpdesk(config, "doctor")
    assert done.returncode == 2
    assert b"helpdesk tick" in done.stdout
    assert b"helpdesk worker" in done.stdout


def test_every_line_that_is_not_well_says_what_to_do(app):
    assert all(finding.fix for finding in health.examine() if finding.state != "ok")


def test_a_mailbox_never_read_is_bad(mailbox):
    assert states()[f"mailbox {mailbox.name}"] == "bad"


def test_a_mailbox_that_fails_shows_its_error(mailbox):
    change(Channel, mailbox.id, seen_at=now(), error="The password is wrong")
    found = {finding.part: finding for finding in health.examine()}[f"mailbox {mailbox.name}"]
    assert (found.state, found.what) == ("bad", "The password is wrong")


def test_a_count_that_differs_is_a_warning(mailbox):
    change(Channel, mailbox.id, seen_at=now(), state={"server_count": 5, "ledger_count": 4})
    assert states()[f"mailbox {mailbox.name}"] == "warn"


def test_a_mailbox_read_just_now_is_well(mailbox):
    change(Channel, mailbox.id, seen_at=now(), state={"server_count": 5, "ledger_count": 5})
    assert states()[f"mailbox {mailbox.name}"] == "ok"


def test_a_contact_that_waits_for_long_is_bad(mailbox):
    making.arrive(mailbox, making.eml())
    assert states()["intake"] == "ok"
    long_ago = now() - timedelta(minutes=5)
    change(Inbox, 1, received_at=long_ago, next_try_at=long_ago)
    assert states()["intake"] == "bad"


def test_poison_is_a_warning(mailbox):
    making.arrive(mailbox, making.eml())
    change(Inbox, 1, state="poison")
    assert states()["poison"] == "warn"


def test_without_a_queue_the_rest_is_still_told(app, config, tmp_path):
    deaf = make_app(replace(config, redis_url=f"unix://{tmp_path}/nothing.sock"))
    with deaf.app_context():
        found = states()
        db.engine.dispose()
    assert (found["queue"], found["workers"], found["database"], found["disk"]) == ("bad", "bad", "ok", "ok")


def test_without_a_database_the_rest_is_still_told(config):
    nothing = {"HELPDESK_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"}
    done = helpdesk(config, "doctor", "--json", **nothing)
    found = {finding["part"]: finding["state"] for finding in json.loads(done.stdout)["findings"]}
    assert (done.returncode, found["database"], found["queue"]) == (2, "bad", "ok")


def owed(channel=None, **more):
    """A delivery promised ten minutes ago."""
    at = now() - timedelta(minutes=10)
    known = {"channel": "mail", "kind": "notice", "recipient": "a@b.test", "key": "k", "promised_at": at}
    return making.make(
        Delivery(channel_id=channel.id if channel else None, content={}, **{"next_try_at": at, **known, **more})
    )


def finding(part):
    return {found.part: found for found in health.examine()}[part]


def test_what_is_due_and_was_never_tried_is_bad(mailbox):
    owed(mailbox)
    assert finding("outbox").state == "bad"


def test_what_a_mailbox_without_an_outgoing_server_owes_is_told_though_it_was_tried(mailbox):
    owed(mailbox)
    with pretend(now() - timedelta(seconds=30)):
        outbox.deliver_waiting()
    assert (finding("outbox").state, "No outgoing server" in finding("outbox").what) == ("warn", True)
    told = finding(f"sending from {mailbox.name}")
    assert (told.state, told.what) == ("bad", "1 mails wait and there is no outgoing server")


def test_what_could_not_leave_for_hours_is_bad(mailbox):
    owed(mailbox, attempts=5, promised_at=now() - timedelta(hours=2), next_try_at=now() + timedelta(minutes=30))
    assert finding("outbox").state == "bad"


def test_what_is_not_to_leave_yet_is_no_trouble(mailbox):
    owed(mailbox, next_try_at=now() + timedelta(minutes=1))
    assert finding("outbox").state == "ok"


def test_a_sentence_ends_with_one_full_stop(app, config, mailbox):
    change(Channel, mailbox.id, error="The password was refused.")
    assert b"refused. Mend" in helpdesk(config, "doctor").stdout


@pytest.mark.parametrize("setting", [{"HELPDESK_SECRET_KEY": "short"}, {"HELPDESK_REDIS_URL": "foo"}])
def test_with_a_bad_setting_it_still_answers_in_json(config, setting):
    done = helpdesk(config, "doctor", "--json", **setting)
    (found,) = json.loads(done.stdout)["findings"]
    assert (done.returncode, found["part"], *setting) == (2, "settings", found["what"].split()[0])
