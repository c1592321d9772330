"""`helpdesk sla simulate`: what it prints, and with which code it ends."""

import json

import pytest
from sqlalchemy import func, select

from helpdesk.services import desk, firing, intake
from helpdesk.services.database import db
from helpdesk.services.instant import now, pretend
from helpdesk.sla.models import PolicyVersion, Simulation
from helpdesk.tickets.models import Ticket
from tests.making import HOUR, MINUTE, arrive, eml, make_mailbox, make_policy, make_staff, make_team
from tests.processes import helpdesk


@pytest.fixture
def answered(app):
    """A ticket of policy «All» that was answered after half an hour, yesterday."""
    make_policy({"first_response": 3600}, name="All")
    team = make_team()
    yesterday = now() - 24 * HOUR
    with pretend(yesterday):
        arrive(make_mailbox(team), eml())
        intake.file_waiting()
    number = db.session.scalar(select(Ticket.number))
    with pretend(yesterday + 30 * MINUTE):
        firing.fire_due()
        desk.reply(number, text="Yes.", by=make_staff(teams=[team]))
    db.session.rollback()
    return number


def test_a_shorter_promise_is_counted_and_nothing_is_saved(config, answered):
    done = helpdesk(config, "sla", "simulate", "All", "--promise", "*.first_response=15m")
    assert done.returncode == 0
    assert "first_response: in time 100 % → 0 %, late 0 → 1" in done.stdout.decode()
    kept = [db.session.scalar(select(func.count(kind.id))) for kind in (PolicyVersion, Simulation)]
    assert kept == [1, 0]


def test_programs_get_the_tickets_and_the_sums_as_json(config, answered, tmp_path):
    draft = tmp_path / "draft.json"
    draft.write_text(json.dumps({"name": "All", "targets": {"*": {"first_response": 900}}, "time": "calendar"}))
    done = helpdesk(config, "sla", "simulate", "All", "--draft", str(draft), "--tickets", "--json")
    change, sums = map(json.loads, done.stdout.splitlines())
    assert (change["number"], change["before"], change["after"]) == (answered, "met", "missed")
    assert sums["past"]["first_response"]["after"] == {"missed": 1}


@pytest.mark.parametrize(
    ("more", "code", "told"),
    [
        (["Nobody"], 1, "There is no policy called Nobody"), (["All", "--promise", "first=soon"], 2, "such as normal.first"),
        (["All", "--promise", "*.first=1h"], 1, "unknown field 'first'"),
        (["All", "--from", "2026-10-02", "--to", "2026-10-01"], 2, "The first day is after the last one."),
    ],
)  # fmt: skip
def test_what_cannot_be_counted_is_one_sentence(config, answered, more, code, told):
    done = helpdesk(config, "sla", "simulate", *more)
    assert done.returncode == code
    assert told in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()
