"""An answer that would go nowhere is refused, and nothing is recorded of it."""

import pytest
from sqlalchemy import func, select

from helpdesk.channels.models import Channel
from helpdesk.errors import Conflict
from helpdesk.services import calls, desk, intake
from helpdesk.services.database import db
from helpdesk.sla.models import Clock
from helpdesk.tickets.models import Event, Message, Ticket
from tests.channels.call_logs import missed
from tests.making import make, make_mailbox, make_policy, make_staff, make_team


@pytest.fixture
def ana(app):
    make_policy()
    team = make_team()
    make_mailbox(team)
    log = make(Channel(kind="calls", name="pbx", team_id=team.id, settings={"mapping": {"zone": "UTC"}}, state={}))
    calls.import_(log.id, missed(start="2026-09-14 10:00:00").encode(), by=None)
    intake.file_waiting()
    return make_staff(teams=[team])


def test_whoever_only_called_is_not_written_to(ana):
    with pytest.raises(Conflict, match="There is no address to write to; call, or write a note"):
        desk.reply(1, text="Hello.", by=ana)
    db.session.rollback()
    assert db.session.scalar(select(func.count(Message.id)).where(Message.kind == "reply")) == 0
    assert db.session.scalar(select(func.count(Event.id)).where(Event.kind.in_(("taken", "replied")))) == 0
    assert set(db.session.scalars(select(Clock.state).where(Clock.kind == "first_response"))) <= {"running", "missed"}
    assert db.session.scalar(select(Ticket.waiting_since)) is not None


def test_a_note_may_still_be_written(ana):
    assert desk.note(1, text="Called back in vain.", by=ana).kind == "note"
