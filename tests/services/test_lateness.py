"""How late a missed deadline is: the same in the queue, in the ticket and in the explanation, pauses left out."""

import pytest
from sqlalchemy import select

from helpdesk.services import desk, explain, firing, intake, queue, timeline
from helpdesk.services.database import db
from helpdesk.services.instant import pretend
from helpdesk.tickets.models import Ticket
from tests.making import HOUR, MINUTE, MONDAY, arrive, eml, make_mailbox, make_policy, make_staff, make_team

NINE, HALF = MONDAY, 30 * MINUTE


@pytest.fixture
def ana(app):
    """A supervisor of the team whose ticket is to be solved by ten and is paused from half past ten to half past twelve."""
    make_policy({"resolution": 3600})
    team = make_team("Coupons")
    person = make_staff("supervisor", teams=[team])
    with pretend(NINE):
        arrive(make_mailbox(team, settings={"acknowledge": False}), eml())
        intake.file_waiting()
    return person


def lateness(ana, at):
    """Seconds late as each of them says."""
    with pretend(at):
        ticket = db.session.scalar(select(Ticket).execution_options(populate_existing=True))
        shown = next(clock for clock in timeline.clocks(ticket, [], at) if clock.kind == "resolution")
        told = next(clock for clock in explain.explained(1, by=ana).clocks if clock.state.clock == "resolution")
        return [-queue.look(ticket, at).left, -shown.look.left, told.over]


def test_what_is_late_and_never_paused_is_late_since_it_was_due(ana):
    assert lateness(ana, NINE + 2 * HOUR) == [3600] * 3
    with pretend(NINE + 2 * HOUR):
        firing.fire_due()
    assert lateness(ana, NINE + 3 * HOUR) == [7200] * 3


def test_a_pause_after_the_deadline_does_not_make_it_later(ana):
    with pretend(NINE + HOUR + HALF):
        firing.fire_due()
        desk.pend(1, by=ana)
    assert lateness(ana, NINE + 2 * HOUR + HALF) == [1800] * 3
    with pretend(NINE + 3 * HOUR + HALF):
        desk.resume(1, by=ana)
    assert lateness(ana, NINE + 3 * HOUR + HALF) == [1800] * 3
    assert lateness(ana, NINE + 4 * HOUR) == [3600] * 3
    with pretend(NINE + 5 * HOUR):
        desk.note(1, text="Still late.", by=ana)
    assert lateness(ana, NINE + 6 * HOUR) == [3 * 3600] * 3


def test_what_the_release_before_laid_is_late_since_it_was_due(ana):
    with pretend(NINE + HOUR + HALF):
        desk.pend(1, by=ana)
    ticket = db.session.scalar(select(Ticket))
    ticket.late_since, ticket.late_seconds = None, None
    db.session.commit()
    assert lateness(ana, NINE + 3 * HOUR)[0] == 7200


def test_a_target_that_was_made_shorter_is_late_since_then_and_not_by_what_was_used_before(app):
    make_policy({"resolution": 8 * 3600}, by_priority={"urgent": {"resolution": 3600}})
    team = make_team("Coupons")
    lead = make_staff("supervisor", teams=[team])
    with pretend(NINE):
        arrive(make_mailbox(team, settings={"acknowledge": False}), eml())
        intake.file_waiting()
    with pretend(NINE + 5 * HOUR):
        desk.change_priority(1, to="urgent", by=lead)
    assert lateness(lead, NINE + 5 * HOUR + HALF) == [1800] * 3
    with pretend(NINE + 5 * HOUR + HALF):
        desk.pend(1, by=lead)
    assert lateness(lead, NINE + 7 * HOUR) == [1800] * 3
    with pretend(NINE + 8 * HOUR):
        desk.resume(1, by=lead)
    assert lateness(lead, NINE + 8 * HOUR + HALF) == [3600] * 3
