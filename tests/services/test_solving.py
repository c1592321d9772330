"""A ticket with open parts is solved only by who says what becomes of them."""

import pytest
from sqlalchemy import select

from helpdesk.services import desk, history, intake, linking, macros, selection
from helpdesk.services.database import db
from helpdesk.services.solving import Ending, PartsOpen
from helpdesk.tickets.macros import Macro
from helpdesk.tickets.models import Message, Ticket
from helpdesk.tickets.reasons import Reason
from tests.making import arrive, eml, make, make_mailbox, make_policy, make_staff, make_team
from tests.oracle import Oracle

WITH, WITHOUT = Ending(parts="solve"), Ending(parts="leave")


@pytest.fixture
def team(app):
    make_policy()
    return make_team()


@pytest.fixture
def ana(team):
    return make_staff(teams=[team])


@pytest.fixture
def tickets(team, ana):
    """The whole and its two parts, each of a customer of its own."""
    box = make_mailbox(team, settings={"acknowledge": False})
    for name in ("marat", "olga", "pavel"):
        arrive(box, eml(sender=f"{name.title()} <{name}@customer.test>"))
    intake.file_waiting()
    for part in (2, 3):
        linking.link(part, 1, "child", by=ana)
    return db.session.scalars(select(Ticket).order_by(Ticket.number)).all()


def states(tickets):
    db.session.rollback()
    return [ticket.status for ticket in tickets]


@pytest.mark.parametrize("act", [desk.solve, desk.close])
def test_who_solves_it_is_asked_and_nothing_is_done_before_they_say(tickets, ana, act):
    with pytest.raises(PartsOpen):
        act(1, by=ana)
    assert states(tickets) == ["new", "new", "new"]


@pytest.mark.once
def test_parts_are_left_open_or_solved_with_it(tickets, ana):
    desk.solve(1, by=ana, ending=WITHOUT)
    assert states(tickets) == ["solved", "new", "new"]
    desk.reopen(1, by=ana)
    desk.solve(1, by=ana, ending=WITH)
    assert states(tickets) == ["solved", "solved", "solved"]
    desk.reopen(1, by=ana)
    assert desk.solve(1, by=ana).status == "solved"  # no part is open any more


def test_parts_get_the_same_reply_and_are_sound_afterwards(tickets, ana, config):
    with pytest.raises(PartsOpen):
        desk.reply(1, text="It is mended.", then="solve", by=ana)
    desk.reply(1, text="It is mended.", then="solve", by=ana, ending=WITH)
    said = db.session.scalars(select(Message).where(Message.kind == "reply").order_by(Message.ticket_id)).all()
    assert [(one.ticket.number, one.deliveries[0].recipient) for one in said] == [
        (1, "marat@customer.test"), (2, "olga@customer.test"), (3, "pavel@customer.test"),
    ]  # fmt: skip
    assert states(tickets) == ["solved", "solved", "solved"]
    assert (Oracle(config).problems(), history.verify_all()) == ([], [])


@pytest.mark.once
def test_a_part_whose_customer_cannot_be_written_to_is_solved_without_a_word(tickets, team, ana):
    customer = make_staff(None, login=None, name="Rosa")
    called = desk.open_ticket(customer=customer, team_id=team.id, subject="Cup", text="Called", by=ana)
    linking.link(called.number, 1, "child", by=ana)
    desk.reply(1, text="It is mended.", then="solve", by=ana, ending=WITH)
    assert called.status == "solved"


@pytest.mark.once
def test_parts_of_teams_that_one_does_not_see_are_not_touched_nor_told_of(tickets, ana):
    other = make_team().id
    for part in tickets[1:]:
        part.team_id = other
    db.session.commit()
    assert desk.solve(1, by=ana).status == "solved"
    assert states(tickets[1:]) == ["new", "new"]


@pytest.mark.once
def test_a_part_whose_team_wants_a_contact_reason_gets_that_of_the_whole(tickets, team, ana):
    late = make(Reason(name="Late"))
    team.reason_required = True
    db.session.commit()
    desk.solve(1, by=ana, ending=Ending(reason="Late", parts="solve"))
    assert [ticket.reason_id for ticket in tickets] == [late.id] * 3


@pytest.mark.once
def test_a_macro_asks_too_and_fills_its_words_for_each(tickets, ana):
    macro = make(
        Macro(kind="macro", name="Done", body="Dear {customer.name}", actions={"status": "solve"}, replies=True)
    )
    with pytest.raises(PartsOpen):
        macros.apply(1, macro.id, by=ana)
    macros.apply(1, macro.id, by=ana, ending=WITH)
    said = db.session.scalars(select(Message.text).where(Message.kind == "reply").order_by(Message.ticket_id)).all()
    assert said == ["Dear Marat", "Dear Olga", "Dear Pavel"]


@pytest.mark.once
def test_several_at_once_leave_parts_open_and_say_so(tickets, ana):
    done = selection.change_status({1: tickets[0].version}, to="solved", by=ana)
    assert (states(tickets), done.parts) == (["solved", "new", "new"], {1: 2})
