"""Handover with acceptance, and what the end of a shift leaves behind."""

import pytest
from sqlalchemy import select

from helpdesk.errors import Conflict, NotAllowed
from helpdesk.people.models import Membership
from helpdesk.services import desk, handing_on, handover, history, intake, reading, taking
from helpdesk.services.database import db
from helpdesk.services.instant import pretend
from helpdesk.sla.models import Clock
from helpdesk.tickets.handover import Offer
from helpdesk.tickets.models import Delivery, Ticket
from tests.making import HOUR, MONDAY, arrive, eml, make_mailbox, make_policy, make_shift, make_staff, make_team


@pytest.fixture
def team(app):
    make_policy()
    return make_team("Coupons")


@pytest.fixture
def ana(team):
    return make_staff(teams=[team], name="Ana")


@pytest.fixture
def bea(team):
    return make_staff(teams=[team], name="Bea")


@pytest.fixture
def lead(team):
    return make_staff("supervisor", teams=[team], name="Lea")


@pytest.fixture
def ticket(team, ana):
    with pretend(MONDAY):
        arrive(make_mailbox(team), eml())
        intake.file_waiting()
        return desk.take(1, by=ana)


def owner():
    return db.session.scalar(select(Ticket).execution_options(populate_existing=True)).owner


def due():
    return db.session.scalars(select(Clock.due_at).order_by(Clock.kind)).all()


def test_an_offer_changes_nothing_until_it_is_accepted(ticket, ana, bea):
    offer = handover.offer(1, to=bea.id, note="Call back.", by=ana)
    assert owner() == ana
    handover.accept(offer.id, by=bea)
    assert owner() == bea


def test_a_handover_never_resets_a_clock(ticket, ana, bea):
    before = due()
    handover.accept(handover.offer(1, to=bea.id, note="Call back.", by=ana).id, by=bea)
    assert due() == before


def test_a_handover_needs_a_note_and_a_refusal_a_reason(ticket, ana, bea):
    with pytest.raises(Conflict):
        handover.offer(1, to=bea.id, note=" ", by=ana)
    offer = handover.offer(1, to=bea.id, note="Call back.", by=ana)
    with pytest.raises(Conflict):
        handover.refuse(offer.id, reason="", by=bea)


def test_what_was_refused_is_on_the_supervisors_page(ticket, ana, bea, lead):
    offer = handover.offer(1, to=bea.id, note="Call back.", by=ana)
    handover.refuse(offer.id, reason="I leave too.", by=bea)
    assert owner() == ana
    assert [(row.ticket_id, row.state) for row in handover.untaken(lead)] == [(ticket.id, "refused")]


def test_nobody_accepts_what_was_offered_to_another(ticket, ana, bea, team):
    offer = handover.offer(1, to=bea.id, note="Call back.", by=ana)
    with pytest.raises(NotAllowed):
        handover.accept(offer.id, by=make_staff(teams=[team]))


def test_an_offer_is_decided_once(ticket, ana, bea):
    offer = handover.offer(1, to=bea.id, note="Call back.", by=ana)
    handover.accept(offer.id, by=bea)
    with pytest.raises(Conflict):
        handover.refuse(offer.id, reason="Late.", by=bea)


def test_offering_anew_withdraws_the_first_offer(ticket, ana, bea, team):
    first = handover.offer(1, to=bea.id, note="Call back.", by=ana)
    handover.offer(1, to=make_staff(teams=[team]).id, note="Call back.", by=ana)
    assert db.session.get(Offer, first.id, populate_existing=True).state == "withdrawn"


def test_at_the_end_of_a_shift_open_tickets_are_offered_to_somebody_on_duty(ticket, ana, bea, team):
    make_shift(ana, team, MONDAY - HOUR, MONDAY + HOUR)
    make_shift(bea, team, MONDAY, MONDAY + 9 * HOUR)
    with pretend(MONDAY + HOUR):
        assert handing_on.end_shifts() == 1
        assert handing_on.end_shifts() == 0
        (offer,) = handover.offered_to(bea)
    assert (offer.giver, offer.receiver, offer.state) == (ana, bea, "offered")
    assert owner() == ana


def test_who_is_on_duty_but_left_the_team_is_offered_nothing(ticket, ana, lead, team):
    make_shift(ana, team, MONDAY - HOUR, MONDAY + HOUR)
    make_shift(make_staff(), team, MONDAY, MONDAY + 9 * HOUR)
    with pretend(MONDAY + HOUR):
        handing_on.end_shifts()
    assert [offer.receiver for offer in handover.untaken(lead)] == [None]


def test_who_is_offered_several_tickets_at_the_end_of_a_shift_gets_one_mail_of_them_all(ticket, ana, bea, team):
    with pretend(MONDAY):
        arrive(make_mailbox(team, "second@helpdesk.test"), eml())
        intake.file_waiting()
        desk.take(2, by=ana)
    make_shift(ana, team, MONDAY - HOUR, MONDAY + HOUR)
    make_shift(bea, team, MONDAY, MONDAY + 9 * HOUR)
    with pretend(MONDAY + HOUR):
        handing_on.end_shifts()
    (mail,) = db.session.scalars(select(Delivery).where(Delivery.kind == "notice"))
    assert mail.content["subject"] == "Tickets offered to you: 2"
    assert all(f"/tickets/{number}\n" in mail.content["text"] for number in (1, 2))
    assert {notice.ticket_id for notice in reading.unread(bea)} == {1, 2}


def test_with_nobody_on_duty_the_offer_waits_for_the_supervisor(ticket, ana, lead, team):
    make_shift(ana, team, MONDAY - HOUR, MONDAY + HOUR)
    with pretend(MONDAY + HOUR):
        handing_on.end_shifts()
    (offer,) = handover.untaken(lead)
    assert offer.receiver is None
    handover.accept(offer.id, by=lead)
    assert owner() == lead


def test_who_goes_on_working_hands_nothing_over(ticket, ana, bea, team):
    make_shift(ana, team, MONDAY - HOUR, MONDAY + HOUR)
    make_shift(ana, team, MONDAY + HOUR, MONDAY + 5 * HOUR)
    make_shift(bea, team, MONDAY, MONDAY + 9 * HOUR)
    with pretend(MONDAY + HOUR):
        assert handing_on.end_shifts() == 0


def test_an_answer_that_solves_the_ticket_takes_the_offer_back(ticket, ana, bea):
    offer = handover.offer(1, to=bea.id, note="Call back.", by=ana)
    desk.reply(1, text="Done.", by=ana, then="solve")
    with pytest.raises(Conflict):
        handover.accept(offer.id, by=bea)


def test_what_somebody_took_next_is_no_longer_offered(ticket, ana, bea, lead):
    desk.assign(1, to=None, by=lead)
    offer = handover.offer(1, to=bea.id, note="Call back.", by=lead)
    taking.take_next(by=ana)
    assert db.session.get(Offer, offer.id, populate_existing=True).state == "withdrawn"


def test_an_offer_does_not_follow_a_ticket_out_of_its_receivers_teams(ticket, ana, bea, lead, team):
    other = make_team("Refunds")
    db.session.add_all(Membership(person_id=one.id, team_id=other.id) for one in (ana, lead))
    db.session.commit()
    db.session.expire_all()
    handover.offer(1, to=bea.id, note="Call back.", by=ana)
    desk.change_team(1, to=other.id, by=lead)
    assert (owner(), list(handover.offered_to(bea))) == (ana, [])


def test_a_solved_ticket_is_no_longer_offered(ticket, ana, bea):
    offer = handover.offer(1, to=bea.id, note="Call back.", by=ana)
    desk.solve(1, by=ana)
    assert db.session.get(Offer, offer.id, populate_existing=True).state == "withdrawn"
    assert list(history.verify_all()) == []
