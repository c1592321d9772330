"""The demo as a whole, with fewer tickets: lived through by the real use cases, never sent out, gone without a trace."""

import shutil
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import func, select

from helpdesk import make_app
from helpdesk.channels.ledger import Inbox
from helpdesk.channels.models import Channel
from helpdesk.errors import Conflict
from helpdesk.people.models import Absence, Break, Pattern, Person, Shift, Team
from helpdesk.people.notes import CustomerNote
from helpdesk.services import (
    demo,
    demo_removal,
    desk,
    first,
    history,
    intake,
    patterns,
    reasons,
    simulations,
    treatments,
)
from helpdesk.services.database import db
from helpdesk.services.instant import now
from helpdesk.sla.models import Clock, PolicyRow, Simulation, Treatment
from helpdesk.tickets.drafts import Draft
from helpdesk.tickets.following import Following
from helpdesk.tickets.handover import Offer
from helpdesk.tickets.linking import Link
from helpdesk.tickets.macros import Macro
from helpdesk.tickets.models import Delivery, Event, Message, Notice, Ticket
from helpdesk.tickets.participants import Participant
from helpdesk.tickets.reasons import Reason
from helpdesk.tickets.saving import SavedView
from helpdesk.tickets.taking import Skip
from helpdesk.tickets.triggers import Trigger, TriggerEvent, TriggerRun
from tests.conftest import copied, settings
from tests.differing import differing_clocks
from tests.making import arrive, eml, make_staff

FEW = 40
SET_UP = (Reason, Trigger, Macro, SavedView, Pattern, Shift, Absence)
DONE = (Offer, Draft, Following, Link, Skip, CustomerNote, TriggerRun)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def example(folder, valkey, fresh_database):
    """The settings of a first start with a small demo, made once and only copied."""
    var = folder / "example"
    var.mkdir()
    with fresh_database() as database, pytest.MonkeyPatch.context() as patch:
        config = settings(var, database, valkey)
        app = make_app(config)
        with app.app_context():
            patch.setattr(demo, "TICKETS", FEW)
            first.administrator()
            demo.make(seed=3)
            db.session.remove()
            db.engine.dispose()
        app.extensions["bell"].close()
        yield config


@pytest.fixture
def made(example, tmp_path):
    """A desk of its own with that demo in it."""
    shutil.copytree(example.var, tmp_path / "var")
    with copied(example.database_url) as database:
        app = make_app(replace(example, var=tmp_path / "var", database_url=database))
        with app.app_context():
            yield
            db.session.remove()
            db.engine.dispose()
        app.extensions["bell"].close()


def _count(kind, *conditions):
    return db.session.scalar(select(func.count()).select_from(kind).where(*conditions))


def test_two_months_stand_up_to_every_check_some_is_about_to_be_late_and_nothing_was_sent(made):
    channels = set(db.session.scalars(select(Ticket.channel)))
    opened = db.session.scalars(select(Ticket.opened_at).order_by(Ticket.opened_at)).all()
    assert _count(Inbox, Inbox.state != "filed") == 0
    assert {"mail", "calls"} <= channels
    assert (opened[-1] - opened[0]).days > 40
    assert (history.verify_all(), differing_clocks()) == ([], [])
    assert _count(Clock, Clock.state == "running", Clock.due_at > now(), Clock.due_at < now() + demo.HOUR) > 0
    assert _count(Clock, Clock.state == "met") > _count(Clock, Clock.state == "missed")
    assert set(db.session.scalars(select(Delivery.result))) == {"demo: not sent"}
    assert _count(Participant) == 0


def test_every_page_has_something_to_show(made):
    assert [kind.__name__ for kind in (*SET_UP, *DONE) if _count(kind) == 0] == []
    assert {"offered", "refused", "accepted"} <= set(db.session.scalars(select(Offer.state)))
    assert _count(Ticket, Ticket.snoozed_at.is_not(None)) > 0
    assert _count(Ticket, Ticket.reason_id.is_not(None)) > FEW / 2
    assert _count(TriggerEvent) == 0


def test_shifts_go_on_from_patterns_and_nobody_works_twice_at_once(made):
    rows = db.session.execute(
        select(Shift.person_id, Shift.starts_at, Shift.ends_at).order_by(Shift.person_id, Shift.starts_at)
    )
    rows = rows.all()
    assert all(a.ends_at <= b.starts_at for a, b in pairwise(rows) if a.person_id == b.person_id)
    patterns.make_ahead()
    assert _count(Shift, Shift.starts_at > now() + 10 * DAY) > 0


def test_a_demo_reason_that_a_real_ticket_has_stays_with_what_it_lies_under_and_is_retired(made):
    below = db.session.scalars(select(Reason).where(Reason.parent_id.is_not(None)).order_by(Reason.id)).first()
    boss = db.session.scalar(select(Person).where(Person.role == "administrator", ~Person.demo))
    team = db.session.scalar(select(Team).where(~Team.demo))
    real = desk.open_ticket(
        subject="Real", text="Real", customer=make_staff(None, login=None, name="Real"), team_id=team.id, by=boss
    )
    reasons.change(real.number, to=below.name, by=boss)
    kept = {below.id, below.parent_id}
    demo_removal.remove()
    assert {tuple(row) for row in db.session.execute(select(Reason.id, Reason.active))} == {
        (one, False) for one in kept
    }


def test_it_goes_without_a_trace_and_what_is_real_stays(made):
    mailbox = db.session.scalar(select(Channel).where(Channel.kind == "mail", ~Channel.demo))
    arrive(mailbox, eml())
    intake.file_waiting()
    ticket = db.session.scalar(select(Ticket).where(~Ticket.demo))
    demo_removal.remove()
    assert [one.number for one in db.session.scalars(select(Ticket))] == [ticket.number]
    assert _count(Person, Person.demo) == 0
    for kind in (Message, Event, Clock, Notice):
        assert _count(kind, kind.ticket_id != ticket.id) == 0
    assert {kind.__name__: _count(kind) for kind in (*SET_UP, *DONE, Break) if _count(kind)} == {}
    assert history.verify_all() == []


def test_it_goes_too_when_its_policy_was_counted_and_brought_to_open_tickets(made):
    """As the first hour with the demo has it: one hour instead of four, shown, saved, counted again and not saved."""
    boss = db.session.scalar(select(Person).where(Person.role == "administrator", ~Person.demo))
    row = db.session.scalars(select(PolicyRow).where(PolicyRow.demo).order_by(PolicyRow.id)).first()
    period = {"calendar_id": None, "first": now() - 30 * DAY, "last": now(), "by": boss}
    draft = {**row.versions[-1].definition, "time": "calendar"}
    begun = simulations.simulate_policy(row.id, definition=draft, **period)
    simulations.run()
    simulations.save(begun.id, treatment="running", by=boss)
    treatments.apply()
    simulations.simulate_policy(row.id, definition=draft, **period)
    demo_removal.remove()
    assert (_count(PolicyRow, PolicyRow.demo), _count(Treatment), _count(Simulation)) == (0, 0, 0)
    simulations.run()


def test_a_desk_with_tickets_of_its_own_gets_none_and_is_told_so(app):
    first.administrator()
    arrive(db.session.scalar(select(Channel)), eml())
    intake.file_waiting()
    with pytest.raises(Conflict, match="only on an empty one"):
        demo.make()
    assert _count(Person, Person.demo) == 0


def test_that_it_was_removed_is_remembered(app):
    assert demo_removal.removed() is False
    demo_removal.remove()
    assert demo_removal.removed() is True
