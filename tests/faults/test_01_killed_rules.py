"""Row 1, for rules: kill -9 at every step of heeding: what a rule does is done once, no more and no less."""

import pytest
from sqlalchemy import select

from helpdesk.services import intake, triggers
from helpdesk.services.database import db
from helpdesk.tickets.models import Message, Ticket
from helpdesk.tickets.triggers import Trigger, TriggerEvent, TriggerRun
from tests.dying import killed
from tests.making import arrive, eml, make, make_mailbox, make_policy, make_team
from tests.oracle import Oracle

STEPS = [
    ("helpdesk.services.triggers._react", "before"),
    ("helpdesk.services.trigger_acts.act", "before"),
    ("helpdesk.services.trigger_acts.act", "after"),
    ("helpdesk.services.triggers._done", "after"),
    ("helpdesk.services.store._commit", "before"),
    ("helpdesk.services.store._commit", "after"),
]


@pytest.fixture
def box(app):
    make_policy()
    does = {"note": "Look here", "priority": "high", "add_tags": ["seen"]}
    make(Trigger(name="Night", position=1, occasion="created", actions=does))
    make(Trigger(name="More", position=2, occasion="tagged", actions={"note": "Seen"}))
    return make_mailbox(make_team())


def test_a_worker_killed_at_any_step_leaves_each_rule_to_be_heeded_once(config, box):
    for place, when in STEPS:
        arrive(box, eml(text=f"{place} {when}"))
        intake.file_waiting()
        assert killed(config, "helpdesk.services.triggers.heed", place, when), f"{place} was never reached"
    while triggers.heed():
        pass
    db.session.rollback()
    notes = db.session.execute(select(Message.ticket_id, Message.text).where(Message.kind == "note")).all()
    tickets = db.session.scalars(select(Ticket.id)).all()
    assert len(tickets) == len(STEPS)
    assert sorted(notes) == sorted((one, text) for one in tickets for text in ("Look here", "Seen"))
    assert len(db.session.scalars(select(TriggerRun.id)).all()) == 2 * len(STEPS)
    assert db.session.scalars(select(TriggerEvent.id)).all() == []
    assert Oracle(config).problems() == []
