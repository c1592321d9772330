"""What a ticket has at the moment of an event, as rules ask for it."""

import pytest
from sqlalchemy import select

from helpdesk.services import desk, intake
from helpdesk.services.database import db
from helpdesk.services.trigger_cases import GOT, Case, open_at
from helpdesk.tickets.models import Event, Ticket
from helpdesk.tickets.triggers import holds
from tests.making import HOUR, MONDAY, arrive, eml, make_mailbox, make_policy, make_shift, make_staff, make_team


@pytest.fixture
def team(app):
    make_policy(weekly={"mon": [["09:00", "18:00"]]})
    return make_team()


@pytest.fixture
def box(team):
    box = make_mailbox(team)
    arrive(box, eml(subject="The coupon", text="It failed."))
    intake.file_waiting()
    return box


def case(kind="opened"):
    db.session.rollback()
    event = db.session.scalars(select(Event).where(Event.kind == kind).order_by(Event.id.desc())).first()
    return Case(event.ticket, event)


def test_everything_that_can_be_asked_for_is_answered(box, team):
    told = case()
    known = {what: told.got(what) for what in GOT}
    assert {what: known[what] for what in ("channel", "mailbox", "team", "status", "priority", "language")} == {
        "channel": {"mail"}, "mailbox": {str(box.id)}, "team": {str(team.id)}, "status": {"new"}, "priority": {"normal"},
        "language": {"en"},
    }  # fmt: skip
    assert (known["customer"], known["domain"], known["owner"]) == ({"new"}, {"customer.test"}, {"nobody"})
    assert known["words"] == "The coupon\nIt failed."


def test_who_had_a_ticket_before_is_known(box):
    arrive(box, eml(subject="Another"))
    intake.file_waiting()
    assert case().got("customer") == {"known"}


def test_words_of_an_event_that_says_nothing_are_the_customers_last(box, team):
    desk.pend(1, by=make_staff(teams=[team]))
    assert case("pended").words == "The coupon\nIt failed."


def test_an_owner_is_at_work_or_away(box, team):
    ana = make_staff(teams=[team])
    desk.take(1, by=ana)
    assert case().got("owner") == {"on_duty"}
    make_shift(ana, team, MONDAY)
    make_shift(make_staff(teams=[team]), team)
    assert case().got("owner") == {"away"}


def test_working_hours_are_those_of_each_calendar(team):
    assert (len(open_at(MONDAY + HOUR)), open_at(MONDAY - HOUR)) == (1, set())


def test_a_letter_of_another_case_in_a_tag_is_the_same_tag(box, team):
    desk.change_tags(1, to=["VIP"], by=make_staff(teams=[team]))
    assert holds([{"what": "tag", "values": ["vip"], "not": False}], case().got, whole=True)
    assert db.session.scalars(select(Ticket.tags)).one() == ["VIP"]
